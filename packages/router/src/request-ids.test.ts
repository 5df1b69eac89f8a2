import { CallMessage, EMPTY_DICT, MAX_ID, ProtocolViolation, SubscribeMessage } from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import { RequestIds } from './request-ids.js';

const subscribe = (id: number): SubscribeMessage => new SubscribeMessage(id, EMPTY_DICT, 'a.b');
const call = (id: number, procedure = 'a.b'): CallMessage => new CallMessage(id, EMPTY_DICT, procedure);
const chunk = (id: number, procedure = 'a.b'): CallMessage =>
  new CallMessage(id, { progress: true }, procedure);

describe('RequestIds', () => {
  it('ID-010: after 2^53 comes 1', () => {
    const ids = new RequestIds(MAX_ID - 1);
    expect(ids.accept(subscribe(MAX_ID), false)).toBe(true);
    expect(ids.accept(call(1), false)).toBe(true);
    expect(ids.accept(subscribe(2), false)).toBe(true);
  });

  it('PCI-029: a progressive call with the last id goes on while the count starts again', () => {
    const ids = new RequestIds(MAX_ID - 1);
    expect(ids.accept(chunk(MAX_ID), false)).toBe(true);
    expect(ids.accept(call(1), false)).toBe(true);
    expect(ids.accept(chunk(MAX_ID), true)).toBe(true);
    expect(ids.accept(call(MAX_ID), true)).toBe(true);
    expect(() => ids.accept(subscribe(1), false)).toThrow(ProtocolViolation);
  });

  it.each([0, 1, 2, 4, 5, MAX_ID])('the id %i after 2 is a violation, and does not count', (id) => {
    const ids = new RequestIds();
    ids.accept(subscribe(1), false);
    ids.accept(subscribe(2), false);
    expect(() => ids.accept(subscribe(id), false)).toThrow(`request id ${id} where 3 is due`);
    expect(() => ids.accept(call(id), false)).toThrow(ProtocolViolation);
    expect(ids.accept(subscribe(3), false)).toBe(true);
  });

  it('late chunks are discarded up to the last one; what comes then is a violation', () => {
    const ids = new RequestIds();
    ids.accept(chunk(1), false);
    expect(ids.accept(chunk(1), false)).toBe(false);
    expect(ids.accept(call(1), false)).toBe(false);
    expect(() => ids.accept(call(1), false)).toThrow(ProtocolViolation);
  });

  it('a repeated id of an open call is left to the dealer', () => {
    const ids = new RequestIds();
    ids.accept(call(1), false);
    expect(ids.accept(call(1), true)).toBe(true);
  });

  it('remembers only so many progressive calls without their last chunk', () => {
    const ids = new RequestIds();
    for (let id = 1; id <= 1_025; id += 1) ids.accept(chunk(id), false);
    expect(ids.accept(chunk(2), false)).toBe(false);
    expect(() => ids.accept(chunk(1), false)).toThrow(ProtocolViolation);
  });
});
