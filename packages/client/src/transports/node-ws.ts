/**
 * WebSocket on Node, with the `ws` package. The only file that may use Node's own modules.
 * Owns the translation between WebSocket and transport, and one write per turn; knows no messages.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import type { CloseCause, ListCodec, TransportClosed, TransportReceiver } from '@wamp/protocol';
import { WebSocket, type ClientOptions, type RawData } from 'ws';
import type { ClientTransport } from '../client-session.js';
import { MAX_FRAME_BYTES } from '../limits.js';
import { json } from '../serializers/json.js';
import { ConnectionError } from '../wamp-error.js';
import { nodeTransportInfo } from './node-transport-info.js';
import type { Offer, OpenOptions } from './open-options.js';
import { chosenSerializer, CLOSE_CODES, fittingReason, subprotocolsOf, wrongFrame } from './subprotocol.js';

const TEXT_FRAME = Object.freeze({ binary: false, compress: false });
const BINARY_FRAME = Object.freeze({ binary: true, compress: false });

/** Bytes after which a turn's writes leave before the turn ends. */
const FLUSH_BYTES = 64 * 1024;

/** Bounds on what is read, and shown, of the answer of a server that does not take the upgrade. */
const MAX_TOLD_BYTES = 2048;
const MAX_TOLD = 300;
const TOLD_WITHIN_MS = 1000;

/** What ws reports when no close frame came. */
const NO_CLOSE_FRAME = 1006;

/** How to reach a WebSocket server from Node, where an address alone does not say it. */
export interface WebSocketOptions {
  readonly url: string | URL;
  /** Node's options for `wss://`. */
  readonly tls?: Pick<
    SecureContextOptions,
    'ca' | 'cert' | 'key' | 'passphrase' | 'pfx' | 'minVersion' | 'maxVersion'
  > & { readonly servername?: string; readonly rejectUnauthorized?: boolean };
  /** Headers of the opening request, for example `Origin`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Offered to the server, the preferred one first. Default `[json()]`. */
  readonly serializers?: readonly Offer[];
  /** Longest message accepted, in bytes. Default 16 MiB. */
  readonly maxFrameBytes?: number;
}

/** A target for `connect`: WebSocket with options that only Node has. */
export function webSocket(options: WebSocketOptions): (signal: AbortSignal) => Promise<ClientTransport> {
  const { url, tls = {}, headers = {}, serializers = [json()], maxFrameBytes = MAX_FRAME_BYTES } = options;
  return (signal) => openWebSocket(String(url), { serializers, signal, maxFrameBytes }, { ...tls, headers });
}

/**
 * Opens a WebSocket connection.
 * @throws ConnectionError with ws's own error as `cause`; the signal's reason
 */
export function openWebSocket(
  url: string,
  options: OpenOptions,
  nodeOptions: ClientOptions = {},
): Promise<ClientTransport> {
  const { serializers, signal } = options;
  return new Promise((resolve, reject) => {
    const webSocket = new WebSocket(url, subprotocolsOf(serializers), {
      ...nodeOptions,
      perMessageDeflate: false,
      maxPayload: options.maxFrameBytes,
    });
    let socket: Socket | undefined;
    const onAbort = (): void => {
      webSocket.terminate();
      const reason = signal.reason as Error;
      reject(reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    webSocket.once('upgrade', (response) => (socket = response.socket));
    webSocket.once('error', (cause) => {
      signal.removeEventListener('abort', onAbort);
      reject(new ConnectionError(`${url} cannot be reached: ${sentence(cause)}`, { cause }));
    });
    webSocket.once('unexpected-response', (request, response) => {
      void firstLineOf(response).then((line) => {
        signal.removeEventListener('abort', onAbort);
        request.destroy();
        const told = `the server answered with HTTP ${response.statusCode}${line === '' ? '' : `: ${line}`}`;
        reject(new ConnectionError(`${url} cannot be reached: ${told}`));
        webSocket.terminate();
      });
    });
    webSocket.once('open', () => {
      signal.removeEventListener('abort', onAbort);
      try {
        const serializer = chosenSerializer(serializers, webSocket.protocol);
        const transport = new NodeWebSocketTransport(webSocket, socket, serializer, url);
        resolve(serializer.wrap?.(transport) ?? transport);
      } catch (error) {
        webSocket.terminate();
        const failure = error as Error;
        reject(failure);
      }
    });
  });
}

/**
 * What a server says that does not take the upgrade; routers tell the right address there. Bounded in length and time, and
 * without control characters, because it ends up in terminals and logs. Never rejects.
 */
function firstLineOf(response: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const done = (): void => {
      clearTimeout(timer);
      response.destroy();
      const text = Buffer.concat(chunks).subarray(0, MAX_TOLD_BYTES).toString('utf8').trimStart();
      const [line = ''] = text.split(/[\r\n]/, 1);
      const readable = line.replace(/\p{C}/gu, '').trim();
      resolve(readable.length > MAX_TOLD ? `${readable.slice(0, MAX_TOLD)}…` : readable);
    };
    const timer = setTimeout(done, TOLD_WITHIN_MS);
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= MAX_TOLD_BYTES) done();
    });
    response.once('end', done).once('close', done).once('error', done);
  });
}

