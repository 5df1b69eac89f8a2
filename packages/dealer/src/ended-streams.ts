/**
 * Tells late chunks from new calls.
 *
 * A progressive call may end before its caller has sent the last chunk: the callee answered early, the call was refused,
 * canceled, timed out. Chunks that were under way then must be discarded without an answer. A CALL without a record is
 * such a chunk if
 * - its id is one of the progressive calls that ended early, of which the most recent ones are remembered, or
 * - it has `progress` and its id is not above the highest id that this session has called with: an ended call that has
 *   been forgotten meanwhile. A new progressive call with a lower id than an earlier call is therefore not possible, even
 *   where ids need not be sequential; a new ordinary call is.
 *
 * Source: advanced profile, "Progressive Call Invocations", request id verification. Knows nothing of the calls
 * themselves; one instance per session.
 */
import { MAX_ID } from '@wamp/protocol';

/** Ids further apart than this lie on two sides of the counter's wrap. */
const HALF = MAX_ID / 2;

export class EndedStreams {
  readonly #limit: number;
  #ids: Set<number> | undefined = undefined;
  #highest = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many early-ended calls are remembered. */
  get size(): number {
    return this.#ids?.size ?? 0;
  }

  /** Notes the id of a CALL that begins a new call. */
  began(request: number): void {
    if (request > this.#highest || this.#highest - request >= HALF) this.#highest = request;
  }

  /** Remembers a progressive call that ended although its caller has not sent the last chunk. */
  ended(request: number): void {
    const ids = (this.#ids ??= new Set());
    ids.add(request);
    if (ids.size > this.#limit) {
      for (const oldest of ids) {
        ids.delete(oldest);
        break;
      }
    }
  }

  /**
   * True if a CALL for which there is no record is a chunk of a call that is over.
   * @param hasProgress whether CALL.Options.progress is true, so that more chunks follow
   */
  isLate(request: number, hasProgress: boolean): boolean {
    if (this.#ids?.has(request) === true) {
      if (!hasProgress) this.#ids.delete(request);
      return true;
    }
    return hasProgress && request <= this.#highest && this.#highest - request < HALF;
  }
}
