/** @wamp/client as an interop peer. */
import { connect, Result, WampError, type ReceivedEvent } from '@wamp/client';
import type { Format, Serializer } from '@wamp/protocol';
import { nodeSerializers } from '../../src/node-serializers.js';
import { Failure, reply, type EventDetailsSeen, type MakePeer, type Reply } from './interop-peer.fixture.js';

const serializerFor = (format: Format): Serializer => nodeSerializers().find((one) => one.format === format)!;

const replyOf = (value: unknown): Reply =>
  value instanceof Result ? reply(value.args, value.kwargs) : reply(value === undefined ? [] : [value]);

/** Our client's names of the options of PUBLISH. */
const camelCase = (name: string): string =>
  name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

const detailsOf = ({ publication, publisher, retained }: ReceivedEvent): EventDetailsSeen => ({
  publication,
  publisher: publisher && [publisher.session, publisher.authid, publisher.authrole],
  isRetained: retained,
});

async function asFailure<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof WampError) throw new Failure(error.uri, error.args, error.kwargs);
    throw error;
  }
}

export function ours(format: Format): MakePeer {
  return async (url) => {
    const client = await connect(url, { realm: 'realm1', serializers: [serializerFor(format)] });
    return {
      name: '@wamp/client',
      format,
      session: client.sessionId,
      lacks: {},
      register: async (procedure, handler, options = {}) => {
        const registration = await asFailure(
          client.register(
            procedure,
            async (args, invocation) => {
              const progress = (part: Reply): void =>
                void invocation.progress(new Result(part.args, part.kwargs));
              try {
                const { kwargs, procedure, wantsProgress, signal } = invocation;
                const result = await handler({
                  args,
                  kwargs,
                  procedure,
                  signal,
                  progress: wantsProgress ? progress : undefined,
                });
                return new Result(result.args, result.kwargs);
              } catch (error) {
                throw error instanceof Failure ? new WampError(error.uri, error.args, error.kwargs) : error;
              }
            },
            options,
          ),
        );
        return () => registration.unregister();
      },
      call: async (procedure, given = reply(), onProgress, timeoutMs = 0) => {
        const progress =
          onProgress === undefined ? {} : { onProgress: (value: unknown) => onProgress(replyOf(value)) };
        const options = { kwargs: given.kwargs, raw: true, timeoutMs, ...progress };
        return replyOf(await asFailure(client.call(procedure, [...given.args], options)));
      },
      callAndCancel: async (procedure, started, mode = 'kill') => {
        const controller = new AbortController();
        void started.then(() => controller.abort());
        return replyOf(
          await asFailure(
            client.call(procedure, [], {
              signal: controller.signal,
              ...(mode !== 'none' && { cancelMode: mode }),
              raw: true,
            }),
          ),
        );
      },
      subscribe: async (topic, handler, options = {}) => {
        const subscription = await asFailure(
          client.subscribe(
            topic,
            (args, event) => handler({ args, kwargs: event.kwargs, topic: event.topic }, detailsOf(event)),
            options,
          ),
        );
        return () => subscription.unsubscribe();
      },
      publish: (topic, given = reply(), { acknowledge, excludeMe, ...choice } = {}) => {
        const options = {
          kwargs: given.kwargs,
          ...(acknowledge !== undefined && { acknowledge }),
          ...(excludeMe !== undefined && { excludeMe }),
          ...Object.fromEntries(Object.entries(choice).map(([name, value]) => [camelCase(name), value])),
        };
        return asFailure(client.publish(topic, [...given.args], options));
      },
      leave: () => client.close(),
      gone: client.closed.then(() => undefined),
    };
  };
}
