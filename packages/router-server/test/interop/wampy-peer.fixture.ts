/** The npm package `wampy`, unmodified, as an interop peer. */
import type { Format } from '@wamp/protocol';
import { Wampy } from 'wampy';
import { CborSerializer } from 'wampy/CborSerializer.js';
import { JsonSerializer } from 'wampy/JsonSerializer.js';
import { MsgpackSerializer } from 'wampy/MsgpackSerializer.js';
import { WebSocket } from 'ws';
import {
  Failure,
  reply,
  type EventDetailsSeen,
  type Lack,
  type MakePeer,
  type Reply,
} from './interop-peer.fixture.js';

const SERIALIZERS = { json: JsonSerializer, msgpack: MsgpackSerializer, cbor: CborSerializer } as const;

const LACKS: Partial<Record<Lack, string>> = {
  'exclude_me: false': 'wampy leaves exclude_me out unless it is true, so it cannot ask for its own events',
  'unregister a pattern': 'wampy checks the URI of unregister() as if it were none with a pattern',
  'unsubscribe a pattern':
    'wampy forgets the options of a subscription and throws when UNSUBSCRIBED arrives for a pattern',
  'unacknowledged publish': 'wampy always asks for an acknowledgement',
  'empty lists': 'wampy refuses a list with nobody in it',
  retain: 'wampy checks the option retain and does not send it',
  'publication of an event': 'wampy does not tell the publication id of an event',
};

const FORMAT_LACKS: Readonly<Record<Format, Partial<Record<Lack, string>>>> = {
  json: { bytes: 'wampy does not implement the binary conversion of JSON strings' },
  msgpack: { 'integers beyond 32 bits': 'msgpackr, as wampy sets it up, reads 64-bit integers as BigInt' },
  cbor: {},
};

interface WampyPayload {
  readonly argsList?: readonly unknown[];
  readonly argsDict?: Readonly<Record<string, unknown>>;
}
interface WampyInvocation extends WampyPayload {
  readonly details: { readonly procedure?: string; readonly receive_progress?: boolean };
  readonly result_handler: (result: object) => void;
}
interface WampyEvent extends WampyPayload {
  readonly details: {
    readonly topic?: string;
    readonly publisher?: number;
    readonly publisher_authid?: string;
    readonly publisher_authrole?: string;
    readonly retained?: boolean;
  };
}
interface WampyFailure extends WampyPayload {
  readonly errorUri?: string;
}

/** Over MessagePack ids are BigInt, whatever the types say. */
const idOf = (id: number | bigint): number => Number(id);

const replyOf = ({ argsList, argsDict }: WampyPayload): Reply => reply(argsList ?? [], argsDict ?? {});
const payloadOf = ({ args, kwargs }: Reply): { argsList: unknown[]; argsDict: object } => ({
  argsList: [...args],
  argsDict: kwargs,
});

const detailsOf = ({ details }: WampyEvent): EventDetailsSeen => ({
  publication: undefined,
  publisher:
    details.publisher === undefined
      ? undefined
      : [idOf(details.publisher), details.publisher_authid, details.publisher_authrole],
  isRetained: details.retained === true,
});

async function asFailure<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const { errorUri, argsList, argsDict } = error as WampyFailure;
    throw errorUri === undefined ? error : new Failure(errorUri, argsList ?? [], argsDict ?? {});
  }
}

export function wampyPeer(format: Format): MakePeer {
  return async (url) => {
    let socket: WebSocket | undefined;
    // wampy hands further arguments to the constructor, for another WebSocket package.
    const dial = function (address: string, protocols: string[]): WebSocket {
      socket = new WebSocket(address, protocols);
      return socket;
    };
    let end: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => (end = resolve));
    const wampy = new Wampy(url, {
      realm: 'realm1',
      autoReconnect: false,
      serializer: new SERIALIZERS[format](),
      ws: dial as never,
      onClose: () => end(),
      onError: () => undefined,
    });
    await wampy.connect();
    return {
      name: 'wampy',
      format,
      session: idOf(wampy.getSessionId()!),
      lacks: { ...LACKS, ...FORMAT_LACKS[format] },
      register: async (procedure, handler, options = {}) => {
        const rpc = async (invocation: WampyInvocation): Promise<object> => {
          const seen = { ...replyOf(invocation), procedure: invocation.details.procedure ?? procedure };
          const progress = (part: Reply): void => {
            invocation.result_handler({ ...payloadOf(part), options: { progress: true } });
          };
          try {
            return payloadOf(await handler({ ...seen, progress }));
          } catch (error) {
            if (!(error instanceof Failure)) throw error;
            throw Object.assign(new Error(error.uri), { error: error.uri, ...payloadOf(error) });
          }
        };
        await asFailure(wampy.register(procedure, rpc as never, options));
        return async () => {
          await asFailure(wampy.unregister(procedure));
        };
      },
      call: async (procedure, given = reply(), onProgress, timeout) => {
        const options = {
          ...(timeout !== undefined && { timeout }),
          ...(onProgress !== undefined && {
            progress_callback: (part: WampyPayload) => onProgress(replyOf(part)),
          }),
        };
        return replyOf(await asFailure(wampy.call(procedure, payloadOf(given), options as never)));
      },
      callAndCancel: async (procedure, started, mode = 'kill') => {
        const result = asFailure(wampy.call(procedure, payloadOf(reply())));
        const { reqId } = wampy.getOpStatus();
        void started.then(() => wampy.cancel(reqId, mode === 'none' ? {} : { mode }));
        return replyOf(await result);
      },
      subscribe: async (topic, handler, { match, getRetained } = {}) => {
        // With options wampy does not find the subscription again.
        const options =
          match === undefined && getRetained === undefined
            ? undefined
            : {
                ...(match !== undefined && { match }),
                ...(getRetained !== undefined && { get_retained: getRetained }),
              };
        const { subscriptionId } = await asFailure(
          wampy.subscribe(
            topic,
            (event: WampyEvent) =>
              handler({ ...replyOf(event), topic: event.details.topic ?? topic }, detailsOf(event)),
            options,
          ),
        );
        return async () => {
          await asFailure(wampy.unsubscribe(subscriptionId));
        };
      },
      publish: async (topic, given = reply(), options = {}) => {
        const { excludeMe, ...choice } = { ...options, acknowledge: undefined };
        const wire = { ...(excludeMe !== undefined && { exclude_me: excludeMe }), ...choice };
        const { publicationId } = await asFailure(wampy.publish(topic, payloadOf(given), wire as never));
        return idOf(publicationId);
      },
      leave: async () => {
        await wampy.disconnect();
      },
      lose: () => socket?.terminate(),
      gone,
    };
  };
}
