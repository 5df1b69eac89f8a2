import { describe, expect, it } from 'vitest';
import { BatchReader, joinBatch } from './batch-framing.js';

const allocate = (bytes: number): Uint8Array => new Uint8Array(bytes);
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (string: string): Uint8Array => new TextEncoder().encode(string);

function read(batch: Uint8Array, isBinary: boolean): { messages: string[]; fault: string | undefined } {
  const reader = new BatchReader(batch, isBinary);
  const messages: string[] = [];
  while (reader.hasMore) {
    const message = reader.next();
    if (message !== undefined) messages.push(text(message));
  }
  return { messages, fault: reader.fault };
}

describe('batches of JSON', () => {
  it('SER-010: end each message with 1E, also a single one', () => {
    expect(text(joinBatch([bytes('[1]')], false, allocate))).toBe('[1]\u001e');
    const batch = joinBatch([bytes('[1]'), bytes('[2]')], false, allocate);
    expect(text(batch)).toBe('[1]\u001e[2]\u001e');
    expect(read(batch, false)).toEqual({ messages: ['[1]', '[2]'], fault: undefined });
  });

  it('SER-011: are read with 18 too, which is then used in return', () => {
    const reader = new BatchReader(bytes('[1]\u0018[2]\u0018'), false);
    expect(reader.separator).toBe(0x18);
    expect([reader.next(), reader.next()].map((message) => text(message!))).toEqual(['[1]', '[2]']);
    expect(text(joinBatch([bytes('[3]')], false, allocate, reader.separator))).toBe('[3]\u0018');
  });

  it('SER-014: have a fault if the last message is not terminated', () => {
    expect(read(bytes('[1]\u001e[2]'), false)).toEqual({
      messages: [],
      fault: 'the last message of the batch is not terminated',
    });
  });
});

describe('batches of binary formats', () => {
  it('SER-012: begin each message with its length in 32 bits, big-endian, also a single one', () => {
    const batch = joinBatch([bytes('ab'), new Uint8Array(0), bytes('c')], true, allocate);
    expect([...batch]).toEqual([0, 0, 0, 2, 97, 98, 0, 0, 0, 0, 0, 0, 0, 1, 99]);
    expect(read(batch, true)).toEqual({ messages: ['ab', '', 'c'], fault: undefined });
    const long = new Uint8Array(70_000);
    expect([...joinBatch([long], true, allocate).subarray(0, 4)]).toEqual([0, 1, 0x11, 0x70]);
  });

  it.each([
    ['more than there is', [0, 0, 0, 1, 97, 0, 0, 0, 2, 98], ['a']],
    ['far more than there is', [0xff, 0xff, 0xff, 0xff, 97], []],
    ['itself cut', [0, 0, 0, 1, 97, 0, 0], ['a']],
  ])('SER-014: have a fault if a length is %s', (_name, octets, before) => {
    const { messages, fault } = read(new Uint8Array(octets), true);
    expect(messages).toEqual(before);
    expect(fault).toMatch(/batch/);
  });
});

it('SER-013: an empty batch has a fault', () => {
  for (const isBinary of [true, false]) {
    expect(read(new Uint8Array(0), isBinary)).toEqual({ messages: [], fault: 'a batch must not be empty' });
  }
});

it('a batch that is read later does not depend on its memory', () => {
  const batch = bytes('[1]\u001e[2]\u001e');
  const reader = new BatchReader(batch, false);
  reader.next();
  const rest = reader.detached();
  batch.fill(0);
  expect(text(rest.next()!)).toBe('[2]');
  expect(rest.hasMore).toBe(false);
  expect(rest.fault).toBeUndefined();
});
