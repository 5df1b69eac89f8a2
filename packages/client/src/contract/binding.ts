/**
 * Binds the members of a contract to a client: the tree of what can be called, and the registration of a whole tree of
 * handlers. Owns the walk; what one member does is in procedure-client.ts, procedure-server.ts and topic-client.ts.
 */
import type { Client } from '../client.js';
import type { Registration } from '../callee.js';
import { UsageError } from '../wamp-error.js';
import type { Handler, HandlerWithOptions, ProcedureApi, UseOptions } from './contract-types.js';
import type { Members, Procedure, ProcedureShape, Topic } from './definition.js';
import { procedureApi } from './procedure-client.js';
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
  const bound = bindMembers(uri, members, client, {});
  const begun = served(members, bound, handlers, '').map(async ([path, register]) => {
    return [path, await register()] as const;
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

type Tree = Readonly<Record<string, unknown>>;

/** The registration of every procedure, before any is begun. @throws UsageError if a handler is missing */
function served(
  members: Members,
  bound: object,
  handlers: object | undefined,
  at: string,
): [path: string, register: () => Promise<Registration>][] {
  return Object.entries(members).flatMap(([name, member]) => {
    const path = at + name;
    const api = (bound as Tree)[name] as ProcedureApi<ProcedureShape>;
    const given = (handlers as Tree | undefined)?.[name];
    if (!isLeaf(member)) return served(member, api, given as object, `${path}.`);
    if (member.kind === 'topic') return [];
    const { handler, options } =
      typeof given === 'object' && given !== null
        ? (given as Partial<HandlerWithOptions<ProcedureShape>>)
        : { handler: given as Handler<ProcedureShape> };
    if (typeof handler !== 'function') throw new UsageError(`there is no handler for ${path}`);
    return [[path, () => api.register(handler, options)]];
  });
}

function isLeaf(member: Members[string]): member is Procedure | Topic {
  // A group may have a member of that name, which is no text.
  return typeof member.kind === 'string';
}
