/**
 * A transport over changing links: what one end sends arrives at the other once and in order, although the connection below
 * is lost and replaced by another one. Owns the count of frames in both directions, and the frames that the peer has not
 * acknowledged. Must not decide how long to wait for a further link, nor who may come back: its owner does. No timers.
 *
 * Both ends count from WELCOME on. Each tells the other now and then how many frames have arrived ({@link encodeFrameCount}),
 * and the other forgets them. When a link takes the place of a former one, both ends have said how many have arrived, and what
 * is missing is sent again. An extension of this toolkit: the keys by which it is agreed on are in the router's
 * `session-token.ts`.
 */
import { encodeFrameCount, readFrameCount } from './frame-count.js';
import type { ListCodec } from './list-codec.js';
import type { Serializer } from './serializer.js';
import { SentFrames, type SentFramesLimits } from './sent-frames.js';
import type { CloseCause, FrameOf, Transport, TransportClosed, TransportReceiver } from './transport.js';

/** Frames after which the other end is told that they have arrived: a hundredth of their own cost. */
const ACKNOWLEDGED_FRAMES = 64;
/** Bytes after which it is told: what an idle session may leave unacknowledged must be small. */
const ACKNOWLEDGED_BYTES = 64 * 1024;
/** Links in a row that may bring nothing forward: then it is probably what is sent again that breaks them. */
const MAX_FRUITLESS_LINKS = 5;

/** Who decides what a lost link means. */
export interface LinkKeeper {
  /**
   * The link is lost; what is sent from now on is kept.
   * @returns false if no other link is to be waited for: then the receiver is told that the transport has closed
   */
  linkLost(how: TransportClosed): boolean;
  /** The first frame has come over a link that took the place of another: the peer knows what it was told with it. */
  linkConfirmed(): void;
}

export type { SentFramesLimits };

const settled = Promise.resolve();

export class ResumableTransport<S extends ListCodec = Serializer> implements Transport<S> {
  readonly serializer: S;
  readonly info: Readonly<Record<string, unknown>>;
  readonly maxSendBytes: number;
  readonly #keeper: LinkKeeper;
  readonly #kept: SentFrames<FrameOf<S>>;
  #receiver: TransportReceiver<FrameOf<S>> | undefined = undefined;
  /** undefined between two links, and at the end */
  #link: Transport<S> | undefined;
  /** frames that have arrived, and how many of them, and of how many bytes, the peer does not know of */
  #received = 0;
  #untold = 0;
  #untoldBytes = 0;
  #isConfirmed = true;
  #fruitlessLinks = 0;
  #isPaused = false;
  /** a lost link is the end */
  #isSealed = false;
  #hasEnded = false;
  /** frames that were sent until the last link was lost: they may have arrived */
  #sentBefore = 0;

  /**
   * @param link the first link, of which {@link linkReceiver} is to hear. An end that hears WELCOME through this transport
   * seals it first, and begins with WELCOME
   */
  constructor(link: Transport<S>, keeper: LinkKeeper, limits: SentFramesLimits) {
    this.serializer = link.serializer;
    this.info = link.info;
    this.maxSendBytes = link.maxSendBytes;
    this.#link = link;
    this.#keeper = keeper;
    this.#kept = new SentFrames(limits);
  }

  /** Frames that have arrived, over all links. */
  get received(): number {
    return this.#received;
  }

  /** True between two links. */
  get isDetached(): boolean {
    return this.#link === undefined && !this.#hasEnded;
  }

  get bufferedBytes(): number {
    return this.#link === undefined ? this.#kept.bytes : this.#link.bufferedBytes;
  }

