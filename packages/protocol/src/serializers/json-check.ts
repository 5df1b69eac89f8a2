/**
 * A fast check for long JSON payloads: the same grammar as `JsonGrammar`, in WebAssembly, 16 bytes at a time.
 * Only ever says yes. Where it does not, the plain grammar looks again, and finds the words or passes what was only too much
 * for this one. Source of the code: `wasm/json-check.ts`.
 */
import { decodeBase64 } from '../base64.js';
import { JSON_CHECK_CODE } from './json-check-code.js';

/** A lender's fast check; see {@link SerializerOptions.jsonCheck}. */
export interface JsonCheck {
  /** Takes a frame to look at. @returns false if it is too long, or not worth it */
  load(frame: Uint8Array): boolean;
  /**
   * Passes the list or dictionary that begins at `from` in the frame that was loaded last.
   * @param depth how deep it stands
   * @returns the index behind, or -1 if the plain grammar has to decide
   */
  pass(from: number, depth: number, maxDepth: number): number;
  /** True if there may be characters beyond ASCII in what was passed since the frame was loaded. */
  readonly isBeyondAscii: boolean;
}

/** Shorter frames are passed sooner than they are copied. */
const LEAST_BYTES = 192;
/** WebAssembly's memory never shrinks. A longer frame takes milliseconds anyway, and there are few of them. */
const MOST_BYTES = 4 * 1024 * 1024;
const PAGE_BYTES = 64 * 1024;
/** Where the frame stands; before it one byte for each open list or dictionary. */
const TEXT_AT = 1024;
/** Sixteen zeros stand behind the frame, so that the code does not run on. */
const ZEROS_BEHIND = 16;
/** The code may read so far behind the zeros. */
const READ_BEHIND = 64;

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
interface Code {
  readonly memory: Memory;
  readonly beyondAscii: { readonly value: number };
  reset(): void;
  pass(at: number, depth: number, maxDepth: number): number;
}
declare const WebAssembly:
  | {
      readonly Module: new (bytes: Uint8Array) => object;
      readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
    }
  | undefined;

/** The check, or undefined where the host has no WebAssembly with SIMD. One serves one serializer. */
export function jsonCheck(): JsonCheck | undefined {
  if (typeof WebAssembly === 'undefined') return undefined;
  try {
    const code = decodeBase64(JSON_CHECK_CODE);
    if (code === undefined) return undefined;
    const module = new WebAssembly.Module(code);
    return new WasmJsonCheck(new WebAssembly.Instance(module, {}).exports as Code);
  } catch {
    return undefined;
  }
}

class WasmJsonCheck implements JsonCheck {
  readonly #code: Code;
  #bytes: Uint8Array;

  constructor(code: Code) {
    this.#code = code;
    this.#bytes = new Uint8Array(code.memory.buffer);
  }

  load(frame: Uint8Array): boolean {
    const { length } = frame;
    if (length < LEAST_BYTES || length > MOST_BYTES) return false;
    const needed = TEXT_AT + length + ZEROS_BEHIND + READ_BEHIND;
    if (needed > this.#bytes.length) this.#grow(needed);
    const bytes = this.#bytes;
    bytes.set(frame, TEXT_AT);
    const end = TEXT_AT + length;
    for (let at = end; at < end + ZEROS_BEHIND; at++) bytes[at] = 0;
    this.#code.reset();
    return true;
  }

  pass(from: number, depth: number, maxDepth: number): number {
    const end = this.#code.pass(TEXT_AT + from, depth, maxDepth);
    return end === 0 ? -1 : end - TEXT_AT;
  }

  get isBeyondAscii(): boolean {
    return this.#code.beyondAscii.value !== 0;
  }

  #grow(needed: number): void {
    const missing = Math.max(needed, this.#bytes.length * 2) - this.#bytes.length;
    this.#code.memory.grow(Math.ceil(missing / PAGE_BYTES));
    this.#bytes = new Uint8Array(this.#code.memory.buffer);
  }
}
