/**
 * One peer behind HTTP long-poll as a `Transport`. Owns the messages that wait for the peer's next request, the one request
 * that waits for messages, and the order of what the peer sends; knows HTTP only as bodies and statuses.
 * Source: advanced profile, "HTTP Longpoll Transport".
 */
import {
  BatchReader,
  joinBatch,
  type CloseCause,
  type Serializer,
  type Transport,
  type TransportClosed,
  type TransportReceiver,
} from '@wamp/protocol';
import { MAX_BATCH_BYTES, MAX_WAITING_MESSAGES } from './limits.js';

/** What becomes of a request. */
export interface Reply {
  readonly status: number;
  readonly body?: Uint8Array | string;
}

/** A request that waits for messages. */
export interface WaitingRequest {
  /** Called once. `delivered` is to be called when the network has the reply, or will never have it. */
  answer(reply: Reply, delivered: (isDelivered: boolean) => void): void;
}

export interface LongPollParts {
  readonly serializer: Serializer;
  readonly isBatched: boolean;
  readonly info: Readonly<Record<string, unknown>>;
  /** how long a request waits for messages before it is answered with none */
  readonly holdMs: number;
  /** how long the peer may take between two such requests */
  readonly idleMs: number;
  /** how long the peer may take to fetch the rest after this side has closed */
  readonly closeTimeoutMs: number;
  /** after the end */
  readonly onEnd: () => void;
}

const NOTHING: Reply = { status: 204 };
const GONE: Reply = { status: 404, body: 'This transport is closed.\n' };

export class LongPollTransport implements Transport {
  readonly serializer: Serializer;
  readonly info: Readonly<Record<string, unknown>>;
  readonly maxSendBytes = Infinity;
  readonly #parts: LongPollParts;
  #receiver: TransportReceiver | undefined = undefined;
  readonly #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  /** bytes of the reply that is under way */
  #leavingBytes = 0;
  #request: WaitingRequest | undefined = undefined;
  /** of the request that waits, or of the time until there is one */
  #timer: NodeJS.Timeout;
  #closing: TransportClosed | undefined = undefined;
  #ended: TransportClosed | undefined = undefined;
  #isAnswerDue = false;
  #paused = false;
  #resumed: (() => void)[] = [];
  /** the end of what was sent so far */
  #sends: Promise<void> = Promise.resolve();

  constructor(parts: LongPollParts) {
    this.serializer = parts.serializer;
    this.info = parts.info;
    this.#parts = parts;
    this.#timer = this.#whenIdle();
  }

  get bufferedBytes(): number {
    return this.#waitingBytes + this.#leavingBytes;
  }

