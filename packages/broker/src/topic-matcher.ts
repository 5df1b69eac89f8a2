/**
 * One pattern against many topics; the reverse of what `UriTable` is for.
 * Source: advanced profile, "Pattern-based Subscriptions".
 */
import type { MatchPolicy } from '@wamp/protocol';

/** A function that tells whether a topic belongs to a subscription of this URI and match policy. */
export function topicMatcher(uri: string, match: MatchPolicy): (topic: string) => boolean {
  if (match === 'exact') return (topic) => topic === uri;
  if (match === 'prefix') return (topic) => topic.startsWith(uri);
  const components = uri.split('.');
  return (topic) => matchesComponents(components, topic);
}

/** Compares in place: a pattern may be held against every topic there is. */
function matchesComponents(components: readonly string[], topic: string): boolean {
  let start = 0;
  for (let k = 0; k < components.length; k++) {
    const dot = topic.indexOf('.', start);
    const isLast = k === components.length - 1;
    if (isLast !== (dot === -1)) return false;
    const end = isLast ? topic.length : dot;
    const wanted = components[k]!;
    if (wanted !== '' && (wanted.length !== end - start || !topic.startsWith(wanted, start))) return false;
    start = end + 1;
  }
  return true;
}