/** Node reports a refused connection to a name with several addresses as an AggregateError without a message. */
function sentence(error: Error & { code?: unknown }): string {
  if (error.message !== '') return error.message;
  return typeof error.code === 'string' ? error.code : 'connection failed';
}

class NodeWebSocketTransport implements ClientTransport {
  readonly serializer: ListCodec;
  readonly info: Readonly<Record<string, unknown>>;
  readonly maxSendBytes = Infinity;
  readonly #webSocket: WebSocket;
  readonly #socket: Socket | undefined;
  readonly #isBinary: boolean;
  #receiver: TransportReceiver<Uint8Array | string> | undefined = undefined;
  #heldBytes = 0;
  #corked = false;
  #closing = false;
  #paused = false;
  #ended: TransportClosed | undefined = undefined;
  /** why this side or ws ended the connection; empty if the peer did */
  #reason = '';

  constructor(webSocket: WebSocket, socket: Socket | undefined, serializer: ListCodec, url: string) {
    this.serializer = serializer;
    this.info = nodeTransportInfo('websocket', url, serializer, socket);
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#isBinary = serializer.isBinary;
    // Nothing is read before somebody listens.
    webSocket.pause();
    webSocket.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    webSocket.on('error', (error) => this.#onError(error));
    webSocket.on('close', (code, reason) => this.#onClose(code, reason));
    socket?.on('drain', () => this.#receiver?.drained());
  }

  get bufferedBytes(): number {
    return this.#webSocket.bufferedAmount;
  }

  open(receiver: TransportReceiver<Uint8Array | string>): void {
    if (this.#receiver !== undefined) throw new Error('the transport is open already');
    this.#receiver = receiver;
    const ended = this.#ended;
    if (ended !== undefined) queueMicrotask(() => receiver.closed(ended));
    else if (!this.#paused) this.#webSocket.resume();
  }

  send(frame: Uint8Array | string): void {
    if (this.#closing) return;
    if (!this.#corked) {
      this.#corked = true;
      this.#heldBytes = 0;
      this.#socket?.cork();
      setImmediate(this.#flush);
    }
    this.#webSocket.send(frame, this.#isBinary ? BINARY_FRAME : TEXT_FRAME);
    this.#heldBytes += frame.length;
    if (this.#heldBytes < FLUSH_BYTES) return;
    this.#heldBytes = 0;
    this.#socket?.uncork();
    this.#socket?.cork();
  }

  pause(): void {
    this.#paused = true;
    if (!this.#closing) this.#webSocket.pause();
  }

  resume(): void {
    this.#paused = false;
    if (!this.#closing && this.#receiver !== undefined) this.#webSocket.resume();
  }

  close(cause: CloseCause, reason = ''): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#reason = reason;
    this.#webSocket.close(CLOSE_CODES[cause], fittingReason(reason));
    // The peer's close frame stands behind what it sent before: all of it is read, and dropped.
    this.#webSocket.resume();
  }

  terminate(reason: string): void {
    if (this.#ended !== undefined) return;
    this.#closing = true;
    this.#reason = reason;
    this.#webSocket.terminate();
  }

  readonly #flush = (): void => {
    this.#corked = false;
    this.#socket?.uncork();
  };

  #onMessage(data: RawData, isBinary: boolean): void {
    if (this.#closing || this.#receiver === undefined) return;
    if (isBinary === this.#isBinary) this.#receiver.receive(data as Buffer);
    else this.#receiver.violated(wrongFrame(this.serializer));
  }

  #onError(error: Error): void {
    if (this.#reason === '') this.#reason = error.message;
    this.#end({ wasClean: false, reason: this.#reason });
  }

  #onClose(code: number, reason: Buffer): void {
    const told = reason.length === 0 ? '' : `: ${reason.toString('utf8')}`;
    const how =
      code === NO_CLOSE_FRAME ? 'the connection was lost' : `closed by the peer with ${code}${told}`;
    this.#end({ wasClean: code !== NO_CLOSE_FRAME, reason: this.#reason === '' ? how : this.#reason });
  }

  #end(how: TransportClosed): void {
    if (this.#ended !== undefined) return;
    this.#ended = how;
    this.#closing = true;
    this.#receiver?.closed(how);
  }
}
