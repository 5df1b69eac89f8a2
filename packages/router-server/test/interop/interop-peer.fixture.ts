/** One way to drive different WAMP clients, so that the same cases run with each of them as caller and as callee. */
import type { CancelMode, Format, InvokePolicy } from '@wamp/protocol';

/** The policies that every client can ask for. */
export type SharedPolicy = Exclude<InvokePolicy, 'least_pending' | 'sticky'>;

export interface Reply {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}

export const reply = (
  args: readonly unknown[] = [],
  kwargs: Readonly<Record<string, unknown>> = {},
): Reply => ({ args, kwargs });

/** An error with a URI, as every client has one. */
export class Failure extends Error {
  readonly uri: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  constructor(uri: string, args: readonly unknown[] = [], kwargs: Readonly<Record<string, unknown>> = {}) {
    super(uri);
    this.uri = uri;
    this.args = args;
    this.kwargs = kwargs;
  }
}

export interface InvocationSeen extends Reply {
  /** the concrete procedure that was called */
  readonly procedure: string | undefined;
  /** sends a progressive result; undefined if the client offers none for this invocation */
  readonly progress: ((reply: Reply) => void) | undefined;
  /** aborted when the client is told to stop; undefined if the client cannot be told */
  readonly signal?: AbortSignal;
}

export interface EventSeen extends Reply {
  readonly topic: string | undefined;
}

/** What else a client tells about an event. */
export interface EventDetailsSeen {
  /** undefined if the client does not tell */
  readonly publication: number | undefined;
  /** session, authid and authrole of a publisher that is disclosed */
  readonly publisher: readonly [session?: unknown, authid?: unknown, authrole?: unknown] | undefined;
  readonly isRetained: boolean;
}

/** Options of PUBLISH beyond those that every case uses, under their names there. */
export interface PublicationChoice {
  readonly exclude?: readonly number[];
  readonly exclude_authid?: readonly string[];
  readonly exclude_authrole?: readonly string[];
  readonly eligible?: readonly number[];
  readonly eligible_authid?: readonly string[];
  readonly eligible_authrole?: readonly string[];
  readonly disclose_me?: boolean;
  readonly retain?: boolean;
}

export interface Undo {
  (): Promise<void>;
}

/** What a client cannot do itself, with the reason; the cases that need it are skipped with that reason. */
export type Lack =
  | 'bytes'
  | 'integers beyond 32 bits'
  | 'progressive caller'
  | 'progressive callee'
  | 'exclude_me: false'
  | 'unregister a pattern'
  | 'unsubscribe a pattern'
  | 'unacknowledged publish'
  | 'empty lists'
  | 'retain'
  | 'publication of an event'
  | 'cancel'
  | 'cancel without waiting';

export interface Peer {
  readonly name: string;
  readonly format: Format;
  /** id of the session */
  readonly session: number;
  readonly lacks: Partial<Readonly<Record<Lack, string>>>;
  register(
    procedure: string,
    handler: (seen: InvocationSeen) => Reply | Promise<Reply>,
    options?: { match?: 'exact' | 'prefix' | 'wildcard'; invoke?: SharedPolicy },
  ): Promise<Undo>;
  /** @throws Failure */
  call(
    procedure: string,
    given?: Reply,
    onProgress?: (reply: Reply) => void,
    timeoutMs?: number,
  ): Promise<Reply>;
  /** Starts a call and cancels it; `kill` unless another mode is named, `none` leaves it out. @throws Failure */
  callAndCancel(procedure: string, started: Promise<void>, mode?: CancelMode | 'none'): Promise<Reply>;
  subscribe(
    topic: string,
    handler: (seen: EventSeen, details: EventDetailsSeen) => void,
    options?: { match?: 'exact' | 'prefix' | 'wildcard'; getRetained?: boolean },
  ): Promise<Undo>;
  /** @returns the publication id, if it was asked to be acknowledged. @throws Failure */
  publish(
    topic: string,
    given?: Reply,
    options?: { acknowledge?: boolean; excludeMe?: boolean } & PublicationChoice,
  ): Promise<number | undefined>;
  /** Leaves with GOODBYE. */
  leave(): Promise<void>;
  /** Loses the connection without a word; absent where the client gives no way to do that to it. */
  readonly lose?: () => void;
  /** Settles when the connection is gone for whatever reason. */
  readonly gone: Promise<void>;
}

export type MakePeer = (url: string) => Promise<Peer>;
