/** Whole messages in JSON as lists: the grammar proves that a frame is well-formed, JSON.parse reads it then. */
import { malformed, notAMessage } from '../head-reader.js';
import { decodeUtf8 } from '../utf8.js';
import { JsonGrammar } from './json-grammar.js';
import { JsonValueWriter, parseJson } from './json-values.js';
import { asPayloadError } from './writer-payload-codec.js';

export class JsonLists extends JsonGrammar {
  readonly #maxListDepth: number;

  constructor(maxDepth: number, isUtf8: ((bytes: Uint8Array) => boolean) | undefined) {
    super(maxDepth, isUtf8);
    this.#maxListDepth = maxDepth;
  }

  encodeList(list: readonly unknown[]): Uint8Array {
    try {
      const writer = new JsonValueWriter(this.#maxListDepth);
      writer.list(list, 1);
      return writer.taken();
    } catch (error) {
      throw asPayloadError(error);
    }
  }

  decodeList(frame: Uint8Array | string): unknown[] {
    const list = parseJson(typeof frame === 'string' ? frame : this.#textOf(frame));
    if (!Array.isArray(list)) throw notAMessage('the message is not a list');
    return list;
  }

  #textOf(frame: Uint8Array): string {
    this.start(frame);
    try {
      const end = this.space(this.value(this.space(0), 1));
      if (end !== this.limit) throw malformed('something follows the message', end);
      return decodeUtf8(frame, 0, frame.length);
    } finally {
      this.release();
    }
  }
}
