/**
 * What sessions should get. An expectation compares the parts that it names and no others; dictionaries and lists that
 * it names have to be equal as a whole.
 */
import {
  ErrorMessage,
  InterruptMessage,
  InvocationMessage,
  RegisteredMessage,
  ResultMessage,
  UnregisteredMessage,
  type Dict,
  type Message,
  type Payload,
} from '@wamp/protocol';

export interface Expected<M extends Message> {
  /** for the text of a failure */
  readonly description: string;
  /** @returns undefined if the message is as expected, else what is different */
  difference(message: Message): string | undefined;
  /** narrows the message after it was found as expected */
  readonly of: abstract new (...parameters: never) => M;
}

interface Content {
  readonly args?: readonly unknown[];
  readonly kwargs?: Dict;
}

type Part = readonly [name: string, wanted: unknown, actual: unknown];

export function invocation(
  want: Content & { readonly id?: number; readonly registration?: number; readonly details?: Dict } = {},
): Expected<InvocationMessage> {
  return expectation('INVOCATION', InvocationMessage, want, (message) => [
    ['request', want.id, message.request],
    ['registration', want.registration, message.registration],
    ['details', want.details, message.details],
    ...contentParts(want, message.payload),
  ]);
}

/** RESULT. @param args the positional arguments, if they matter */
export function result(
  args?: readonly unknown[],
  want: { readonly kwargs?: Dict; readonly details?: Dict; readonly request?: number } = {},
): Expected<ResultMessage> {
  const content = { ...(args && { args }), ...want };
  return expectation('RESULT', ResultMessage, content, (message) => [
    ['request', want.request, message.request],
    ['details', want.details, message.details],
    ...contentParts(content, message.payload),
  ]);
}

/** ERROR in answer to a request. @param uri the error URI, if it matters */
export function error(
  uri?: string,
  want: Content & { readonly request?: number; readonly requestKind?: number; readonly details?: Dict } = {},
): Expected<ErrorMessage> {
  return expectation('ERROR', ErrorMessage, { uri, ...want }, (message) => [
    ['error', uri, message.error],
    ['request', want.request, message.request],
    ['requestKind', want.requestKind, message.requestKind],
    ['details', want.details, message.details],
    ...contentParts(want, message.payload),
  ]);
}

export function registered(
  want: { readonly registration?: number; readonly request?: number } = {},
): Expected<RegisteredMessage> {
  return expectation('REGISTERED', RegisteredMessage, want, (message) => [
    ['request', want.request, message.request],
    ['registration', want.registration, message.registration],
  ]);
}

/** UNREGISTERED in answer to UNREGISTER. */
export function unregistered(): Expected<UnregisteredMessage> {
  return expectation('UNREGISTERED', UnregisteredMessage, {}, (message) => [
    ['details', null, message.details ?? null],
  ]);
}

/** UNREGISTERED that the router sends on its own. */
export function revoked(registration: number, reason?: string): Expected<UnregisteredMessage> {
  const details = reason === undefined ? { registration } : { registration, reason };
  return expectation('UNREGISTERED (revocation)', UnregisteredMessage, details, (message) => [
    ['request', 0, message.request],
    ['details', details, message.details],
  ]);
}

export function interrupt(mode?: 'kill' | 'killnowait', id?: number): Expected<InterruptMessage> {
  return expectation('INTERRUPT', InterruptMessage, { mode, id }, (message) => [
    ['mode', mode, message.options.mode],
    ['request', id, message.request],
  ]);
}

function expectation<M extends Message>(
  name: string,
  of: new (...parameters: never) => M,
  want: object,
  parts: (message: M) => readonly Part[],
): Expected<M> {
  return {
    description: `${name} ${show(want)}`,
    of,
    difference: (message) => {
      if (!(message instanceof of)) return 'it is another message';
      for (const [part, wanted, actual] of parts(message)) {
        if (wanted !== undefined && !isSame(wanted, actual)) return `${part} is ${show(actual)}`;
      }
      return undefined;
    },
  };
}

function contentParts(want: Content, payload: Payload): readonly Part[] {
  return [
    ['args', want.args, payload.args],
    ['kwargs', want.kwargs, payload.kwargs],
  ];
}

/** A value as a person can read it. */
export function show(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (part instanceof Uint8Array ? [...part] : part));
}

function isSame(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const one = left as Dict;
  const other = right as Dict;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && isSame(one[key], other[key]))
  );
}
