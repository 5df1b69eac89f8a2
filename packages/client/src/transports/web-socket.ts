/**
 * WebSocket with what the host brings: browsers, workers, and every other place with a native `WebSocket`.
 * Owns the translation between WebSocket and transport; imports nothing of Node, knows no messages.
 */
import type { CloseCause, ListCodec, TransportClosed, TransportReceiver } from '@wamp/protocol';
import type { ClientTransport } from '../client-session.js';
import { ConnectionError } from '../wamp-error.js';
import type { OpenOptions } from './open-options.js';
import { chosenSerializer, fittingReason, subprotocolsOf, wrongFrame } from './subprotocol.js';

/** A native WebSocket says nothing when its buffer drains, so it is asked, this often. */
const DRAIN_POLL_MS = 20;

/** Buffered bytes at which a drain is worth waiting for. */
const DRAIN_BYTES = 64 * 1024;

/** Private close codes, because applications may not send 1001–2999 through a native WebSocket. */
const CLOSE_CODES: Readonly<Record<CloseCause, number>> = {
  normal: 1000,
  protocol_violation: 3002,
  too_big: 3009,
  going_away: 3001,
  policy: 3008,
};

/**
 * Opens a WebSocket connection.
 * @throws ConnectionError (a native WebSocket does not say why it failed); the signal's reason
 */
export function openWebSocket(url: string, options: OpenOptions): Promise<ClientTransport> {
  const { serializers, signal } = options;
  return new Promise((resolve, reject) => {
    const webSocket = new WebSocket(url, subprotocolsOf(serializers));
    webSocket.binaryType = 'arraybuffer';
    const onAbort = (): void => {
      webSocket.onopen = webSocket.onclose = null;
      webSocket.close();
      const reason = signal.reason as Error;
      reject(reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    webSocket.onclose = (event): void => {
      signal.removeEventListener('abort', onAbort);
      const told = event.reason === '' ? '' : `: ${event.reason}`;
      reject(new ConnectionError(`${url} cannot be reached: closed with ${event.code}${told}`));
    };
    webSocket.onopen = (): void => {
      signal.removeEventListener('abort', onAbort);
      webSocket.onopen = webSocket.onclose = null;
      try {
        const serializer = chosenSerializer(serializers, webSocket.protocol);
        const transport = new NativeWebSocketTransport(webSocket, serializer, url);
        resolve(serializer.wrap?.(transport) ?? transport);
      } catch (error) {
        webSocket.close();
        const failure = error as Error;
        reject(failure);
      }
    };
    // An error is always followed by a close event, which says as much.
    webSocket.onerror = (): void => undefined;
  });
}

type Receiver = TransportReceiver<Uint8Array | string>;

class NativeWebSocketTransport implements ClientTransport {
  readonly serializer: ListCodec;
  readonly info: Readonly<Record<string, unknown>>;
  readonly maxSendBytes = Infinity;
  readonly #webSocket: WebSocket;
  #receiver: Receiver | undefined = undefined;
  /** frames that came before anybody listened; there is no way to pause */
  #early: (string | ArrayBuffer)[] = [];
  /** true once what came early is delivered and frames go straight to the receiver */
  #flowing = false;
  #closing = false;
  #ended: TransportClosed | undefined = undefined;
  #reason = '';
  #drainTimer: ReturnType<typeof setTimeout> | undefined = undefined;

  constructor(webSocket: WebSocket, serializer: ListCodec, url: string) {
    this.serializer = serializer;
    this.info = { type: 'websocket', url, subprotocol: serializer.subprotocol };
    this.#webSocket = webSocket;
    webSocket.onmessage = (event: MessageEvent<string | ArrayBuffer>): void => this.#onMessage(event.data);
    webSocket.onclose = (event): void => this.#onClose(event);
  }

  get bufferedBytes(): number {
    return this.#webSocket.bufferedAmount;
  }

  open(receiver: Receiver): void {
    if (this.#receiver !== undefined) throw new Error('the transport is open already');
    this.#receiver = receiver;
    queueMicrotask(() => {
      this.#flowing = true;
      const early = this.#early;
      this.#early = [];
      for (const data of early) this.#deliver(receiver, data);
      if (this.#ended !== undefined) receiver.closed(this.#ended);
    });
  }

  send(frame: Uint8Array | string): void {
    if (this.#closing) return;
    const isText = typeof frame === 'string' || this.serializer.isBinary;
    this.#webSocket.send(isText ? frame : new TextDecoder().decode(frame));
    if (this.#drainTimer === undefined && this.bufferedBytes >= DRAIN_BYTES) this.#watchDrain();
  }

  pause(): void {
    // a native WebSocket cannot be paused
  }

  resume(): void {
    // see pause
  }

  close(cause: CloseCause, reason = ''): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#reason = reason;
    this.#webSocket.close(CLOSE_CODES[cause], fittingReason(reason));
  }

  terminate(reason: string): void {
    if (this.#ended !== undefined) return;
    this.#closing = true;
    this.#reason = reason;
    this.#webSocket.onclose = null;
    this.#webSocket.close();
    this.#end({ wasClean: false, reason });
  }

  #onMessage(data: string | ArrayBuffer): void {
    if (this.#closing) return;
    if (this.#receiver !== undefined && this.#flowing) this.#deliver(this.#receiver, data);
    else this.#early.push(data);
  }

  #deliver(receiver: Receiver, data: string | ArrayBuffer): void {
    if (this.#closing && this.#ended === undefined) return;
    const isText = typeof data === 'string';
    if (isText === this.serializer.isBinary) receiver.violated(wrongFrame(this.serializer));
    else receiver.receive(isText ? data : new Uint8Array(data));
  }

  #watchDrain(): void {
    this.#drainTimer = setTimeout(() => {
      this.#drainTimer = undefined;
      if (this.#ended !== undefined) return;
      if (this.bufferedBytes >= DRAIN_BYTES) this.#watchDrain();
      else this.#receiver?.drained();
    }, DRAIN_POLL_MS);
  }

  #onClose(event: CloseEvent): void {
    const told = event.reason === '' ? '' : `: ${event.reason}`;
    const how =
      event.code === 1006 ? 'the connection was lost' : `closed by the peer with ${event.code}${told}`;
    this.#end({ wasClean: event.code !== 1006, reason: this.#reason === '' ? how : this.#reason });
  }

  #end(how: TransportClosed): void {
    if (this.#ended !== undefined) return;
    this.#ended = how;
    this.#closing = true;
    clearTimeout(this.#drainTimer);
    if (this.#flowing) this.#receiver?.closed(how);
  }
}
