/**
 * Binds the members of a contract to a client: the tree of what can be called, and the registration of a whole tree of
 * handlers. Owns the walk; what one member does is in procedure-client.ts, procedure-server.ts and topic-client.ts.
 */
import type { Client } from '../client.js';
import type { Registration } from '../callee.js';
import { UsageError } from '../wamp-error.js';
import type { UseOptions } from './contract-types.js';
import type { Members, Procedure, Topic } from './definition.js';
import { procedureApi } from './procedure-client.js';
import { registerHandler } from './procedure-server.js';
import { topicApi } from './topic-client.js';
import { uriTemplate } from './uri-template.js';

/** What a contract needs of a client. */
export type ContractHost = Pick<Client, 'call' | 'stream' | 'upload' | 'register' | 'publish' | 'subscribe'>;

/** A contract that is being served. */
export interface Service {
  /** by the name of the procedure in the contract, for example `cart.add` */
  readonly registrations: ReadonlyMap<string, Registration>;
  /** Gives all procedures back. */
  unregister(): Promise<void>;
  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** @throws UsageError for a `uri` in the contract that is none */
export function bindMembers(
  uri: string,
  members: Members,
  client: ContractHost,
  options: UseOptions,
): object {
  return Object.fromEntries(
    Object.entries(members).map(([name, member]) => {
      if (!isLeaf(member)) return [name, bindMembers(`${uri}.${name}`, member, client, options)];
      const template = uriTemplate(`${uri}.${member.shape.uri ?? name}`);
      return [
        name,
        member.kind === 'procedure'
          ? procedureApi(client, template, member, options)
          : topicApi(client, template, member, options),
      ];
    }),
  );
}

/**
 * Registers all handlers, or none.
 * @throws UsageError if a handler is missing; what `client.register` throws
 */
export async function serveMembers(
  uri: string,
  members: Members,
  client: ContractHost,
  handlers: object,
): Promise<Service> {
  const begun = served(uri, members, handlers, '').map(async ({ path, register }) => {
    return [path, await register(client)] as const;
  });
  const settled = await Promise.allSettled(begun);
  const registrations = new Map(settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
  const unregister = async (): Promise<void> => {
    await Promise.all([...registrations.values()].map((registration) => registration.unregister()));
  };
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed !== undefined) {
    await unregister();
    throw failed.reason;
  }
  return { registrations, unregister, [Symbol.asyncDispose]: unregister };
}

interface ToServe {
  readonly path: string;
  readonly register: (client: ContractHost) => Promise<Registration>;
}

/** Every procedure with its handler, before anything is registered. */
function served(uri: string, members: Members, handlers: object, at: string): ToServe[] {
  return Object.entries(members).flatMap(([name, member]) => {
    const path = at + name;
    const given: unknown = (handlers as Readonly<Record<string, unknown>> | undefined)?.[name];
    if (!isLeaf(member)) return served(`${uri}.${name}`, member, given as object, `${path}.`);
    if (member.kind === 'topic') return [];
    const { handler, options } =
      typeof given === 'object' && given !== null
        ? (given as { handler: unknown; options?: object })
        : { handler: given };
    if (typeof handler !== 'function') throw new UsageError(`there is no handler for ${path}`);
    const template = uriTemplate(`${uri}.${member.shape.uri ?? name}`);
    return [
      {
        path,
        register: (client) => registerHandler(client, template, member.shape, handler as never, options),
      },
    ];
  });
}

function isLeaf(member: Members[string]): member is Procedure | Topic {
  return 'shape' in member && (member.kind === 'procedure' || member.kind === 'topic');
}
