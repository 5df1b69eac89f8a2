/**
 * The question whether the peer behind a transport is there, while it is open: asked once, answered to everybody who
 * wants to know. Whatever comes from the peer is an answer. Must not draw conclusions: the session does.
 */
import type { Transport } from '@wamp/protocol';

export class LifeProbe {
  readonly #waiting: ((isAlive: boolean) => void)[] = [];
  #isSettled = false;

  /** Also wants to know. */
  join(answered: (isAlive: boolean) => void): void {
    this.#waiting.push(answered);
  }

  /**
   * Asks.
   * @param failed called instead of an answer if the transport says that nobody is there
   */
  start(transport: Transport, timeoutMs: number, failed: () => void): void {
    transport.probe?.(timeoutMs, (isAlive) => {
      if (this.#isSettled) return;
      if (isAlive) this.settle(true);
      else failed();
    });
  }

  /** The answer is known; to be called once. Later ones of the transport do not count. */
  settle(isAlive: boolean): void {
    this.#isSettled = true;
    for (const answered of this.#waiting) answered(isAlive);
  }
}
