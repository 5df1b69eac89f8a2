/**
 * Tells late chunks from new calls.
 *
 * A progressive call may end before its caller has sent the last chunk: the callee answered early, the call was refused,
 * canceled, timed out. Chunks that were under way then must be discarded without an answer, so the most recent of such
 * calls are remembered until their last chunk has come. What is not remembered begins a new call, whatever its id: a call
 * that gets no answer would be the worse mistake. Where ids must be sequential the host knows late chunks by their id too.
 *
 * Source: advanced profile, "Progressive Call Invocations", request id verification. Knows nothing of the calls
 * themselves; one instance per session.
 */
export class EndedStreams {
  readonly #limit: number;
  #ids: Set<number> | undefined = undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many early-ended calls are remembered. */
  get size(): number {
    return this.#ids?.size ?? 0;
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
    const ids = this.#ids;
    if (ids?.has(request) !== true) return false;
    if (!hasProgress) ids.delete(request);
    return true;
  }
}
