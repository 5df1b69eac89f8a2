import { Duplex } from 'node:stream';
import * as ws from 'ws';
import { parseRawSocketPrefix, RAWSOCKET_PREFIX_BYTES, RawSocketFrame } from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import { HeldFrames } from './held-frames.js';
import { APART_BYTES, FLUSH_BYTES } from './limits.js';
import { RAWSOCKET_FRAMING } from './rawsocket-framing.js';
import { WriteBatch } from './write-batch.js';
import { WsFraming } from './ws-framing.js';

interface FrameOptions {
  readonly fin: boolean;
  readonly rsv1: boolean;
  readonly opcode: number;
  readonly mask: boolean;
  readonly readOnly: boolean;
}

/** The part of ws that writes frames; its type declarations leave it out. */
const { Sender } = ws as unknown as { Sender: { frame(data: Buffer, options: FrameOptions): Buffer[] } };

const framing = new WsFraming(true);
const NOTHING = new Uint8Array(0);

/** A stream whose other end takes what is written at once, or only when `takes` is set again. */
class Sink extends Duplex {
  readonly taken: Buffer[] = [];
  writes = 0;
  #waiting: (() => void)[] = [];
  #takes = true;

  override _read(): void {
    // nothing ever comes
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#take([chunk], done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.#take(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  set takes(takes: boolean) {
    this.#takes = takes;
    if (takes) for (const go of this.#waiting.splice(0)) go();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.taken);
  }

  #take(chunks: readonly Buffer[], done: () => void): void {
    this.writes += 1;
    const go = (): void => {
      // Not before the peer takes them: memory that is used again too early would show.
      this.taken.push(...chunks.map((chunk) => Buffer.from(chunk)));
      done();
    };
    if (this.#takes) go();
    else this.#waiting.push(go);
  }
}

function held(stream: Duplex, owner = { isWritable: true, maxSendBytes: Infinity }): HeldFrames {
  return new HeldFrames(stream, new WriteBatch(), framing, owner);
}

/** What ws itself would write. */
function frameOf(content: Uint8Array): Buffer {
  return Buffer.concat(
    Sender.frame(Buffer.from(content), { fin: true, rsv1: false, opcode: 2, mask: false, readOnly: true }),
  );
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The same numbers every time. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('held frames', () => {
  it.each([0, 1, 125, 126, 65_535, 65_536, 1_000_000])(
    'begin as those of ws do, %d bytes',
    async (length) => {
      const stream = new Sink();
      const content = Buffer.alloc(length, 7);
      held(stream).send(content);
      await turn();
      expect(stream.bytes.equals(frameOf(content))).toBe(true);
    },
  );

  it.each([0, 1, 65_536, 2 ** 24 - 1, 2 ** 24])('begin as RawSocket wants it, %d bytes', (length) => {
    const head = Buffer.alloc(RAWSOCKET_PREFIX_BYTES, 0xff);
    expect(RAWSOCKET_FRAMING.writeHead(head, 0, length)).toBe(RAWSOCKET_PREFIX_BYTES);
    expect(parseRawSocketPrefix(head, 0, 2 ** 24)).toMatchObject({
      kind: 'frame',
      type: RawSocketFrame.Message,
      length,
    });
  });

  it('leave in one write at the end of the turn', async () => {
    const stream = new Sink();
    const frames = held(stream);
    for (let n = 0; n < 50; n += 1)
      frames.sendPieces(Buffer.from('head'), 4, Buffer.from('xpayloadx'), 1, 8, 0x5d);
    expect(stream.writes).toBe(0);
    await turn();
    expect(stream.writes).toBe(1);
    const one = frameOf(Buffer.from('headpayload]'));
    expect(stream.bytes.equals(Buffer.concat(new Array<Buffer>(50).fill(one)))).toBe(true);
  });

  it('of a fan-out share one piece of memory', async () => {
    const streams = [new Sink(), new Sink()];
    const event = Buffer.from('an event');
    expect(framing.wireOf(event)).toBe(framing.wireOf(event));
    for (const stream of streams) held(stream).send(event);
    await turn();
    for (const stream of streams) expect(stream.bytes.equals(frameOf(event))).toBe(true);
  });

  it('do not copy long payloads', async () => {
    const stream = new Sink();
    const written: Uint8Array[] = [];
    const write = stream.write.bind(stream) as (chunk: Uint8Array) => boolean;
    stream.write = ((chunk: Uint8Array) => {
      written.push(chunk);
      return write(chunk);
    }) as typeof stream.write;
    const source = Buffer.alloc(APART_BYTES + 2);
    held(stream).sendPieces(Buffer.from('head'), 4, source, 1, APART_BYTES + 1, 0x5d);
    await turn();
    expect(written.some(({ buffer }) => buffer === source.buffer)).toBe(true);
    expect(stream.bytes.length).toBe(4 + 4 + APART_BYTES + 1);
  });

  it('count as buffered until they are taken', async () => {
    const stream = new Sink();
    stream.takes = false;
    const frames = held(stream);
    frames.send(Buffer.alloc(1000));
    expect(frames.bufferedBytes).toBe(1004);
    await turn();
    expect(frames.bufferedBytes).toBe(1004);
    frames.send(Buffer.alloc(500));
    expect(frames.bufferedBytes).toBe(1508);
    await turn();
    stream.takes = true;
    await turn();
    expect(frames.bufferedBytes).toBe(0);
    expect(stream.bytes.length).toBe(1508);
  });

  it('are dropped if nothing may be written any more', async () => {
    const stream = new Sink();
    const owner = { isWritable: true, maxSendBytes: Infinity };
    const frames = held(stream, owner);
    frames.send(Buffer.from('never seen'));
    owner.isWritable = false;
    await turn();
    expect(stream.writes).toBe(0);
    owner.isWritable = true;
    frames.send(Buffer.from('seen'));
    await turn();
    expect(stream.bytes.equals(frameOf(Buffer.from('seen')))).toBe(true);
  });

  it.each([1, 2, 3, 4, 5, 6])('arrive whole and in order, whatever their sizes (seed %d)', async (seed) => {
    const below = randomFrom(seed);
    const stream = new Sink();
    const frames = held(stream);
    const expected: Buffer[] = [];
    const sizes = [3, 60, 200, 1000, 5000, APART_BYTES + 10, FLUSH_BYTES + 10];
    for (let round = 0; round < 60; round += 1) {
      stream.takes = below(3) > 0;
      for (let n = below(40); n > 0; n -= 1) {
        const content = Buffer.alloc(below(sizes[below(sizes.length)]!), below(256));
        expected.push(frameOf(content));
        if (below(3) === 0) frames.send(content);
        else {
          const cut = below(content.length + 1);
          const scratch = Buffer.concat([content.subarray(0, cut), Buffer.from('lent')]);
          const closing = content.length > cut ? content[content.length - 1]! : -1;
          const source = cut === content.length ? NOTHING : content;
          frames.sendPieces(
            scratch,
            cut,
            source,
            source.length && cut,
            source.length && content.length - 1,
            closing,
          );
          scratch.fill(0);
        }
        if (below(50) === 0) frames.flushEarly();
      }
      await turn();
    }
    stream.takes = true;
    await turn();
    expect(stream.bytes.equals(Buffer.concat(expected))).toBe(true);
  });
});