  open(receiver: TransportReceiver): void {
    if (this.#receiver !== undefined) throw new Error('the transport is open already');
    this.#receiver = receiver;
    const ended = this.#ended;
    if (ended !== undefined) queueMicrotask(() => receiver.closed(ended));
    else this.#wake();
  }

  send(frame: Uint8Array): void {
    if (this.#closing !== undefined || this.#ended !== undefined) return;
    if (this.#waiting.length === MAX_WAITING_MESSAGES) {
      this.terminate(`the peer does not fetch its messages, ${MAX_WAITING_MESSAGES} wait`);
      return;
    }
    this.#waiting.push(frame);
    this.#waitingBytes += frame.length;
    this.#answerSoon();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    if (this.#receiver !== undefined) this.#wake();
  }

  /** What waits can still be fetched. */
  close(cause: CloseCause, reason = ''): void {
    if (this.#closing !== undefined || this.#ended !== undefined) return;
    this.#closing = { wasClean: true, reason: reason === '' ? `closed by this side (${cause})` : reason };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => this.#end({ wasClean: false, reason: this.#closing!.reason }),
      this.#parts.closeTimeoutMs,
    );
    this.#wake();
    this.#answerSoon();
  }

  terminate(reason: string): void {
    this.#end({ wasClean: false, reason });
  }

  /** The request for messages is its own sign of life. */
  takeSignOfLife(): boolean {
    return true;
  }

  ping(): void {
    // HTTP has nothing to ask with: the peer's next request is awaited instead.
  }

  // ---- what the peer asks for ------------------------------------------------------------------------------------

  /** Spec: held until there is a message. @returns an answer at once if it is none of those that may wait */
  receiveRequest(request: WaitingRequest): Reply | undefined {
    if (this.#ended !== undefined) return GONE;
    if (this.#request !== undefined || this.#leavingBytes > 0) {
      return { status: 400, body: 'Another request is waiting for messages already.\n' };
    }
    this.#request = request;
    if (this.#closing === undefined) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#answer(NOTHING), this.#parts.holdMs);
    }
    this.#answerSoon();
    return undefined;
  }

  /** The request that waited is gone; nothing was lost. */
  requestLost(request: WaitingRequest): void {
    if (this.#request !== request) return;
    this.#request = undefined;
    if (this.#closing !== undefined) return;
    clearTimeout(this.#timer);
    this.#timer = this.#whenIdle();
  }

  /**
   * One message, or a batch, of the peer; bodies are read and delivered in the order of the calls.
   * @param read gives the body; undefined if it did not come
   */
  sendRequest(read: () => Promise<Uint8Array | undefined>): Promise<Reply> {
    const reply = this.#sends.then(async (): Promise<Reply> => {
      if (this.#ended !== undefined) return GONE;
      const body = await read();
      if (body === undefined) return { status: 400, body: 'The body is too long, or did not arrive.\n' };
      return await this.#deliver(body);
    });
    this.#sends = reply.then(
      () => undefined,
      () => undefined,
    );
    return reply;
  }

  /** The peer closes. */
  closeRequest(): void {
    // Whether after a GOODBYE or instead of one is known to the session only.
    this.#end({ wasClean: false, reason: 'closed by the peer' });
  }

  // ---- inside ----------------------------------------------------------------------------------------------------

  async #deliver(body: Uint8Array): Promise<Reply> {
    if (body.length === 0) return { status: 400, body: 'The body is empty.\n' };
    if (!this.#parts.isBatched) return (await this.#deliverMessage(body)) ? { status: 202 } : GONE;
    const batch = new BatchReader(body, this.serializer.isBinary);
    while (batch.hasMore) {
      const message = batch.next();
      if (message !== undefined && !(await this.#deliverMessage(message))) return GONE;
    }
    const { fault } = batch;
    if (fault === undefined) return { status: 202 };
    this.#receiver?.violated(fault);
    return { status: 400, body: `${fault}\n` };
  }

  /** @returns false if the transport has ended meanwhile */
  async #deliverMessage(message: Uint8Array): Promise<boolean> {
    while ((this.#paused || this.#receiver === undefined) && this.#isOpen) {
      await new Promise<void>((resolve) => this.#resumed.push(resolve));
    }
    if (!this.#isOpen) return this.#ended === undefined;
    this.#receiver?.receive(message);
    return true;
  }

  get #isOpen(): boolean {
    return this.#ended === undefined && this.#closing === undefined;
  }

  #wake(): void {
    for (const resolve of this.#resumed.splice(0)) resolve();
  }

  #whenIdle(): NodeJS.Timeout {
    const { idleMs } = this.#parts;
    return setTimeout(() => this.terminate(`the peer has not asked for messages for ${idleMs} ms`), idleMs);
  }

  /** At the end of the turn, so that a batch has all of its messages. */
  #answerSoon(): void {
    if (this.#isAnswerDue) return;
    this.#isAnswerDue = true;
    setImmediate(() => {
      this.#isAnswerDue = false;
      if (this.#ended !== undefined || this.#request === undefined) {
        this.#endIfEmpty();
        return;
      }
      if (this.#waiting.length > 0) this.#answer(this.#nextReply());
      else if (this.#closing !== undefined) this.#end(this.#closing);
    });
  }

  /** After a close nobody has to come back for nothing. */
  #endIfEmpty(): void {
    if (this.#closing !== undefined && this.bufferedBytes === 0 && this.#waiting.length === 0)
      this.#end(this.#closing);
  }

  #nextReply(): Reply {
    const messages = this.#waiting.splice(0, this.#parts.isBatched ? this.#fittingCount() : 1);
    for (const { length } of messages) this.#waitingBytes -= length;
    const { isBinary } = this.serializer;
    const body = this.#parts.isBatched
      ? joinBatch(messages, isBinary, (bytes) => Buffer.allocUnsafe(bytes))
      : messages[0]!;
    return { status: 200, body };
  }

  /** How many of the messages that wait make a body that peers take; one at least. */
  #fittingCount(): number {
    let bytes = 0;
    let count = 0;
    while (count < this.#waiting.length) {
      bytes += this.#waiting[count]!.length;
      if (count > 0 && bytes > MAX_BATCH_BYTES) break;
      count += 1;
    }
    return count;
  }

  #answer(reply: Reply): void {
    const request = this.#request;
    if (request === undefined) return;
    this.#request = undefined;
    this.#leavingBytes = reply.body === undefined ? 0 : reply.body.length;
    if (this.#closing === undefined) {
      clearTimeout(this.#timer);
      this.#timer = this.#whenIdle();
    }
    request.answer(reply, (isDelivered) => this.#answered(reply, isDelivered));
  }

  #answered(reply: Reply, isDelivered: boolean): void {
    this.#leavingBytes = 0;
    if (this.#ended !== undefined) return;
    if (!isDelivered && reply.status === 200) {
      // Whether the peer has the messages is not known; a session in which some may be missing must not go on.
      this.terminate('the connection was lost while messages were on their way');
      return;
    }
    if (this.#waiting.length === 0) this.#receiver?.drained();
    this.#endIfEmpty();
  }

  #end(how: TransportClosed): void {
    if (this.#ended !== undefined) return;
    this.#ended = how;
    clearTimeout(this.#timer);
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
    this.#request?.answer(GONE, () => undefined);
    this.#request = undefined;
    this.#wake();
    this.#parts.onEnd();
    this.#receiver?.closed(how);
  }
}
