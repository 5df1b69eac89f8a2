/**
 * HTTP long-poll, for networks that let no WebSocket through: with nothing but `fetch`, in Node and in browsers.
 * Owns the request that waits for messages, and the queue of what is to be sent, one request at a time; knows no messages.
 * Source: advanced profile, "HTTP Longpoll Transport".
 */
import {
  BatchReader,
  joinBatch,
  type CloseCause,
  type ListCodec,
  type TransportClosed,
  type TransportReceiver,
} from '@wamp/protocol';
import type { ClientTransport } from '../client-session.js';
import { MAX_FRAME_BYTES } from '../limits.js';
import { json } from '../serializers/json.js';
import { ConnectionError, messageOf } from '../wamp-error.js';

export interface LongPollOptions {
  /** What stands before `/open`, for example `https://example.com/lp`. */
  readonly url: string | URL;
  /** The preferred one first. Default `[json()]`. */
  readonly serializers?: readonly ListCodec[];
  /** Headers of every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: the host's. */
  readonly fetch?: typeof fetch;
  /** Longest body accepted, in bytes. Default 16 MiB. */
  readonly maxFrameBytes?: number;
}

type Receiver = TransportReceiver<Uint8Array | string>;

/** Most that goes into one request; routers bound a request as they bound a message. */
const MAX_BATCH_BYTES = 1024 * 1024;

/** A target for `connect`: HTTP long-poll. */
export function longPoll(options: LongPollOptions): (signal: AbortSignal) => Promise<ClientTransport> {
  return (signal) => openLongPoll(options, signal);
}

/** @throws ConnectionError; the signal's reason */
async function openLongPoll(options: LongPollOptions, signal: AbortSignal): Promise<ClientTransport> {
  const { serializers = [json()] } = options;
  const http = new Http(options);
  const protocols = serializers.flatMap(({ subprotocol }) => [`${subprotocol}.batched`, subprotocol]);
  let answer: { status: number; body: Uint8Array };
  try {
    const body = new TextEncoder().encode(JSON.stringify({ protocols }));
    answer = await http.post('open', signal, body, 'application/json');
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    throw new ConnectionError(`${http.base} cannot be reached: ${messageOf(cause)}`, { cause });
  }
  const text = new TextDecoder().decode(answer.body);
  if (answer.status !== 200) {
    const [line = ''] = text.trimStart().split(/[\r\n]/, 1);
    const told = line === '' ? '' : `: ${line.slice(0, 300)}`;
    throw new ConnectionError(
      `${http.base} cannot be reached: the server answered with HTTP ${answer.status}${told}`,
    );
  }
  const { protocol, transport } = openedFrom(text, http.base);
  const name = protocol.replace(/\.batched$/, '');
  const codec = serializers.find(({ subprotocol }) => subprotocol === name);
  if (codec === undefined || !protocols.includes(protocol)) {
    throw new ConnectionError(
      `the server chose the protocol "${protocol}", offered were ${protocols.join(', ')}`,
    );
  }
  return new LongPollTransport(http, transport, codec, protocol !== name);
}

function openedFrom(text: string, base: string): { protocol: string; transport: string } {
  try {
    const { protocol, transport } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (typeof protocol === 'string' && typeof transport === 'string' && /^[\w.~-]+$/.test(transport)) {
      return { protocol, transport };
    }
  } catch {
    // no JSON: the same as JSON of another shape
  }
  throw new ConnectionError(`${base} does not speak WAMP over long-poll`);
}

/** Requests of one router, with bodies of bounded length. */
class Http {
  readonly base: string;
  readonly #fetch: typeof fetch;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #maxBytes: number;

  constructor({
    url,
    headers = {},
    fetch: fetching = fetch,
    maxFrameBytes = MAX_FRAME_BYTES,
  }: LongPollOptions) {
    this.base = String(url).replace(/\/+$/, '');
    // A browser's fetch wants to be called on its own object.
    this.#fetch = (input, init) => fetching(input, init);
    this.#headers = headers;
    this.#maxBytes = maxFrameBytes;
  }

  async post(
    path: string,
    signal: AbortSignal,
    body?: Uint8Array,
    type = 'application/octet-stream',
  ): Promise<{ status: number; body: Uint8Array }> {
    const response = await this.#fetch(`${this.base}/${path}`, {
      method: 'POST',
      cache: 'no-store',
      redirect: 'error',
      signal,
      headers: body === undefined ? this.#headers : { ...this.#headers, 'Content-Type': type },
      body: (body as Uint8Array<ArrayBuffer> | undefined) ?? null,
    });
    return { status: response.status, body: await this.#read(response) };
  }

  async #read({ body }: Response): Promise<Uint8Array> {
    if (body === null) return new Uint8Array(0);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    const reader = body.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      bytes += next.value.length;
      if (bytes > this.#maxBytes) {
        void reader.cancel();
        throw new Error(`the answer is longer than ${this.#maxBytes} bytes`);
      }
      chunks.push(next.value);
    }
    if (chunks.length === 1) return chunks[0]!;
    const all = new Uint8Array(bytes);
    let at = 0;
    for (const chunk of chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }
}

const CONTENT_TYPES = {
  json: 'application/json',
  msgpack: 'application/x-msgpack',
  cbor: 'application/cbor',
};

