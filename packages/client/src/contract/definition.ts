/**
 * What two sides agree on, as a value that both import: procedures and topics, their URIs, their schemas.
 * Owns the definitions and the URIs that they get; neither calls nor serves (procedure-client.ts, procedure-server.ts).
 */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { bindMembers, serveMembers, type ContractHost, type Service } from './binding.js';
import type { Api, Handlers, UseOptions } from './contract-types.js';

/** A schema of any library that follows Standard Schema: zod, valibot, arktype and others. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any schema, whatever it takes and makes
export type Schema<Input = any, Output = any> = StandardSchemaV1<Input, Output>;

/** What a procedure takes and gives; whatever is left out is not checked and not offered. */
export interface ProcedureShape {
  /**
   * Last part of the URI instead of the member's name. `{name}` in place of a component makes it a wildcard pattern,
   * `{name...}` at the end a prefix; the handler finds the values as `invocation.params.name`.
   */
  readonly uri?: string;
  /** positional arguments: the schema of a list */
  readonly args?: Schema<readonly unknown[]>;
  /** keyword arguments: the schema of a dictionary */
  readonly kwargs?: Schema<object>;
  /** each of the arguments that are streamed to the callee; not together with `args` */
  readonly chunks?: Schema;
  /** each progressive result */
  readonly progress?: Schema;
  /** the final result */
  readonly result?: Schema;
  /** the errors that callers are to distinguish, by URI, with what they carry */
  readonly errors?: Readonly<Record<string, Schema>>;
}

/** What an event carries. */
export interface TopicShape {
  /** as {@link ProcedureShape.uri}; the handler finds the values as `event.params` */
  readonly uri?: string;
  readonly args?: Schema<readonly unknown[]>;
  readonly kwargs?: Schema<object>;
}

export interface Procedure<S extends ProcedureShape = ProcedureShape> {
  readonly kind: 'procedure';
  readonly shape: S;
}

export interface Topic<S extends TopicShape = TopicShape> {
  readonly kind: 'topic';
  readonly shape: S;
}

/** Procedures, topics and groups of them; a group's name is a component of the URIs in it. */
export interface Members {
  readonly [name: string]: Procedure | Topic | Members;
}

export interface Contract<M extends Members = Members> {
  /** the beginning of all URIs */
  readonly uri: string;
  readonly members: M;
  /** What `client.use(contract, options)` does. */
  use(client: ContractHost, options?: UseOptions): Api<M>;
  /** What `client.serve(contract, handlers)` does. */
  serve(client: ContractHost, handlers: Handlers<M>): Promise<Service>;
}

/** Describes a procedure. */
export function procedure<const S extends ProcedureShape>(shape: S): Procedure<S> {
  return { kind: 'procedure', shape };
}

/** Describes a topic. */
export function topic<const S extends TopicShape>(shape: S): Topic<S> {
  return { kind: 'topic', shape };
}

/**
 * Puts procedures and topics under a URI.
 * @param uri for example `com.example.shop`; the procedure `add` in the group `cart` is `com.example.shop.cart.add`
 */
export function contract<const M extends Members>(uri: string, members: M): Contract<M> {
  return {
    uri,
    members,
    use: (client, options = {}) => bindMembers(uri, members, client, options) as Api<M>,
    serve: (client, handlers) => serveMembers(uri, members, client, handlers),
  };
}
