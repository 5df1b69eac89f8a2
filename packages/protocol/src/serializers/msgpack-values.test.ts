import { describe, expect, it } from 'vitest';
import { isDict } from '../dict.js';
import type { CallMessage, SubscribeMessage } from '../messages.js';
import { msgpack } from './msgpack.js';

/** How msgpackr writes `undefined`. */
const UNDEFINED = [0xd4, 0x00, 0x00];
const text = (value: string): number[] => [0xa0 | value.length, ...Buffer.from(value)];

describe('undefined in MessagePack, as msgpackr writes it', () => {
  it('is an option that was left out', () => {
    const frame = [0x94, 32, 1, 0x81, ...text('match'), ...UNDEFINED, ...text('a.b')];
    const message = msgpack().decode(Uint8Array.from(frame)) as SubscribeMessage;
    expect(isDict(message.options) && Object.keys(message.options)).toEqual([]);
  });

  it('is null in a payload; any other extension of one byte is its byte', () => {
    const frame = [0x95, 48, 1, 0x80, ...text('a.b'), 0x93, ...UNDEFINED, 0xd4, 0, 7, 0xd4, 1, 0];
    const message = msgpack().decode(Uint8Array.from(frame)) as CallMessage;
    expect(message.payload.args).toEqual([null, Uint8Array.of(7), Uint8Array.of(0)]);
  });
});
