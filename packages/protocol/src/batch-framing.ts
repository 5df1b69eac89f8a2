/**
 * Batches: several messages in one WebSocket message or one HTTP body, as the subprotocols `wamp.2.*.batched` have them.
 * Owns the framing, as functions over bytes; knows no transport. A message ends with the octet 1E in JSON, which can contain it
 * nowhere else, and begins with its length in 32 bits, big-endian, in the binary formats.
 * Source: advanced profile, "Batched WebSocket Transport".
 */

/** Ends a message in JSON. */
export const RECORD_SEPARATOR = 0x1e;
/** The same as Autobahn|Python has it, which reads the `\30` of the specification as octal. */
export const OTHER_SEPARATOR = 0x18;

const LENGTH_BYTES = 4;

/** How much a batch is longer than its messages, for each of them. */
export function batchOverhead(isBinary: boolean): number {
  return isBinary ? LENGTH_BYTES : 1;
}

/**
 * Puts messages into one batch; a single one is framed too.
 * @param separator for JSON: the octet that the peer uses
 */
export function joinBatch(
  messages: readonly Uint8Array[],
  isBinary: boolean,
  allocate: (bytes: number) => Uint8Array,
  separator: number = RECORD_SEPARATOR,
): Uint8Array {
  const overhead = batchOverhead(isBinary);
  const batch = allocate(messages.reduce((sum, { length }) => sum + length + overhead, 0));
  let at = 0;
  for (const message of messages) {
    const { length } = message;
    if (isBinary) {
      batch[at] = length >>> 24;
      batch[at + 1] = length >>> 16;
      batch[at + 2] = length >>> 8;
      batch[at + 3] = length;
      at += LENGTH_BYTES;
    }
    batch.set(message, at);
    at += length;
    if (!isBinary) batch[at++] = separator;
  }
  return batch;
}

/** Reads a batch message by message. */
export class BatchReader {
  readonly #batch: Uint8Array;
  readonly #isBinary: boolean;
  /** for JSON: what the peer ends its messages with */
  readonly separator: number;
  #at = 0;
  #fault: string | undefined = undefined;

  constructor(batch: Uint8Array, isBinary: boolean) {
    this.#batch = batch;
    this.#isBinary = isBinary;
    this.separator = batch.at(-1) === OTHER_SEPARATOR ? OTHER_SEPARATOR : RECORD_SEPARATOR;
    if (batch.length === 0) this.#fault = 'a batch must not be empty';
    else if (!isBinary && batch.at(-1) !== this.separator) {
      this.#fault = 'the last message of the batch is not terminated';
    }
  }

  /** What is wrong with the batch; undefined as long as nothing is. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** True if there is something to read, or a fault to be found. */
  get hasMore(): boolean {
    return this.#fault === undefined && this.#at < this.#batch.length;
  }

  /** The same for what is left, in memory of its own. */
  detached(): BatchReader {
    const rest = new BatchReader(new Uint8Array(this.#batch.subarray(this.#at)), this.#isBinary);
    rest.#fault = this.#fault;
    return rest;
  }

  /** The next message, as a view of the batch; undefined at the end and at a fault. */
  next(): Uint8Array | undefined {
    if (!this.hasMore) return undefined;
    return this.#isBinary ? this.#nextBinary() : this.#nextText();
  }

  #nextText(): Uint8Array {
    const end = this.#batch.indexOf(this.separator, this.#at);
    const message = this.#batch.subarray(this.#at, end);
    this.#at = end + 1;
    return message;
  }

  #nextBinary(): Uint8Array | undefined {
    const batch = this.#batch;
    const start = this.#at + LENGTH_BYTES;
    if (start > batch.length) {
      this.#fault = 'the batch ends within the length of a message';
      return undefined;
    }
    const at = this.#at;
    const length = batch[at]! * 2 ** 24 + ((batch[at + 1]! << 16) | (batch[at + 2]! << 8) | batch[at + 3]!);
    if (length > batch.length - start) {
      this.#fault = `a message of ${length} bytes is announced, ${batch.length - start} are left in the batch`;
      return undefined;
    }
    this.#at = start + length;
    return batch.subarray(start, this.#at);
  }
}
