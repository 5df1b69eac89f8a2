/**
 * Wildcard patterns and the search for those that match a URI, the specification's winner first.
 *
 * A pattern with an empty component matches anything there; patterns match only URIs with as many components. So there
 * is one tree for each number of components. The walk tries the literal component before the empty one and comes back
 * when it led nowhere. The text of a pattern determines how much of the URI it has consumed, hence no place in the tree
 * is visited twice in one search: the cost is bounded by 2^components and by what is stored, and nothing need be memoised.
 */
import { RadixTree, type RadixNode } from './radix-tree.js';

const DOT = 0x2e;

/** A place in the tree that the search still has to go on from. */
class Place<T> {
  readonly node: RadixNode<T>;
  /** index in the URI of what comes next */
  readonly at: number;
  /** index of the component that `at` lies in */
  readonly component: number;
  /** the pattern's text up to here ends with a dot, or is empty */
  readonly isComponentStart: boolean;

  constructor(node: RadixNode<T>, at: number, component: number, isComponentStart: boolean) {
    this.node = node;
    this.at = at;
    this.component = component;
    this.isComponentStart = isComponentStart;
  }
}

export class WildcardTable<T> {
  /** by number of components */
  readonly #trees = new Map<number, RadixTree<T>>();

  set(pattern: string, value: T): void {
    const components = countComponents(pattern);
    let tree = this.#trees.get(components);
    if (tree === undefined) {
      tree = new RadixTree();
      this.#trees.set(components, tree);
    }
    tree.set(pattern, value);
  }

  delete(pattern: string): void {
    const components = countComponents(pattern);
    const tree = this.#trees.get(components);
    if (tree === undefined) return;
    tree.delete(pattern);
    if (tree.isEmpty) this.#trees.delete(components);
  }

  /** The value of the pattern that the specification selects for the URI. */
  best(uri: string): T | undefined {
    const found: T[] = [];
    this.collect(uri, found, 1);
    return found[0];
  }

  /** Appends the values of the patterns that match, best first, until `into` has `limit` elements. */
  collect(uri: string, into: T[], limit = Infinity): void {
    if (this.#trees.size === 0) return;
    const starts = componentStarts(uri);
    const tree = this.#trees.get(starts.length);
    if (tree === undefined) return;
    // A stack of our own: a chain of patterns can be deeper than the host's.
    const places = [new Place(tree.root, 0, 0, true)];
    while (into.length < limit) {
      const place = places.pop();
      if (place === undefined) return;
      if (place.isComponentStart) branch(place, uri, starts, places);
      else if (place.at < uri.length) descend(place, uri.charCodeAt(place.at), uri, starts, places);
      else if (place.node.value !== undefined) into.push(place.node.value);
    }
  }
}

/** At the start of a component: what is pushed last is tried first, so the literal goes on top of the wildcard. */
function branch<T>(place: Place<T>, uri: string, starts: readonly number[], places: Place<T>[]): void {
  if (place.component < starts.length - 1) descend(place, DOT, uri, starts, places);
  else places.push(new Place(place.node, uri.length, place.component, false));
  const literal = uri.charCodeAt(place.at);
  if (literal !== DOT) descend(place, literal, uri, starts, places);
}

/** Goes on to the child that starts with `code`, if its whole label agrees with the URI. */
function descend<T>(
  place: Place<T>,
  code: number,
  uri: string,
  starts: readonly number[],
  places: Place<T>[],
): void {
  const child = place.node.children?.get(code);
  if (child === undefined) return;
  const label = child.label;
  let { at, component, isComponentStart } = place;
  for (let index = 0; index < label.length; index++) {
    const wanted = label.charCodeAt(index);
    if (wanted === DOT && isComponentStart) {
      component++;
      at = starts[component]!; // the pattern has as many components as the URI: there is a next one
      continue;
    }
    if (uri.charCodeAt(at) !== wanted) return;
    at++;
    isComponentStart = wanted === DOT;
    if (isComponentStart) component++;
  }
  places.push(new Place(child, at, component, isComponentStart));
}

function countComponents(pattern: string): number {
  let components = 1;
  for (let dot = pattern.indexOf('.'); dot >= 0; dot = pattern.indexOf('.', dot + 1)) components++;
  return components;
}

function componentStarts(uri: string): number[] {
  const starts = [0];
  for (let dot = uri.indexOf('.'); dot >= 0; dot = uri.indexOf('.', dot + 1)) starts.push(dot + 1);
  return starts;
}
