import { describe, expect, it } from 'vitest';
import { encodeRawSocketFrame, RAWSOCKET_MAX_LIMIT, RawSocketFrame } from './rawsocket.js';
import { RawSocketWriter } from './rawsocket-writer.js';

class Stream {
  writableLength = 0;
  readonly log: (Uint8Array | 'cork' | 'uncork')[] = [];
  write(bytes: Uint8Array): void {
    this.log.push(bytes);
  }
  cork(): void {
    this.log.push('cork');
  }
  uncork(): void {
    this.log.push('uncork');
  }
  get bytes(): number[] {
    return this.log.flatMap((entry) => (typeof entry === 'string' ? [] : [...entry]));
  }
}

const allocate = (bytes: number): Uint8Array => new Uint8Array(bytes);

describe('a RawSocket writer', () => {
  it('puts the small frames of a turn into one piece', () => {
    const stream = new Stream();
    const writer = new RawSocketWriter(stream, allocate);
    const frames = [[1, 2, 3], [], [4]].map((octets) => new Uint8Array(octets));
    for (const frame of frames) writer.add(RawSocketFrame.Message, frame);
    writer.add(RawSocketFrame.Pong, new Uint8Array([9]));
    expect(stream.log).toEqual([]);
    expect(writer.bufferedBytes).toBe(4 * 4 + 5);
    writer.flush();
    expect(stream.log).toHaveLength(1);
    expect(stream.bytes).toEqual([0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 1, 4, 2, 0, 0, 1, 9]);
    expect(writer.bufferedBytes).toBe(0);
    writer.flush();
    expect(stream.log).toHaveLength(1);
  });

  it('hands large frames over as they are, in order, in one system call', () => {
    const stream = new Stream();
    const writer = new RawSocketWriter(stream, allocate);
    const large = new Uint8Array(20_000).fill(7);
    const small = new Uint8Array([1, 2]);
    const frames = [small, large, large, small, small];
    for (const frame of frames) writer.add(RawSocketFrame.Message, frame);
    writer.flush();
    expect(stream.log[0]).toBe('cork');
    expect(stream.log.at(-1)).toBe('uncork');
    expect(stream.log.filter((entry) => entry === large)).toHaveLength(2);
    expect(stream.bytes).toEqual(
      frames.flatMap((frame) => [...encodeRawSocketFrame(RawSocketFrame.Message, frame)]),
    );
  });

  it('RAW-014: writes the 25th bit of the length', () => {
    const stream = new Stream();
    const writer = new RawSocketWriter(stream, allocate);
    const longest = new Uint8Array(RAWSOCKET_MAX_LIMIT);
    writer.add(RawSocketFrame.Message, longest);
    writer.add(RawSocketFrame.Message, longest.subarray(1));
    const prefixes = stream.log.filter((entry) => typeof entry !== 'string' && entry.length === 4);
    expect(prefixes).toEqual([new Uint8Array([8, 0, 0, 0]), new Uint8Array([0, 0xff, 0xff, 0xff])]);
  });
});
