/** The npm package `autobahn`, unmodified, as an interop peer. */
import { createRequire } from 'node:module';
import type { Format } from '@wamp/protocol';
import { WebSocket } from 'ws';
import {
  Failure,
  reply,
  type EventDetailsSeen,
  type Lack,
  type MakePeer,
  type Reply,
} from './interop-peer.fixture.js';

// autobahn 26 takes the WebSocket of its platform: browsers and Node 22 have one, Node 20 is lent the one of ws.
// All connections of this process are remembered, so that a test can cut one.
const sockets = new Set<WebSocket>();
class RememberedWebSocket extends WebSocket {
  constructor(...args: ConstructorParameters<typeof WebSocket>) {
    super(...args);
    sockets.add(this);
    this.on('error', () => undefined);
    this.on('close', () => sockets.delete(this));
  }
}

/** The part of autobahn's interface that the tests use; the package brings no types. */
interface Autobahn {
  Connection: new (options: Record<string, unknown>) => Connection;
  Result: new (args: readonly unknown[], kwargs: object) => Reply;
  Error: new (error: string, args?: readonly unknown[], kwargs?: object) => AutobahnError;
  serializer: Record<'JSONSerializer' | 'MsgpackSerializer' | 'CBORSerializer', new () => unknown>;
  log: { warn: (...args: unknown[]) => void };
}
interface AutobahnError {
  readonly error: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}
interface Connection {
  onopen: (session: Session) => void;
  onclose: (reason: string, details: { reason: string | null }) => boolean;
  open(): void;
  close(): void;
}
/** autobahn uses when.js promises, which also tell progress. */
interface Promised<T> {
  then(done: (value: T) => void, failed: (error: unknown) => void, progress?: (value: unknown) => void): void;
  cancel(options?: object): void;
}
interface Session {
  readonly id: number;
  call(procedure: string, args: readonly unknown[], kwargs: object, options?: object): Promised<unknown>;
  register(
    procedure: string,
    endpoint: (
      args: readonly unknown[],
      kwargs: Record<string, unknown>,
      details: InvocationDetails,
    ) => unknown,
    options: object,
  ): Promised<{ unregister(): Promised<void> }>;
  subscribe(
    topic: string,
    handler: (args: readonly unknown[], kwargs: Record<string, unknown>, event: AutobahnEvent) => void,
    options: object,
  ): Promised<{ unsubscribe(): Promised<void> }>;
  publish(
    topic: string,
    args: readonly unknown[],
    kwargs: object,
    options: object,
  ): Promised<{ readonly id: number }> | undefined;
}
interface AutobahnEvent {
  readonly topic: string;
  readonly publication: number;
  readonly publisher?: number;
  readonly publisher_authid?: string;
  readonly publisher_authrole?: string;
  readonly retained: boolean;
}
interface InvocationDetails {
  readonly procedure: string;
  readonly progress: ((args: readonly unknown[], kwargs: object) => void) | null;
}

const autobahn = ((): Autobahn => {
  const globals = globalThis as { WebSocket?: unknown };
  globals.WebSocket = RememberedWebSocket;
  const loaded = createRequire(import.meta.url)('autobahn') as Autobahn;
  loaded.log.warn = () => undefined;
  return loaded;
})();

const SERIALIZERS = { json: 'JSONSerializer', msgpack: 'MsgpackSerializer', cbor: 'CBORSerializer' } as const;

const FORGETS = {
  'cancel without waiting': 'autobahn forgets a call that it cancels with another mode than kill',
};

const LACKS: Readonly<Record<Format, Partial<Record<Lack, string>>>> = {
  json: {
    ...FORGETS,
    bytes: 'autobahn does not implement the binary conversion of JSON strings',
  },
  msgpack: FORGETS,
  cbor: FORGETS,
};

