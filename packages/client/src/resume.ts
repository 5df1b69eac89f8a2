/**
 * The client's part of session resume: a session's transport over changing connections, each of which begins with a handshake.
 * Owns how a connection is handed from the attempt that opened it to the session that goes on over it, and when the router
 * is told what has arrived. Decides nothing: connection.ts does. Loaded only by clients that reconnect, so it
 * has to stand alone.
 */
import type { Dict, ListCodec, TransportReceiver } from '@wamp/protocol';
import { ResumableTransport } from '@wamp/protocol/resumable-transport';
import type { ClientTransport } from './client-session.js';

/** What a client keeps that its router has not acknowledged: all that is sent in the window, unless it is very much. */
const LIMITS = { resumeFrames: 16_384, resumeBytes: 16 * 1024 * 1024 };

/** A router need not keep for longer than this what has arrived at an idle client. */
const IDLE_MS = 1_000;

type Receiver = TransportReceiver<Uint8Array | string>;

export class ResumableLink extends ResumableTransport<ListCodec> {
  /** How long the router waits for this client; 0 as long as it has not offered to. */
  windowMs = 0;
  readonly #connection: ClientTransport;
  /** who hears of the connection, and whose frames it carries */
  #hears: Receiver;
  #owner: ResumableLink = this;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;

  /** @param lost called when the connection is lost; returns true if the session waits for another one */
  constructor(connection: ClientTransport, lost: () => boolean) {
    super(connection, { linkLost: lost, linkConfirmed: () => undefined }, LIMITS);
    this.#connection = connection;
    this.#hears = this.linkReceiver();
    // Until WELCOME this is the connection itself.
    this.seal();
  }

  override open(receiver: Receiver): void {
    super.open(receiver);
    this.#connection.open({
      receive: (frame) => {
        this.#hears.receive(frame);
        this.#owner.#acknowledgeSoon();
      },
      violated: (sentence) => this.#hears.violated(sentence),
      drained: () => this.#hears.drained(),
      closed: (how) => this.#hears.closed(how),
    });
  }

  /**
   * Takes note of WELCOME.Details.
   * @param former the session that was asked for
   * @returns true if it goes on over this connection; this link is over then
   * @throws Error if the router has not got what this side does not have any more
   */
  welcomed(details: Dict, former: ResumableLink | undefined): boolean {
    const { window_ms, received } = (details['x_resume'] ?? {}) as Dict;
    if (typeof window_ms !== 'number') return false;
    if (former === undefined || typeof received !== 'number') {
      this.windowMs = window_ms;
      this.begin();
      return false;
    }
    if (!former.canResume(this.#connection, received)) throw new Error('too much was lost to go on');
    this.#owner = former;
    this.#hears = former.takeOver(this.#connection, received);
    // The router forgets the former token as soon as it hears this.
    former.acknowledge();
    return true;
  }

  #acknowledgeSoon(): void {
    if (this.#timer !== undefined || !this.owesAcknowledgement) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.owesAcknowledgement) this.acknowledge();
    }, IDLE_MS);
    // No program stays for that.
    (this.#timer as { unref?: () => void }).unref?.();
  }
}
