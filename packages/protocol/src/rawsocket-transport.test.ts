import { describe, expect, it } from 'vitest';
import { encodeRawSocketFrame, RawSocketFrame } from './rawsocket.js';
import { RawSocketTransport, type RawSocketParts } from './rawsocket-transport.js';
import type { Serializer } from './serializer.js';
import type { TransportClosed } from './transport.js';

const serializer = { format: 'json' } as Serializer;

/** A stream, an event loop and a clock that a test turns by hand. */
class World {
  writableLength = 0;
  readonly log: string[] = [];
  readonly written: number[] = [];
  readonly #due: { flush(): void }[] = [];
  readonly #timers = new Set<() => void>();
  readonly transport: RawSocketTransport;

  constructor(parts: Partial<RawSocketParts> = {}) {
    this.transport = new RawSocketTransport({
      stream: this,
      host: {
        allocate: (bytes) => new Uint8Array(bytes),
        flushSoon: (link) => void this.#due.push(link),
        startTimer: (_ms, elapsed) => {
          this.#timers.add(elapsed);
          return () => this.#timers.delete(elapsed);
        },
      },
      serializer,
      info: {},
      maxSendBytes: 512,
      maxReceiveBytes: 512,
      closeTimeoutMs: 1000,
      mayPing: true,
      ...parts,
    });
  }

