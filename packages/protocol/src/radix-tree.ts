/**
 * A tree of strings in which common beginnings are stored once: at most two nodes per string, whatever its length, so that
 * a peer's long URI cannot claim more memory than it sent.
 * Owns structure and prefix search; knows nothing of URIs. Strings are compared by UTF-16 code units.
 */

export class RadixNode<T> {
  /** what stands between the parent and this node; never empty except in the root */
  label: string;
  /** the value of the string that ends here */
  value: T | undefined;
  /** by the first code unit of the child's label */
  children: Map<number, RadixNode<T>> | undefined;

  constructor(label: string, value: T | undefined) {
    this.label = label;
    this.value = value;
    this.children = undefined;
  }

  add(child: RadixNode<T>): void {
    (this.children ??= new Map()).set(child.label.charCodeAt(0), child);
  }

  /** Takes the place of its one child, if it has no value of its own and exactly one. */
  shorten(): void {
    if (this.value !== undefined || this.children?.size !== 1) return;
    for (const child of this.children.values()) {
      this.label += child.label;
      this.value = child.value;
      this.children = child.children;
    }
  }
}

export class RadixTree<T> {
  readonly root: RadixNode<T> = new RadixNode<T>('', undefined);

  get isEmpty(): boolean {
    return this.root.value === undefined && this.root.children === undefined;
  }

  set(key: string, value: T): void {
    let node = this.root;
    let at = 0;
    while (at < key.length) {
      const child = node.children?.get(key.charCodeAt(at));
      if (child === undefined) {
        node.add(new RadixNode(key.slice(at), value));
        return;
      }
      const common = commonLength(child.label, key, at);
      node = common < child.label.length ? split(node, child, common) : child;
      at += common;
    }
    node.value = value;
  }

  /** Removes the string, if it is there, and every node that only it needed. */
  delete(key: string): void {
    let above: RadixNode<T> | undefined;
    let parent: RadixNode<T> | undefined;
    let node = this.root;
    for (let at = 0; at < key.length; at += node.label.length) {
      const child = node.children?.get(key.charCodeAt(at));
      if (child === undefined || !key.startsWith(child.label, at)) return;
      above = parent;
      parent = node;
      node = child;
    }
    node.value = undefined;
    if (parent === undefined) return;
    if (node.children !== undefined) {
      node.shorten();
      return;
    }
    parent.children?.delete(node.label.charCodeAt(0));
    if (parent.children?.size === 0) parent.children = undefined;
    if (above !== undefined) parent.shorten();
  }

  /** The value of the longest string that `text` starts with. */
  longestPrefixOf(text: string): T | undefined {
    let node = this.root;
    let best = node.value;
    let at = 0;
    for (;;) {
      const child = node.children?.get(text.charCodeAt(at));
      if (child === undefined || !text.startsWith(child.label, at)) return best;
      node = child;
      at += child.label.length;
      if (node.value !== undefined) best = node.value;
    }
  }

  /** True if `text` starts with a string of the tree whose end, as an index in `text`, is accepted. */
  hasPrefixOf(text: string, isAccepted: (text: string, end: number) => boolean): boolean {
    let node: RadixNode<T> | undefined = this.root;
    let at = 0;
    while (node !== undefined && text.startsWith(node.label, at)) {
      at += node.label.length;
      if (node.value !== undefined && isAccepted(text, at)) return true;
      node = node.children?.get(text.charCodeAt(at));
    }
    return false;
  }

  /** Appends the values of all strings that `text` starts with, short ones first. */
  collectPrefixesOf(text: string, into: T[]): void {
    let node: RadixNode<T> | undefined = this.root;
    let at = 0;
    while (node !== undefined && text.startsWith(node.label, at)) {
      at += node.label.length;
      if (node.value !== undefined) into.push(node.value);
      node = node.children?.get(text.charCodeAt(at));
    }
  }
}

/** How many code units of `label` stand in `key` from `at` on. */
function commonLength(label: string, key: string, at: number): number {
  const most = Math.min(label.length, key.length - at);
  let length = 1; // the first one brought us to this label
  while (length < most && label.charCodeAt(length) === key.charCodeAt(at + length)) length++;
  return length;
}

/** Cuts the edge above `child` behind `length` code units. Gives the new node in between. */
function split<T>(parent: RadixNode<T>, child: RadixNode<T>, length: number): RadixNode<T> {
  const between = new RadixNode<T>(child.label.slice(0, length), undefined);
  child.label = child.label.slice(length);
  between.add(child);
  parent.add(between);
  return between;
}
