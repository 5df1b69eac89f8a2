/**
 * How a permission's pattern relates to the URI or pattern of a request: does it cover all of it, does it touch some of it,
 * and which of two permissions counts where both match. Where a pattern alone does not tell, the answers lean to the
 * side of refusing. Must know nothing of roles; agrees with the best match of `UriTable`.
 * Source: WAMP advanced profile, "Pattern-based Registrations", "Best Matching".
 */
import type { MatchPolicy } from '@wamp/protocol';

/** A URI or a pattern of URIs. */
export interface Pattern {
  readonly uri: string;
  readonly match: MatchPolicy;
}

/** True if every URI that `asked` matches is matched by `rule` too. */
export function covers(rule: Pattern, asked: Pattern): boolean {
  if (asked.match === 'exact') return overlaps(rule, asked);
  if (rule.match === 'exact') return false;
  if (rule.match === 'prefix') return literalStart(asked).startsWith(rule.uri);
  if (asked.match === 'prefix') return false;
  const components = asked.uri.split('.');
  return pairsUp(rule.uri.split('.'), components, (ours, theirs) => ours === '' || ours === theirs);
}

/** True if there may be a URI that both match. */
export function overlaps(one: Pattern, other: Pattern): boolean {
  if (one.match === 'exact' && other.match === 'exact') return one.uri === other.uri;
  if (one.match !== 'wildcard' && other.match !== 'wildcard') {
    return (
      (one.match === 'prefix' && other.uri.startsWith(one.uri)) ||
      (other.match === 'prefix' && one.uri.startsWith(other.uri))
    );
  }
  if (one.match === 'prefix') return prefixMeetsWildcard(one.uri, other.uri);
  if (other.match === 'prefix') return prefixMeetsWildcard(other.uri, one.uri);
  return pairsUp(
    one.uri.split('.'),
    other.uri.split('.'),
    (ours, theirs) => ours === theirs || isOpen(ours, one) || isOpen(theirs, other),
  );
}

/** True if `winner` counts before `loser` for every URI that `asked` and both of them match. */
export function outranks(winner: Pattern, loser: Pattern, asked: Pattern): boolean {
  if (loser.match === 'exact') return false;
  if (winner.match === 'exact') return true;
  if (winner.match === 'prefix' && loser.match === 'prefix') return winner.uri.length > loser.uri.length;
  if (winner.match === 'prefix') return endsWithComponent(winner.uri, literalStart(asked));
  if (loser.match === 'prefix') return false;
  return isMoreLiteral(winner.uri.split('.'), loser.uri.split('.'));
}

/** What every URI that the pattern matches begins with. */
function literalStart({ uri, match }: Pattern): string {
  if (match !== 'wildcard') return uri;
  if (uri === '' || uri.startsWith('.')) return '';
  const open = uri.indexOf('..');
  // A wildcard component at the end has one dot only.
  return open === -1 ? uri : uri.slice(0, open + 1);
}

/** True if the prefix ends between two components of every URI that begins with `start`: then no wildcard beats it. */
function endsWithComponent(prefix: string, start: string): boolean {
  const end = prefix.length;
  if (end === 0 || prefix.endsWith('.')) return true;
  return start.startsWith(prefix) && start[end] === '.';
}

function prefixMeetsWildcard(prefix: string, wildcard: string): boolean {
  const begun = prefix.split('.');
  const components = wildcard.split('.');
  if (begun.length > components.length) return false;
  const last = begun.length - 1;
  return begun.every((part, index) => {
    const component = components[index]!;
    if (component === '') return true;
    return index === last ? component.startsWith(part) : component === part;
  });
}

/** In an exact URI an empty component is no wildcard; valid ones have none. */
function isOpen(component: string, { match }: Pattern): boolean {
  return component === '' && match === 'wildcard';
}

function pairsUp(
  ones: readonly string[],
  others: readonly string[],
  fit: (one: string, other: string) => boolean,
): boolean {
  return ones.length === others.length && ones.every((one, index) => fit(one, others[index]!));
}

/** The order among wildcard patterns that match the same URI: from the left, a literal component comes first. */
function isMoreLiteral(ones: readonly string[], others: readonly string[]): boolean {
  for (let index = 0; index < ones.length; index += 1) {
    const isLiteral = ones[index] !== '';
    if (isLiteral !== (others[index] !== '')) return isLiteral;
  }
  return false;
}
