/** Times of very many calls, in buckets that are 1/32 of a power of two wide: any quantile to three percent. */
const STEPS = 32;
const BUCKETS = 40 * STEPS;

export class Latencies {
  readonly #buckets = new Uint32Array(BUCKETS);
  #count = 0;

  add(ms: number): void {
    const us = Math.max(1, ms * 1000);
    const bucket = Math.floor(Math.log2(us) * STEPS);
    this.#buckets[Math.min(bucket, BUCKETS - 1)]! += 1;
    this.#count += 1;
  }

  get count(): number {
    return this.#count;
  }

  /** Microseconds; NaN if there is nothing. */
  quantile(part: number): number {
    if (this.#count === 0) return NaN;
    let left = this.#count * part;
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      left -= this.#buckets[bucket]!;
      if (left <= 0) return 2 ** ((bucket + 0.5) / STEPS);
    }
    return NaN;
  }
}
