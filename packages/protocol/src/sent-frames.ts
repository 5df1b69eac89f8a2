/**
 * The frames that were sent and are not known to have arrived, oldest first. Bounded by number and bytes: beyond, the oldest
 * go, and cannot be sent again. Must not send anything.
 */
export interface SentFramesLimits {
  /** frames that are kept */
  readonly resumeFrames: number;
  /** bytes of frames that are kept, or characters where frames are text */
  readonly resumeBytes: number;
}

/** Frames that are gone may lie at the front of the array until they are this many and outnumber the kept ones. */
const SLACK = 64;

export class SentFrames<Frame extends { readonly length: number }> {
  readonly #limits: SentFramesLimits;
  #frames: Frame[] = [];
  /** where the oldest kept frame stands */
  #first = 0;
  #bytes = 0;
  /** frames that were ever sent */
  #sent = 0;
  /** frames that have arrived, as far as is known */
  #arrived = 0;

  constructor(limits: SentFramesLimits) {
    this.#limits = limits;
  }

  /** Frames that were ever pushed. */
  get sent(): number {
    return this.#sent;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** Frames that were pushed and are not kept any more, whether or not they have arrived. */
  get gone(): number {
    return this.#sent - this.#size;
  }

  get #size(): number {
    return this.#frames.length - this.#first;
  }

  push(frame: Frame): void {
    this.#sent += 1;
    this.#frames.push(frame);
    this.#bytes += frame.length;
    while (this.#bytes > this.#limits.resumeBytes || this.#size > this.#limits.resumeFrames) this.#drop();
  }

  /** Whether everything that was sent behind the first `count` frames is kept. */
  reachesBackTo(count: number): boolean {
    return count <= this.#sent && count >= this.gone;
  }

  /** Whether it would be news that so many have arrived. */
  wouldForget(count: number): boolean {
    return count > this.#arrived;
  }

  /** So many frames have arrived, at most as many as were sent. A smaller number than before changes nothing. */
  forget(count: number): void {
    if (count <= this.#arrived) return;
    this.#arrived = count;
    while (this.gone < count) this.#drop();
  }

  forEach(act: (frame: Frame) => void): void {
    for (const frame of this.#frames.slice(this.#first)) act(frame);
  }

  clear(): void {
    this.#frames = [];
    this.#first = 0;
    this.#bytes = 0;
  }

  #drop(): void {
    this.#bytes -= this.#frames[this.#first]!.length;
    this.#first += 1;
    if (this.#first === this.#frames.length) {
      this.#frames = [];
      this.#first = 0;
    } else if (this.#first >= SLACK && this.#first * 2 >= this.#frames.length) {
      this.#frames = this.#frames.slice(this.#first);
      this.#first = 0;
    }
  }
}