class LongPollTransport implements ClientTransport {
  readonly serializer: ListCodec;
  readonly info: Readonly<Record<string, unknown>>;
  readonly maxSendBytes = Infinity;
  readonly #http: Http;
  readonly #path: string;
  readonly #isBatched: boolean;
  readonly #requests = new AbortController();
  readonly #encoder = new TextEncoder();
  #receiver: Receiver | undefined = undefined;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #sending: Promise<void> | undefined = undefined;
  #paused = false;
  #resumed: (() => void) | undefined = undefined;
  #closing = false;
  #ended: TransportClosed | undefined = undefined;

  constructor(http: Http, id: string, codec: ListCodec, isBatched: boolean) {
    this.serializer = codec;
    this.info = { type: 'longpoll', url: http.base, subprotocol: codec.subprotocol };
    this.#http = http;
    this.#path = id;
    this.#isBatched = isBatched;
  }

  /** What the router has not confirmed yet. */
  get bufferedBytes(): number {
    return this.#queuedBytes;
  }

  open(receiver: Receiver): void {
    if (this.#receiver !== undefined) throw new Error('the transport is open already');
    this.#receiver = receiver;
    const ended = this.#ended;
    if (ended !== undefined) queueMicrotask(() => receiver.closed(ended));
    else void this.#receiveAll(receiver);
  }

  send(frame: Uint8Array | string): void {
    if (this.#closing) return;
    const bytes = typeof frame === 'string' ? this.#encoder.encode(frame) : frame;
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    this.#sending ??= this.#sendAll();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#resumed?.();
  }

  close(_cause: CloseCause, reason = ''): void {
    if (this.#closing) return;
    this.#closing = true;
    this.resume();
    void this.#closeAfterSending(reason);
  }

  terminate(reason: string): void {
    if (this.#ended !== undefined) return;
    this.#end({ wasClean: false, reason });
    // So that the router need not wait for what does not come; nobody waits for the answer.
    void this.#http.post(`${this.#path}/close`, new AbortController().signal).catch(() => undefined);
  }

  /** One request after the other, each of which waits at the router until there is a message. */
  async #receiveAll(receiver: Receiver): Promise<void> {
    while (this.#ended === undefined) {
      try {
        const { status, body } = await this.#http.post(`${this.#path}/receive`, this.#requests.signal);
        if (status === 200) await this.#deliver(receiver, body);
        else if (status !== 204) {
          this.#end({ wasClean: status === 404, reason: `closed by the router (HTTP ${status})` });
        }
      } catch (error) {
        this.#end({ wasClean: false, reason: `the router cannot be reached: ${messageOf(error)}` });
      }
    }
  }

  async #deliver(receiver: Receiver, body: Uint8Array): Promise<void> {
    if (!this.#isBatched) {
      await this.#deliverMessage(receiver, body);
      return;
    }
    const batch = new BatchReader(body, this.serializer.isBinary);
    while (batch.hasMore) {
      const message = batch.next();
      if (message !== undefined) await this.#deliverMessage(receiver, message);
    }
    if (batch.fault !== undefined && !this.#closing) receiver.violated(batch.fault);
  }

  async #deliverMessage(receiver: Receiver, message: Uint8Array): Promise<void> {
    while (this.#paused) await new Promise<void>((resolve) => (this.#resumed = resolve));
    if (!this.#closing) receiver.receive(message);
  }

  async #sendAll(): Promise<void> {
    // What is sent in the same turn belongs to the same request.
    await Promise.resolve();
    while (this.#queue.length > 0 && this.#ended === undefined) {
      const messages = this.#takeNext();
      try {
        await this.#post(messages);
      } catch (error) {
        this.#end({ wasClean: false, reason: `the router cannot be reached: ${messageOf(error)}` });
      }
      for (const { length } of messages) this.#queuedBytes -= length;
    }
    this.#sending = undefined;
    if (this.#ended === undefined) this.#receiver?.drained();
  }

  /** All that waits, up to a length; one message where there are no batches. */
  #takeNext(): Uint8Array[] {
    let count = 1;
    let bytes = this.#queue[0]!.length;
    while (this.#isBatched && count < this.#queue.length) {
      bytes += this.#queue[count]!.length;
      if (bytes > MAX_BATCH_BYTES) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  async #post(messages: readonly Uint8Array[]): Promise<void> {
    const { isBinary, format } = this.serializer;
    const body = this.#isBatched
      ? joinBatch(messages, isBinary, (bytes) => new Uint8Array(bytes))
      : messages[0]!;
    const path = `${this.#path}/send`;
    const { status } = await this.#http.post(path, this.#requests.signal, body, CONTENT_TYPES[format]);
    if (status >= 200 && status < 300) return;
    this.#end({ wasClean: status === 404, reason: `the router took no message (HTTP ${status})` });
  }

  async #closeAfterSending(reason: string): Promise<void> {
    await this.#sending;
    try {
      await this.#http.post(`${this.#path}/close`, this.#requests.signal);
    } catch {
      // The router finds out by itself.
    }
    this.#end({ wasClean: true, reason });
  }

  #end(how: TransportClosed): void {
    if (this.#ended !== undefined) return;
    this.#ended = how;
    this.#closing = true;
    this.resume();
    this.#queue = [];
    this.#requests.abort();
    this.#receiver?.closed(how);
  }
}
