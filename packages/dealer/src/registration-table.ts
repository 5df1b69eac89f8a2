/**
 * All registrations: by id, and by URI and match policy. URIs of the protocol's own name space stand in a table of their
 * own, so that no application's pattern can ever capture a call to `wamp.*`, nor a trusted pattern other calls.
 * Gives out registration ids. Knows nothing of callees or policies.
 */
import { isReservedUri, UriTable, type InvokePolicy, type MatchPolicy } from '@wamp/protocol';
import { Registration } from './registration.js';

/** The read-only view that a dealer offers, for example to the meta API. */
export interface Registrations<Owner> {
  /** How many registrations there are, internal ones included. */
  readonly size: number;
  /** All registrations of one match policy, ordinary ones first, in no particular order. */
  list(match: MatchPolicy): readonly Registration<Owner>[];
  get(id: number): Registration<Owner> | undefined;
  /** The registration of exactly this URI and match policy. */
  lookup(uri: string, match: MatchPolicy): Registration<Owner> | undefined;
  /** The registration that a call to this procedure would be routed to. */
  match(procedure: string): Registration<Owner> | undefined;
}

export class RegistrationTable<Owner> implements Registrations<Owner> {
  readonly #byId = new Map<number, Registration<Owner>>();
  readonly #ordinary = new UriTable<Registration<Owner>>();
  readonly #reserved = new UriTable<Registration<Owner>>();
  #lastId = 0;

  get size(): number {
    return this.#byId.size;
  }

  list(match: MatchPolicy): readonly Registration<Owner>[] {
    return [...this.#ordinary.values(match), ...this.#reserved.values(match)];
  }

  get(id: number): Registration<Owner> | undefined {
    return this.#byId.get(id);
  }

  lookup(uri: string, match: MatchPolicy): Registration<Owner> | undefined {
    return this.#tableOf(uri).get(match, uri);
  }

  match(procedure: string): Registration<Owner> | undefined {
    return this.#tableOf(procedure).best(procedure);
  }

  /** Creates a registration under a new id; ids count up and are never used again. */
  create(
    uri: string,
    match: MatchPolicy,
    invoke: InvokePolicy,
    internal: boolean,
    now: number,
  ): Registration<Owner> {
    this.#lastId += 1;
    const registration = new Registration<Owner>(this.#lastId, uri, match, invoke, now, internal);
    this.#byId.set(registration.id, registration);
    this.#tableOf(uri).set(match, uri, registration);
    return registration;
  }

  delete(registration: Registration<Owner>): void {
    this.#byId.delete(registration.id);
    this.#tableOf(registration.uri).delete(registration.match, registration.uri);
  }

  #tableOf(uri: string): UriTable<Registration<Owner>> {
    return isReservedUri(uri) ? this.#reserved : this.#ordinary;
  }
}
