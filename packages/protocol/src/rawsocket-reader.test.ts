import { describe, expect, it } from 'vitest';
import { encodeRawSocketFrame, RawSocketFrame } from './rawsocket.js';
import { RawSocketReader } from './rawsocket-reader.js';

class Sink {
  readonly log: string[] = [];
  readonly payloads: Uint8Array[] = [];

  frame(type: RawSocketFrame, payload: Uint8Array): void {
    this.payloads.push(payload);
    this.log.push(`${type}:${new TextDecoder().decode(payload)}`);
  }
  broken(sentence: string): void {
    this.log.push(`broken: ${sentence}`);
  }
}

const message = (text: string): Uint8Array =>
  encodeRawSocketFrame(RawSocketFrame.Message, new TextEncoder().encode(text));
const joined = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

/** Numbers that look random and are the same in every run. */
function* sequence(seed: number): Generator<number> {
  for (let state = seed; ;) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    yield state;
  }
}

describe('a RawSocket reader', () => {
  it('cuts a chunk into frames, as views of it', () => {
    const sink = new Sink();
    const chunk = joined(
      message('one'),
      encodeRawSocketFrame(RawSocketFrame.Ping, new Uint8Array(0)),
      message('two'),
    );
    new RawSocketReader(sink, 512).read(chunk);
    expect(sink.log).toEqual(['0:one', '1:', '0:two']);
    expect(sink.payloads.every(({ buffer }) => buffer === chunk.buffer)).toBe(true);
  });

  it('finds the same frames in whatever pieces they come (seed 1)', () => {
    const random = sequence(1);
    const next = (below: number): number => random.next().value! % below;
    for (let round = 0; round < 200; round++) {
      const texts = Array.from({ length: 1 + next(6) }, () => 'x'.repeat(next(round % 7 === 0 ? 9000 : 40)));
      const stream = joined(...texts.map(message));
      const sink = new Sink();
      const reader = new RawSocketReader(sink, 2 ** 24);
      for (let at = 0; at < stream.length;) {
        const to = at + 1 + next(round % 3 === 0 ? 5 : 3000);
        reader.read(stream.slice(at, to));
        at = to;
      }
      expect(sink.log).toEqual(texts.map((text) => `0:${text}`));
      expect(reader.isAtBoundary).toBe(true);
    }
  });

  it('takes no memory for a length that is only announced', () => {
    let taken = 0;
    const reader = new RawSocketReader(new Sink(), 2 ** 24, (bytes) => {
      taken += bytes;
      return new Uint8Array(bytes);
    });
    reader.read(new Uint8Array([0, 0xff, 0xff, 0xff]));
    expect(taken).toBe(0);
    reader.read(new Uint8Array(100));
    expect(taken).toBeLessThanOrEqual(4096);
    reader.read(new Uint8Array(10_000));
    expect(taken).toBeLessThanOrEqual(4096 + 16 * 10_100);
    expect(reader.isAtBoundary).toBe(false);
  });

  it('RAW-012, RAW-015: stops at the first fault, also at one whose prefix was cut', () => {
    for (const fault of [
      [0, 0, 2, 1],
      [5, 0, 0, 0],
      [8, 0, 0, 9],
      [0x40, 0, 0, 0],
    ]) {
      const whole = new Sink();
      new RawSocketReader(whole, 512).read(joined(message('a'), new Uint8Array(fault), message('b')));
      const cut = new Sink();
      const reader = new RawSocketReader(cut, 512);
      reader.read(joined(message('a'), new Uint8Array(fault.slice(0, 2))));
      reader.read(joined(new Uint8Array(fault.slice(2)), message('b')));
      reader.read(message('c'));
      for (const { log } of [whole, cut]) {
        expect(log).toEqual(['0:a', expect.stringMatching(/^broken: the frame/)]);
      }
    }
  });

  it('delivers nothing after it was stopped, in the middle of a chunk either', () => {
    const sink = new Sink();
    const reader = new RawSocketReader(
      {
        frame: (type, payload) => {
          sink.frame(type, payload);
          reader.stop();
        },
        broken: () => undefined,
      },
      512,
    );
    reader.read(joined(message('a'), message('b')));
    reader.read(message('c'));
    expect(sink.log).toEqual(['0:a']);
  });
});
