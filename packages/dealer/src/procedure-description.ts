/**
 * What a callee publishes about its procedure when it registers it: a sentence for people, and schemas for tools. Kept as
 * JSON text, so that what it takes is known, and nothing of the frame that it came in lives on. Must not judge schemas.
 * An extension of this toolkit; the specification only sketches reflection.
 */
import { isDict, type Dict, type RegisterOptions } from '@wamp/protocol';

/** REGISTER.Options: a dictionary with any of the parts below. */
export const DESCRIPTION_KEY = 'x_describe';

/** `description` is text; the others are JSON Schemas, `errors` by error URI. Whatever else is there is left out. */
const PARTS = ['description', 'args', 'kwargs', 'result', 'progress', 'errors'] as const;

export class ProcedureDescription {
  readonly #json: string;
  /** what the JSON text takes in UTF-8 */
  readonly bytes: number;

  private constructor(json: string) {
    this.#json = json;
    this.bytes = utf8Length(json);
  }

  /** Reads REGISTER.Options; undefined if the callee describes nothing, or not in JSON. */
  static of(options: RegisterOptions): ProcedureDescription | undefined {
    const given = options[DESCRIPTION_KEY];
    if (!isDict(given)) return undefined;
    const parts: Record<string, unknown> = {};
    for (const part of PARTS) {
      const value = given[part];
      if (value !== undefined && value !== null) parts[part] = value;
    }
    if (parts['description'] !== undefined && typeof parts['description'] !== 'string') return undefined;
    try {
      return new ProcedureDescription(JSON.stringify(parts));
    } catch {
      // There are numbers in other formats that JSON has no words for.
      return undefined;
    }
  }

  /** The parts; another object each time. */
  get parts(): Dict {
    return JSON.parse(this.#json) as Dict;
  }
}

/** True if the options have a description, be it a good one or not. */
export function describesProcedure(options: RegisterOptions): boolean {
  const given = options[DESCRIPTION_KEY];
  return given !== undefined && given !== null;
}

function utf8Length(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    // Two units of a surrogate pair make four bytes.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}