const replyOf = (value: unknown): Reply => {
  if (value instanceof autobahn.Result) return reply(value.args, value.kwargs);
  return reply(value === undefined || value === null ? [] : [value]);
};

const detailsOf = (event: AutobahnEvent): EventDetailsSeen => ({
  publication: event.publication,
  publisher:
    event.publisher === undefined
      ? undefined
      : [event.publisher, event.publisher_authid, event.publisher_authrole],
  isRetained: event.retained,
});

function settled<T>(promised: Promised<T>, progress?: (value: unknown) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    promised.then(
      resolve,
      (error) => {
        const known = error instanceof autobahn.Error;
        reject(known ? new Failure(error.error, error.args, error.kwargs) : (error as Error));
      },
      progress,
    );
  });
}

export function autobahnPeer(format: Format): MakePeer {
  return async (url) => {
    const connection = new autobahn.Connection({
      url,
      realm: 'realm1',
      serializers: [new autobahn.serializer[SERIALIZERS[format]]()],
      max_retries: 0,
      on_user_error: () => undefined,
      on_internal_error: () => undefined,
    });
    let end: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => (end = resolve));
    const before = new Set(sockets);
    const session = await new Promise<Session>((resolve, reject) => {
      connection.onopen = resolve;
      connection.onclose = (reason, details) => {
        end();
        reject(new Error(`autobahn: ${reason} ${String(details.reason)}`));
        return true;
      };
      connection.open();
    });
    const socket = [...sockets].find((one) => !before.has(one))!;
    return {
      name: 'autobahn',
      format,
      session: session.id,
      lacks: LACKS[format],
      register: async (procedure, handler, options = {}) => {
        const endpoint = async (
          args: readonly unknown[],
          kwargs: Record<string, unknown>,
          details: InvocationDetails,
        ): Promise<unknown> => {
          const send = details.progress;
          const progress =
            send === null ? undefined : (part: Reply): void => send([...part.args], part.kwargs);
          try {
            const result = await handler({ args, kwargs, procedure: details.procedure, progress });
            return new autobahn.Result([...result.args], result.kwargs);
          } catch (error) {
            throw error instanceof Failure ? new autobahn.Error(error.uri, error.args, error.kwargs) : error;
          }
        };
        const registration = await settled(session.register(procedure, endpoint, options));
        return () => settled(registration.unregister());
      },
      call: async (procedure, given = reply(), onProgress, timeout) => {
        const options = {
          ...(timeout !== undefined && { timeout }),
          ...(onProgress !== undefined && { receive_progress: true }),
        };
        const promised = session.call(procedure, [...given.args], given.kwargs, options);
        return replyOf(await settled(promised, (value) => onProgress?.(replyOf(value))));
      },
      callAndCancel: async (procedure, started, mode = 'kill') => {
        const promised = session.call(procedure, [], {});
        void started.then(() => promised.cancel(mode === 'none' ? undefined : { mode }));
        return replyOf(await settled(promised));
      },
      subscribe: async (topic, handler, { match, getRetained } = {}) => {
        const subscription = await settled(
          session.subscribe(
            topic,
            (args, kwargs, event) => handler({ args, kwargs, topic: event.topic }, detailsOf(event)),
            {
              ...(match !== undefined && { match }),
              ...(getRetained !== undefined && { get_retained: getRetained }),
            },
          ),
        );
        return () => settled(subscription.unsubscribe());
      },
      publish: async (topic, given = reply(), { acknowledge = false, excludeMe, ...choice } = {}) => {
        const wire = {
          acknowledge,
          ...(excludeMe === undefined ? {} : { exclude_me: excludeMe }),
          ...choice,
        };
        const acknowledged = session.publish(topic, [...given.args], given.kwargs, wire);
        return acknowledged === undefined ? undefined : (await settled(acknowledged)).id;
      },
      leave: () => {
        connection.close();
        return gone;
      },
      lose: () => socket.terminate(),
      gone,
    };
  };
}