  open(receiver: TransportReceiver<FrameOf<S>>): void {
    if (this.#receiver !== undefined) throw new Error('the transport is open already');
    this.#receiver = receiver;
  }

  send(frame: FrameOf<S>): void {
    if (this.#isSealed) {
      this.#link?.send(frame);
      return;
    }
    this.#kept.push(frame);
    if (this.#link !== undefined) this.#link.send(frame);
    else if (this.#kept.gone > this.#sentBefore)
      this.end('too much was waiting for a peer that has lost its connection');
  }

  pause(): void {
    this.#isPaused = true;
    this.#link?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#link?.resume();
  }

  close(cause: CloseCause, reason?: string): void {
    this.seal();
    this.#link?.close(cause, reason);
  }

  terminate(reason: string): void {
    this.#isSealed = true;
    if (this.#link === undefined) this.end(reason);
    else this.#link.terminate(reason);
  }

  /** From now on a lost link is the end; if there is none now, this is the end. */
  seal(): void {
    this.#isSealed = true;
    this.#kept.clear();
    if (this.#link === undefined) this.end('the session ended while its peer had lost its connection');
  }

  /** Frames are counted and kept from now on. */
  begin(): void {
    this.#isSealed = false;
    this.#received = 0;
    this.#untold = 0;
    this.#untoldBytes = 0;
  }

  /** The end without a link. */
  end(reason: string): void {
    if (this.#hasEnded || this.#link !== undefined) return;
    // Not from within what the receiver is doing now.
    this.#finish({ wasClean: false, reason }, (how) => void settled.then(() => this.#receiver?.closed(how)));
  }

  /** True if frames have arrived that the peer does not know of. */
  get owesAcknowledgement(): boolean {
    return this.#untold > 0 && !this.#isSealed;
  }

  /** Tells the peer how many frames have arrived. */
  acknowledge(): void {
    if (this.#link === undefined || this.#isSealed) return;
    this.#untold = 0;
    this.#untoldBytes = 0;
    // Bytes are a frame for every transport, also for one whose own frames are text.
    this.#link.send(encodeFrameCount(this.serializer.format, this.#received) as FrameOf<S>);
  }

  /**
   * Whether a link can take over.
   * @param count how many of this end's frames have arrived, as the peer says
   */
  canResume(link: Transport<S>, count: number): boolean {
    return (
      !this.#isSealed &&
      !this.#hasEnded &&
      link.serializer.format === this.serializer.format &&
      link.maxSendBytes >= this.maxSendBytes &&
      this.#kept.reachesBackTo(count) &&
      (this.#fruitlessLinks < MAX_FRUITLESS_LINKS || this.#kept.wouldForget(count))
    );
  }

  /**
   * Takes a link over and sends again what has not arrived. A link that stands is cut: the peer has left it.
   * To be called only if {@link canResume} says so, and when everything that comes before the session's frames is sent.
   * @returns who is to hear of the link from now on
   */
  takeOver(link: Transport<S>, count: number): TransportReceiver<FrameOf<S>> {
    const former = this.#link;
    this.#fruitlessLinks = this.#kept.wouldForget(count) || this.#kept.isEmpty ? 0 : this.#fruitlessLinks + 1;
    this.#kept.forget(count);
    this.#link = link;
    this.#isConfirmed = false;
    this.#untold = 0;
    this.#untoldBytes = 0;
    former?.terminate('the peer has come back over another connection');
    if (this.#isPaused) link.pause();
    this.#kept.forEach((frame) => {
      link.send(frame);
    });
    this.#receiver?.drained();
    return this.linkReceiver();
  }

  /** Who is to hear of the present link. */
  linkReceiver(): TransportReceiver<FrameOf<S>> {
    const link = this.#link;
    // A former link may have things to say for a while; nobody wants to know.
    const ifPresent = (act: () => void): void => {
      if (this.#link === link) act();
    };
    return {
      receive: (frame) => {
        if (this.#link === link) this.#receive(frame);
      },
      violated: (sentence) => {
        ifPresent(() => this.#receiver?.violated(sentence));
      },
      drained: () => {
        ifPresent(() => this.#receiver?.drained());
      },
      closed: (how) => {
        ifPresent(() => {
          this.#linkClosed(how);
        });
      },
    };
  }

  #receive(frame: FrameOf<S>): void {
    if (!this.#isConfirmed) {
      this.#isConfirmed = true;
      this.#keeper.linkConfirmed();
    }
    const count = readFrameCount(this.serializer.format, frame);
    if (count >= 0) {
      this.#acknowledged(count);
      return;
    }
    this.#received += 1;
    this.#untold += 1;
    this.#untoldBytes += frame.length;
    this.#receiver?.receive(frame);
    if (this.#untold >= ACKNOWLEDGED_FRAMES || this.#untoldBytes >= ACKNOWLEDGED_BYTES) this.acknowledge();
  }

  #acknowledged(count: number): void {
    if (this.#isSealed) return;
    if (count <= this.#kept.sent) this.#kept.forget(count);
    else this.#receiver?.violated(`${count} frames are said to have arrived, ${this.#kept.sent} were sent`);
  }

  #linkClosed(how: TransportClosed): void {
    this.#link = undefined;
    this.#sentBefore = this.#kept.sent;
    if (!this.#isSealed && !how.wasClean && this.#keeper.linkLost(how)) return;
    this.#finish(how, (end) => this.#receiver?.closed(end));
  }

  #finish(how: TransportClosed, tell: (how: TransportClosed) => void): void {
    this.#hasEnded = true;
    this.#isSealed = true;
    this.#kept.clear();
    tell(how);
  }
}
