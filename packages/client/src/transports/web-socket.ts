/**
 * WebSocket with what the host brings: browsers, workers, and every other place with a native `WebSocket`.
 * Owns the translation between WebSocket and transport; imports nothing of Node, knows no messages.
 */
import type { CloseCause, ListCodec, TransportReceiver } from '@wamp/protocol';
import { listen } from '../abortable.js';
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

/** What closed without a close frame. */
const NO_CLOSE_FRAME = 1006;

/**
 * Opens a WebSocket connection.
 * @throws ConnectionError (a native WebSocket does not say why it failed); the signal's reason
 */
export function openWebSocket(url: string, { serializers, signal }: OpenOptions): Promise<ClientTransport> {
  return new Promise((resolve, reject) => {
    const webSocket = new WebSocket(url, subprotocolsOf(serializers));
    webSocket.binaryType = 'arraybuffer';
    const unlisten = listen(signal, () => {
      webSocket.onopen = webSocket.onclose = null;
      webSocket.close();
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason is an error
      reject(signal.reason);
    });
    webSocket.onclose = (event): void => {
      unlisten();
      reject(new ConnectionError(`${url} cannot be reached: ${sentenceOf(event)}`));
    };
    webSocket.onopen = (): void => {
      unlisten();
      try {
        const serializer = chosenSerializer(serializers, webSocket.protocol);
        const transport = transportOver(webSocket, serializer, url);
        resolve(serializer.wrap?.(transport) ?? transport);
      } catch (error) {
        webSocket.close();
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- handed through as it came
        reject(error);
      }
    };
    // An error is always followed by a close event, which says as much.
    webSocket.onerror = (): void => undefined;
  });
}

function sentenceOf({ code, reason }: CloseEvent): string {
  if (code === NO_CLOSE_FRAME) return 'the connection was lost';
  return `closed by the peer with ${code}${reason && `: ${reason}`}`;
}

type Receiver = TransportReceiver<Uint8Array | string>;

function transportOver(webSocket: WebSocket, serializer: ListCodec, url: string): ClientTransport {
  let receiver: Receiver | undefined;
  /** why this side ended the connection */
  let reason: string | undefined;
  const drain = drainWatch(webSocket, () => receiver?.drained());
  const end = (wasClean: boolean, said: string): void => {
    drain.stop();
    webSocket.onclose = null;
    // Also if nobody listens yet.
    const told = { wasClean, reason: reason || said };
    if (receiver === undefined) transport.open = (late) => queueMicrotask(() => late.closed(told));
    else receiver.closed(told);
  };
  const early: MessageEvent<string | ArrayBuffer>[] = [];
  webSocket.onmessage = (event: MessageEvent<string | ArrayBuffer>): void => void early.push(event);
  webSocket.onclose = (event): void => end(event.code !== NO_CLOSE_FRAME, sentenceOf(event));
  const transport: ClientTransport = {
    serializer,
    info: { type: 'websocket', url, subprotocol: serializer.subprotocol },
    maxSendBytes: Infinity,
    get bufferedBytes() {
      return webSocket.bufferedAmount;
    },
    open(opened) {
      if (receiver !== undefined) throw new Error('the transport is open already');
      receiver = opened;
      const deliver = ({ data }: MessageEvent<string | ArrayBuffer>): void => {
        if (reason !== undefined) return;
        const isText = typeof data === 'string';
        if (isText === serializer.isBinary) opened.violated(wrongFrame(serializer));
        else opened.receive(isText ? data : new Uint8Array(data));
      };
      // There is no way to pause, so something may have come before anybody listened.
      queueMicrotask(() => {
        early.forEach(deliver);
        webSocket.onmessage = deliver;
      });
    },
    send(frame) {
      if (reason !== undefined) return;
      const isReady = typeof frame === 'string' || serializer.isBinary;
      webSocket.send(isReady ? frame : new TextDecoder().decode(frame));
      drain.watch();
    },
    pause() {
      // a native WebSocket cannot be paused
    },
    resume() {
      // see pause
    },
    close(cause, why = '') {
      if (reason !== undefined) return;
      reason = why;
      webSocket.close(CLOSE_CODES[cause], fittingReason(why));
    },
    terminate(why) {
      if (webSocket.onclose === null) return;
      reason = why;
      webSocket.close();
      end(false, why);
    },
  };
  return transport;
}

/** Asks from time to time whether the buffer has drained, as long as there is something in it worth waiting for. */
function drainWatch(webSocket: WebSocket, drained: () => void): { watch: () => void; stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const watch = (): void => {
    if (timer !== undefined || webSocket.bufferedAmount < DRAIN_BYTES) return;
    timer = setTimeout(() => {
      timer = undefined;
      if (webSocket.bufferedAmount < DRAIN_BYTES) drained();
      else watch();
    }, DRAIN_POLL_MS);
  };
  return { watch, stop: () => clearTimeout(timer) };
}
