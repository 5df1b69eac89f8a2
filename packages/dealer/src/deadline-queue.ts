/**
 * The earliest of many deadlines: a binary heap whose items know their place in it.
 * Removing and moving an item costs O(log n) and leaves nothing behind, so the heap never holds more than what is armed
 * and `earliest` is always exact. Knows nothing of calls and reads no clock.
 */

/** What the queue needs of its items; only the queue writes `heapIndex`. */
export interface Timed {
  /** milliseconds since the epoch; must not change while the item is armed, except through `arm` */
  deadline: number;
  /** place in the heap; -1 if the item is not armed */
  heapIndex: number;
}

export class DeadlineQueue<Item extends Timed> {
  readonly #heap: Item[] = [];

  /** How many items are armed. */
  get size(): number {
    return this.#heap.length;
  }

  /** The earliest deadline; undefined if nothing is armed. */
  get earliest(): number | undefined {
    return this.#heap[0]?.deadline;
  }

  /** An item whose deadline is at or before `now`, the earliest one; it stays armed. Undefined if there is none. */
  due(now: number): Item | undefined {
    const first = this.#heap[0];
    return first !== undefined && first.deadline <= now ? first : undefined;
  }

  /** Arms the item for `deadline`, or moves it there if it is armed. */
  arm(item: Item, deadline: number): void {
    item.deadline = deadline;
    if (item.heapIndex < 0) {
      item.heapIndex = this.#heap.length;
      this.#heap.push(item);
    }
    this.#place(item);
  }

  /** Disarms the item; does nothing if it is not armed. */
  disarm(item: Item): void {
    const index = item.heapIndex;
    if (index < 0) return;
    item.heapIndex = -1;
    const last = this.#heap.pop()!;
    if (last === item) return;
    last.heapIndex = index;
    this.#heap[index] = last;
    this.#place(last);
  }

  #place(item: Item): void {
    this.#rise(item);
    this.#sink(item);
  }

  #rise(item: Item): void {
    const heap = this.#heap;
    let index = item.heapIndex;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above]!;
      if (parent.deadline <= item.deadline) break;
      heap[index] = parent;
      parent.heapIndex = index;
      index = above;
    }
    heap[index] = item;
    item.heapIndex = index;
  }

  #sink(item: Item): void {
    const heap = this.#heap;
    const length = heap.length;
    let index = item.heapIndex;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= length) break;
      if (below + 1 < length && heap[below + 1]!.deadline < heap[below]!.deadline) below += 1;
      const child = heap[below]!;
      if (child.deadline >= item.deadline) break;
      heap[index] = child;
      child.heapIndex = index;
      index = below;
    }
    heap[index] = item;
    item.heapIndex = index;
  }
}
