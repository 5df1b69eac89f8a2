/**
 * What is sent: a payload of a shape and size, with eight characters in it that are others for each call, so that no answer
 * can be taken for another one's.
 */
import type { Format } from '../wire/format.js';

/** `text` and `bytes` are one long value, `kwargs` is a dictionary as applications have it. */
export type Shape = 'text' | 'bytes' | 'kwargs';

export const NONCE_BYTES = 8;
const PLACEHOLDER = '@@@@@@@@';
const DIGITS = Buffer.from('0123456789abcdef');

export class PayloadTemplate {
  /** the elements in the format, with the nonce that was written last */
  readonly bytes: Buffer;
  /** 1 with arguments only, 2 with keyword arguments */
  readonly elements: number;
  readonly args: readonly unknown[];
  readonly kwargs: object | undefined;
  readonly #at: number;

  constructor(format: Format, shape: Shape, size: number) {
    const rest = Math.max(0, size - NONCE_BYTES);
    const text = 'the quick brown fox jumps over the lazy dog. '.repeat(Math.ceil(rest / 45)).slice(0, rest);
    this.kwargs = shape === 'kwargs' ? structured(rest) : undefined;
    const body = shape === 'kwargs' ? [] : [shape === 'text' ? text : new Uint8Array(Buffer.from(text))];
    this.args = [PLACEHOLDER, ...body];
    this.bytes = Buffer.from(format.encodeTail(this.args, this.kwargs));
    this.elements = this.kwargs === undefined ? 1 : 2;
    this.#at = this.bytes.indexOf(PLACEHOLDER);
  }

  /** Makes it the payload of one call. */
  mark(owner: number, id: number): void {
    const { bytes } = this;
    const at = this.#at;
    let rest = id;
    for (let place = at + NONCE_BYTES - 1; place >= at + 2; place -= 1) {
      bytes[place] = DIGITS[rest & 15]!;
      rest >>>= 4;
    }
    bytes[at + 1] = DIGITS[owner & 15]!;
    bytes[at] = DIGITS[(owner >> 4) & 15]!;
  }

  /** The eight characters. */
  get nonce(): string {
    return this.bytes.toString('latin1', this.#at, this.#at + NONCE_BYTES);
  }

  /** The arguments with the nonce that was written last. */
  markedArgs(): readonly unknown[] {
    return [this.nonce, ...this.args.slice(1)];
  }
}

/** A list of orders of about that many bytes of JSON. */
function structured(size: number): object {
  const orders: object[] = [];
  let length = 0;
  for (let number = 1; length < size; number += 1) {
    const order = {
      id: 100_000 + number,
      sku: `item-${number % 97}`,
      price: number * 1.25,
      amounts: [number % 7, number % 11, number % 13],
      paid: number % 3 === 0,
      note: number % 5 === 0 ? null : 'leave at the door',
    };
    orders.push(order);
    length += JSON.stringify(order).length + 1;
  }
  return { customer: 'ann', orders };
}
