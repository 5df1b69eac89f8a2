import { describe, expect, it } from 'vitest';
import { isRequestKind, isSentByClient, isSentByRouter, kindName, MessageKind } from './message-kind.js';

/** Codes, names and directions as the specification tabulates them. */
const TABLE: readonly (readonly [number, string, 'client' | 'router' | 'both'])[] = [
  [1, 'HELLO', 'client'],
  [2, 'WELCOME', 'router'],
  [3, 'ABORT', 'both'],
  [4, 'CHALLENGE', 'router'],
  [5, 'AUTHENTICATE', 'client'],
  [6, 'GOODBYE', 'both'],
  [8, 'ERROR', 'both'],
  [16, 'PUBLISH', 'client'],
  [17, 'PUBLISHED', 'router'],
  [32, 'SUBSCRIBE', 'client'],
  [33, 'SUBSCRIBED', 'router'],
  [34, 'UNSUBSCRIBE', 'client'],
  [35, 'UNSUBSCRIBED', 'router'],
  [36, 'EVENT', 'router'],
  [48, 'CALL', 'client'],
  [49, 'CANCEL', 'client'],
  [50, 'RESULT', 'router'],
  [64, 'REGISTER', 'client'],
  [65, 'REGISTERED', 'router'],
  [66, 'UNREGISTER', 'client'],
  [67, 'UNREGISTERED', 'router'],
  [68, 'INVOCATION', 'router'],
  [69, 'INTERRUPT', 'router'],
  [70, 'YIELD', 'client'],
  [337, 'EVENT_RECEIVED', 'client'],
];

describe('the table of messages', () => {
  it.each(TABLE)('has %i as %s, sent by %s', (kind, name, sender) => {
    expect(kindName(kind)).toBe(name);
    expect(isSentByClient(kind)).toBe(sender !== 'router');
    expect(isSentByRouter(kind)).toBe(sender !== 'client');
  });

  it('has nothing else', () => {
    expect(Object.values(MessageKind).sort((a, b) => a - b)).toEqual(TABLE.map(([kind]) => kind));
    for (const kind of [0, 7, 9, 37, 71, 256, -1, 1.5]) {
      expect(kindName(kind)).toBe(`message ${kind}`);
      expect(isSentByClient(kind)).toBe(false);
      expect(isSentByRouter(kind)).toBe(false);
      expect(isRequestKind(kind)).toBe(false);
    }
  });

  it('names the requests that an ERROR may answer', () => {
    const kinds = TABLE.map(([kind]) => kind).filter(isRequestKind);
    expect(kinds.map(kindName)).toEqual([
      ...['PUBLISH', 'SUBSCRIBE', 'UNSUBSCRIBE', 'CALL', 'REGISTER', 'UNREGISTER', 'INVOCATION'],
    ]);
  });
});
