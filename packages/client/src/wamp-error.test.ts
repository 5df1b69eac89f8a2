import { EMPTY_PAYLOAD, Payload } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { describe, expect, it, vi } from 'vitest';
import {
  CanceledError,
  ConnectionError,
  ConnectionLostError,
  errorFromUri,
  messageOf,
  TimeoutError,
  UsageError,
  WampError,
} from './wamp-error.js';

const refuse = (): never => {
  throw new Error('do not look');
};

function untouchables(): readonly unknown[] {
  class Silent extends Error {
    override get message(): string {
      return refuse();
    }
  }
  return [
    new Proxy(new Error('x'), { get: refuse }),
    new Proxy(new Error('x'), { get: refuse, has: refuse, getPrototypeOf: refuse }),
    new Silent(),
  ];
}

describe('WampError', () => {
  it('says URI and text in its message, and keeps the rest', () => {
    const cause = new Error('below');
    const error = new WampError('com.example.empty', ['empty', 2], { cart: 7 }, { details: { d: 1 }, cause });
    expect(error).toMatchObject({
      name: 'WampError',
      message: 'com.example.empty: empty',
      uri: 'com.example.empty',
      args: ['empty', 2],
      kwargs: { cart: 7 },
      details: { d: 1 },
      cause,
    });
    expect(new WampError('com.example.empty').message).toBe('com.example.empty');
    expect(Object.hasOwn(new WampError('com.example.empty'), 'cause')).toBe(false);
  });

  it('has subclasses that are told apart', () => {
    const lost = new ConnectionLostError('gone');
    expect(lost.name).toBe('ConnectionLostError');
    expect(
      [WampError, ConnectionError, ConnectionLostError, Error].every((each) => lost instanceof each),
    ).toBe(true);
    expect(lost instanceof UsageError).toBe(false);
    expect(new WampError('wamp.error.canceled') instanceof CanceledError).toBe(false);
    expect((null as unknown) instanceof WampError).toBe(false);
    expect({} instanceof WampError).toBe(false);
  });

  it('recognizes errors of another installed copy of the package', async () => {
    vi.resetModules();
    const copy = await import('./wamp-error.js');
    const foreign: unknown = new copy.CanceledError();
    expect(copy.CanceledError).not.toBe(CanceledError);
    expect(foreign instanceof CanceledError).toBe(true);
    expect(foreign instanceof WampError).toBe(true);
    expect(foreign instanceof TimeoutError).toBe(false);
  });

  it('leaves classes of the application that extend it to the ordinary rule', () => {
    class EmptyCart extends WampError {
      constructor() {
        super('com.example.empty');
      }
    }
    expect(new EmptyCart() instanceof EmptyCart).toBe(true);
    expect(new EmptyCart() instanceof WampError).toBe(true);
    expect(new EmptyCart().name).toBe('EmptyCart');
    expect(new WampError('com.example.empty') instanceof EmptyCart).toBe(false);
  });

  it('is made from what a peer sent, also when the payload cannot be read', () => {
    expect(errorFromUri('wamp.error.timeout', {}, () => EMPTY_PAYLOAD)).toBeInstanceOf(TimeoutError);
    // `[simple(0)]` in CBOR, a value that nobody has given a meaning
    const unreadable = Payload.raw(cbor().payloadCodec, Uint8Array.of(0x81, 0xe0), 1);
    expect(errorFromUri('com.example.error', {}, () => unreadable)).toMatchObject({
      uri: 'com.example.error',
      args: [expect.stringMatching(/^unreadable payload: /)],
    });
  });

  it('has a sentence for what throws when it is looked at, and does not take it for one of ours', () => {
    for (const each of untouchables()) {
      expect(messageOf(each)).toBe('unknown error');
      expect(each instanceof WampError).toBe(false);
      expect(each instanceof UsageError).toBe(false);
    }
  });

  it('has a sentence for anything that can be thrown', () => {
    expect(messageOf(new Error('a'))).toBe('a');
    expect(messageOf('b')).toBe('b');
    expect(messageOf(undefined)).toBe('undefined');
    expect(messageOf(Object.create(null))).toBe('unknown error');
    expect(messageOf(Object.assign(new Error('a'), { message: 7 }))).toBe('unknown error');
  });
});
