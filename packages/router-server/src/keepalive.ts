/**
 * Keepalive: asks silent peers whether they are there, and cuts those that do not answer.
 * Owns one timer for all connections of a listener; does not know what a sign of life is, the connection does.
 */

/** A connection under watch. */
export interface Watched {
  /** True if the peer has shown life since the last call. */
  takeSignOfLife(): boolean;
  ping(): void;
  terminate(reason: string): void;
}

/** Looks per interval: the times are kept to an eighth of the shorter one. */
const LOOKS = 8;

export class Keepalive {
  /** milliseconds of silence by connection, counted in looks, so that a suspended machine does not cut everybody at once */
  readonly #silence = new Map<Watched, number>();
  readonly #intervalMs: number;
  readonly #timeoutMs: number;
  readonly #lookMs: number;
  #timer: NodeJS.Timeout | undefined = undefined;

  /**
   * @param intervalMs silence after which a ping is sent; 0 switches keepalive off
   * @param timeoutMs further silence after which the connection is cut
   */
  constructor(intervalMs: number, timeoutMs: number) {
    this.#intervalMs = intervalMs;
    this.#timeoutMs = timeoutMs;
    this.#lookMs = Math.max(1, Math.floor(Math.min(intervalMs, timeoutMs) / LOOKS));
  }

  watch(connection: Watched): void {
    if (this.#intervalMs === 0) return;
    this.#silence.set(connection, 0);
    this.#timer ??= setInterval(() => this.#look(), this.#lookMs).unref();
  }

  unwatch(connection: Watched): void {
    this.#silence.delete(connection);
    if (this.#silence.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    for (const [connection, before] of this.#silence) {
      if (connection.takeSignOfLife()) {
        if (before !== 0) this.#silence.set(connection, 0);
        continue;
      }
      const silence = before + this.#lookMs;
      this.#silence.set(connection, silence);
      if (silence >= this.#intervalMs + this.#timeoutMs) {
        this.#silence.delete(connection);
        connection.terminate(`no sign of life for ${silence} ms`);
      } else if (before < this.#intervalMs && silence >= this.#intervalMs) {
        connection.ping();
      }
    }
  }
}
