/**
 * Frames that wait because their peer reads slowly, in order: messages, which have to be sent, and events, which may be
 * dropped. Must not decide when anything is dropped.
 */

interface KeptFrame {
  readonly frame: Uint8Array;
  /** false for messages */
  readonly isEvent: boolean;
  /** events with the same key replace each other; undefined for all others */
  readonly key: string | undefined;
  previous: KeptFrame | undefined;
  next: KeptFrame | undefined;
}

export class KeptFrames {
  #first: KeptFrame | undefined = undefined;
  #last: KeptFrame | undefined = undefined;
  /** no event stands before it; undefined if it has to be looked for from the first frame on */
  #firstEvent: KeptFrame | undefined = undefined;
  readonly #byKey = new Map<string, KeptFrame>();
  #events = 0;
  #eventBytes = 0;
  #messageBytes = 0;

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  get events(): number {
    return this.#events;
  }

  get eventBytes(): number {
    return this.#eventBytes;
  }

  get messageBytes(): number {
    return this.#messageBytes;
  }

  addMessage(frame: Uint8Array): void {
    this.#add(frame, false, undefined);
    this.#messageBytes += frame.length;
  }

  /**
   * @param key the event replaces a waiting one with the same key, and stands behind everything; undefined replaces none
   * @returns whether another event had to go
   */
  addEvent(frame: Uint8Array, key: string | undefined): boolean {
    const former = key === undefined ? undefined : this.#byKey.get(key);
    if (former !== undefined) this.#remove(former);
    const added = this.#add(frame, true, key);
    if (key !== undefined) this.#byKey.set(key, added);
    this.#events += 1;
    this.#eventBytes += frame.length;
    return former !== undefined;
  }

  /** Takes the first frame out; undefined if there is none. */
  take(): Uint8Array | undefined {
    const first = this.#first;
    if (first === undefined) return undefined;
    this.#remove(first);
    return first.frame;
  }

  /** @returns whether there was one */
  dropOldestEvent(): boolean {
    let oldest = this.#firstEvent ?? this.#first;
    while (oldest?.isEvent === false) oldest = oldest.next;
    if (oldest === undefined) return false;
    this.#firstEvent = oldest.next;
    this.#remove(oldest);
    return true;
  }

  #add(frame: Uint8Array, isEvent: boolean, key: string | undefined): KeptFrame {
    const added: KeptFrame = { frame, isEvent, key, previous: this.#last, next: undefined };
    if (this.#last === undefined) this.#first = added;
    else this.#last.next = added;
    this.#last = added;
    return added;
  }

  #remove(kept: KeptFrame): void {
    const { frame, isEvent, key, previous, next } = kept;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    if (this.#firstEvent === kept) this.#firstEvent = next;
    if (key !== undefined) this.#byKey.delete(key);
    if (isEvent) {
      this.#events -= 1;
      this.#eventBytes -= frame.length;
    } else {
      this.#messageBytes -= frame.length;
    }
  }
}