  write(bytes: Uint8Array): void {
    this.written.push(...bytes);
  }
  cork(): void {
    this.log.push('cork');
  }
  uncork(): void {
    this.log.push('uncork');
  }
  pause(): void {
    this.log.push('pause');
  }
  resume(): void {
    this.log.push('resume');
  }
  end(): void {
    this.log.push('end');
  }
  destroy(): void {
    this.log.push('destroy');
  }
  turn(): void {
    for (const link of this.#due.splice(0)) link.flush();
  }
  timePasses(): void {
    for (const elapsed of [...this.#timers]) elapsed();
  }
  get timers(): number {
    return this.#timers.size;
  }

  receive(frame: Uint8Array): void {
    this.log.push(`frame ${new TextDecoder().decode(frame)}`);
  }
  violated(sentence: string): void {
    this.log.push(`violated ${sentence}`);
  }
  drained(): void {
    this.log.push('drained');
  }
  closed(how: TransportClosed): void {
    this.log.push(`closed ${how.wasClean ? 'clean' : 'cut'} ${how.reason}`);
  }
}

const frameOf = (type: RawSocketFrame, ...octets: number[]): Uint8Array =>
  encodeRawSocketFrame(type, new Uint8Array(octets));

describe('the end of a RawSocket transport', () => {
  it('before it was opened is announced after that, once', async () => {
    const world = new World();
    world.transport.streamFailed('reset');
    world.transport.streamClosed();
    world.transport.streamClosed();
    world.transport.open(world);
    expect(world.log).toEqual([]);
    await Promise.resolve();
    await Promise.resolve();
    expect(world.log).toEqual(['closed cut reset']);
    expect(() => world.transport.open(world)).toThrow('open already');
  });

  it('by this side writes what waits, ends the stream and drops what still comes', () => {
    const world = new World();
    world.transport.open(world);
    world.transport.send(new Uint8Array([1]));
    world.transport.close('normal');
    expect(world.written).toEqual([0, 0, 0, 1, 1]);
    world.transport.streamData(frameOf(RawSocketFrame.Message, 65));
    world.transport.streamEnded();
    world.transport.streamClosed();
    world.turn();
    expect(world.log).toEqual(['resume', 'end', 'resume', 'closed clean closed by this side (normal)']);
    expect(world.timers).toBe(0);
  });

  it('does not wait for the peer for ever', () => {
    const world = new World();
    world.transport.open(world);
    world.transport.close('normal', 'done');
    world.timePasses();
    world.transport.streamClosed();
    expect(world.log).toEqual(['resume', 'end', 'resume', 'destroy', 'closed cut done']);
  });

  it('by the peer ends this side too, behind what waits', () => {
    const world = new World();
    world.transport.open(world);
    world.transport.send(new Uint8Array([1]));
    world.transport.streamEnded();
    expect(world.written).toHaveLength(5);
    world.transport.send(new Uint8Array([2]));
    world.transport.streamClosed();
    expect(world.log).toEqual(['resume', 'end', 'closed cut closed by the peer']);
    expect(world.written).toHaveLength(5);
  });

  it('without any word is a lost connection', () => {
    const world = new World();
    world.transport.open(world);
    world.transport.streamClosed();
    expect(world.log).toEqual(['resume', 'closed cut connection lost']);
  });
});

describe('signs of life over RawSocket', () => {
  it('are PINGs with a number, answered by their own PONG only', () => {
    const world = new World();
    world.transport.open(world);
    const answers: boolean[] = [];
    world.transport.probe?.(1000, (isAlive) => answers.push(isAlive));
    world.turn();
    expect(world.written).toEqual([1, 0, 0, 4, 0, 0, 0, 1]);
    world.transport.streamData(frameOf(RawSocketFrame.Pong, 0, 0, 0, 2));
    expect(answers).toEqual([]);
    world.transport.streamData(frameOf(RawSocketFrame.Pong, 0, 0, 0, 1));
    world.transport.streamData(frameOf(RawSocketFrame.Pong, 0, 0, 0, 1));
    expect(answers).toEqual([true]);
    expect(world.timers).toBe(0);
  });

  it('that do not come in time are told', () => {
    const world = new World();
    world.transport.open(world);
    const answers: boolean[] = [];
    world.transport.probe?.(1000, (isAlive) => answers.push(isAlive));
    world.timePasses();
    expect(answers).toEqual([false]);
  });

  it('of a paused transport cannot be seen: it counts as alive', async () => {
    const world = new World();
    world.transport.open(world);
    world.transport.pause();
    expect(await new Promise((resolve) => world.transport.probe?.(1000, resolve))).toBe(true);
  });

  it('cannot be asked for while the peer has not sent a PING itself', () => {
    const world = new World({ mayPing: false });
    world.transport.open(world);
    expect(world.transport.probe).toBeUndefined();
    world.transport.ping();
    world.turn();
    expect(world.written).toEqual([]);
    world.transport.streamData(frameOf(RawSocketFrame.Ping));
    expect(world.transport.probe).toBeDefined();
    world.transport.ping();
    world.turn();
    expect(world.written).toEqual([2, 0, 0, 0, 1, 0, 0, 0]);
  });

  it('can be asked for once it is told that the peer understands PING', () => {
    const world = new World({ mayPing: false });
    world.transport.open(world);
    world.transport.allowPing();
    expect(world.transport.probe).toBeDefined();
    world.transport.ping();
    world.turn();
    expect(world.written).toEqual([1, 0, 0, 0]);
  });

  it('are what arrives, and for a peer that cannot be asked also what it takes', () => {
    const asked = new World();
    expect(asked.transport.takeSignOfLife()).toBe(true);
    expect(asked.transport.takeSignOfLife()).toBe(false);
    asked.transport.streamData(new Uint8Array(0));
    expect(asked.transport.takeSignOfLife()).toBe(true);

    const unknown = new World({ mayPing: false });
    unknown.transport.takeSignOfLife();
    expect(unknown.transport.takeSignOfLife()).toBe(true);
    unknown.transport.send(new Uint8Array(100));
    expect(unknown.transport.takeSignOfLife()).toBe(false);
    unknown.turn();
    unknown.writableLength = 50;
    expect(unknown.transport.takeSignOfLife()).toBe(true);
    expect(unknown.transport.takeSignOfLife()).toBe(false);
    unknown.writableLength = 0;
    unknown.transport.streamDrained();
    expect(unknown.transport.takeSignOfLife()).toBe(true);
  });
});
