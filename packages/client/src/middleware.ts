/** What may stand around calls and invocations. Types only; the chains are made in connection.ts and callee.ts. */
import type { OutgoingCall } from './caller.js';
import type { Invocation } from './invocation.js';

/** One layer around what a client sends and serves; the first one of the list is the outermost. */
export interface Middleware {
  /**
   * Stands around every call, stream and upload. What it passes on has to have all options that it was given, besides those
   * that it changes: `next({ ...call, options: { ...call.options, timeoutMs: 500 } })`. It may call `next` several times, or
   * not at all.
   */
  readonly call?: (call: OutgoingCall, next: (call: OutgoingCall) => Promise<unknown>) => Promise<unknown>;
  /**
   * Stands around every invocation of the procedures that are registered from here on.
   * @param next runs the handler; returns what the handler does: a value, a promise, or a generator
   */
  readonly invocation?: (invocation: Invocation, next: (invocation: Invocation) => unknown) => unknown;
}
