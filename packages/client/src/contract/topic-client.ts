/**
 * A topic of a contract: what is published, and what subscribers get once it is checked.
 */
import type { ReceivedEvent } from '../subscriber.js';
import type { ContractHost } from './binding.js';
import type { TopicApi, UseOptions } from './contract-types.js';
import type { Topic, TopicShape } from './definition.js';
import { payloadFrom, requestFrom } from './procedure-client.js';
import { receivedInput } from './procedure-server.js';
import type { UriTemplate } from './uri-template.js';

type AnyHandler = (input: unknown, event: unknown) => unknown;

/** Makes the object of one topic. */
export function topicApi(
  client: ContractHost,
  template: UriTemplate,
  { shape }: Topic,
  { validate = false }: UseOptions,
): TopicApi<TopicShape> {
  const { match, pattern } = template;
  const api = {
    uri: pattern,
    publish: async (...given: readonly unknown[]) => {
      const { uri, input, options } = requestFrom(template, given);
      const { args, kwargs } = await payloadFrom(shape, input, validate);
      return client.publish(uri, args, { ...options, kwargs });
    },
    subscribe: (handler: AnyHandler, options = {}) => {
      let before: Promise<unknown> = Promise.resolve();
      const handle = async (_args: unknown, event: ReceivedEvent): Promise<unknown> => {
        // Each event is checked behind those before it: they reach the handler in order.
        const input = before.then(() => receivedInput(shape, event));
        before = input.catch(() => undefined);
        return handler(await input, { ...event, params: template.read(event.topic) });
      };
      return client.subscribe(pattern, handle, { ...options, match });
    },
  };
  return api as unknown as TopicApi<TopicShape>;
}
