/**
 * The message codes of WAMP and who may send each of them.
 * Owns the one table of codes, names and directions; knows nothing of layouts.
 */

/** Message codes. Source: WAMP basic profile "Message Codes and Direction"; 337 is provisional for EVENT_RECEIVED. */
export const MessageKind = {
  Hello: 1,
  Welcome: 2,
  Abort: 3,
  Challenge: 4,
  Authenticate: 5,
  Goodbye: 6,
  Error: 8,
  Publish: 16,
  Published: 17,
  Subscribe: 32,
  Subscribed: 33,
  Unsubscribe: 34,
  Unsubscribed: 35,
  Event: 36,
  Call: 48,
  Cancel: 49,
  Result: 50,
  Register: 64,
  Registered: 65,
  Unregister: 66,
  Unregistered: 67,
  Invocation: 68,
  Interrupt: 69,
  Yield: 70,
  EventReceived: 337,
} as const;

export type MessageKind = (typeof MessageKind)[keyof typeof MessageKind];

/** Request kinds that an ERROR may answer. */
export type RequestKind =
  | typeof MessageKind.Publish
  | typeof MessageKind.Subscribe
  | typeof MessageKind.Unsubscribe
  | typeof MessageKind.Call
  | typeof MessageKind.Register
  | typeof MessageKind.Unregister
  | typeof MessageKind.Invocation;

const NAMES = new Map<number, string>([
  [1, 'HELLO'],
  [2, 'WELCOME'],
  [3, 'ABORT'],
  [4, 'CHALLENGE'],
  [5, 'AUTHENTICATE'],
  [6, 'GOODBYE'],
  [8, 'ERROR'],
  [16, 'PUBLISH'],
  [17, 'PUBLISHED'],
  [32, 'SUBSCRIBE'],
  [33, 'SUBSCRIBED'],
  [34, 'UNSUBSCRIBE'],
  [35, 'UNSUBSCRIBED'],
  [36, 'EVENT'],
  [48, 'CALL'],
  [49, 'CANCEL'],
  [50, 'RESULT'],
  [64, 'REGISTER'],
  [65, 'REGISTERED'],
  [66, 'UNREGISTER'],
  [67, 'UNREGISTERED'],
  [68, 'INVOCATION'],
  [69, 'INTERRUPT'],
  [70, 'YIELD'],
  [337, 'EVENT_RECEIVED'],
]);

/** The specification's name of a message code, for example `CALL`; `message 99` for an unknown one. */
export function kindName(kind: number): string {
  return NAMES.get(kind) ?? `message ${String(kind)}`;
}

const CLIENT_SENDS = new Set<number>([1, 3, 5, 6, 8, 16, 32, 34, 48, 49, 64, 66, 70, 337]);
const ROUTER_SENDS = new Set<number>([2, 3, 4, 6, 8, 17, 33, 35, 36, 50, 65, 67, 68, 69]);

/** True if a client may send this message (so a router may receive it). */
export function isSentByClient(kind: number): boolean {
  return CLIENT_SENDS.has(kind);
}

/** True if a router may send this message (so a client may receive it). */
export function isSentByRouter(kind: number): boolean {
  return ROUTER_SENDS.has(kind);
}

const REQUEST_KINDS = new Set<number>([16, 32, 34, 48, 64, 66, 68]);

/** True if an ERROR may name this code as REQUEST.Type. */
export function isRequestKind(kind: number): kind is RequestKind {
  return REQUEST_KINDS.has(kind);
}
