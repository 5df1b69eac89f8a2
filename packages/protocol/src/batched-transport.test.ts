import { describe, expect, it } from 'vitest';
import { BatchedTransport } from './batched-transport.js';
import type { Serializer } from './serializer.js';
import type { Transport, TransportClosed, TransportReceiver } from './transport.js';

/** The transport below, its event loop, and the receiver above. */
class World implements Transport {
  readonly serializer: Serializer;
  readonly info = { type: 'test' };
  readonly maxSendBytes = 1000;
  bufferedBytes = 0;
  readonly sent: string[] = [];
  readonly log: string[] = [];
  readonly #flushes: { flush(): void }[] = [];
  readonly #later: (() => void)[] = [];
  inner!: TransportReceiver;
  readonly transport: BatchedTransport;
  onMessage: (text: string) => void = () => undefined;

  constructor(isBinary = false) {
    this.serializer = { isBinary } as Serializer;
    this.transport = new BatchedTransport(this, this.serializer, {
      allocate: (bytes) => new Uint8Array(bytes),
      flushSoon: (link) => void this.#flushes.push(link),
      later: (callback) => void this.#later.push(callback),
    });
    this.transport.open({
      receive: (frame) => {
        const text = new TextDecoder().decode(frame);
        this.log.push(text);
        this.onMessage(text);
      },
      violated: (sentence) => void this.log.push(`violated ${sentence}`),
      drained: () => void this.log.push('drained'),
      closed: ({ reason }: TransportClosed) => void this.log.push(`closed ${reason}`),
    });
  }

  open(receiver: TransportReceiver): void {
    this.inner = receiver;
  }
  send(frame: Uint8Array): void {
    this.sent.push(new TextDecoder().decode(frame));
  }
  pause(): void {
    this.log.push('pause');
  }
  resume(): void {
    this.log.push('resume');
  }
  close(cause: string, reason?: string): void {
    this.log.push(`close ${cause} ${reason}`);
  }
  terminate(reason: string): void {
    this.log.push(`terminate ${reason}`);
  }
  turn(): void {
    for (const link of this.#flushes.splice(0)) link.flush();
  }
  laterTurn(): void {
    for (const callback of this.#later.splice(0)) callback();
  }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a batched transport', () => {
  it('SER-010, SER-015: sends the messages of one turn as one frame, in order', () => {
    const world = new World();
    for (const text of ['[1]', '[2]']) world.transport.send(bytes(text));
    expect(world.sent).toEqual([]);
    expect(world.transport.bufferedBytes).toBe(8);
    world.turn();
    world.transport.send(bytes('[3]'));
    world.turn();
    world.turn();
    expect(world.sent).toEqual(['[1]\u001e[2]\u001e', '[3]\u001e']);
  });

  it('keeps batches below a length that every peer takes, and a large message alone', () => {
    const world = new World();
    for (let i = 0; i < 3; i++) world.transport.send(new Uint8Array(30_000).fill(97));
    world.transport.send(new Uint8Array(100_000).fill(97));
    world.transport.close('normal', 'done');
    expect(world.sent.map(({ length }) => length)).toEqual([60_002, 30_001, 100_001]);
    expect(world.log).toEqual(['close normal done']);
    expect(world.transport.maxSendBytes).toBe(999);
  });

  it('SER-015: delivers the messages of a batch in order', () => {
    const world = new World();
    world.inner.receive(bytes('[1]\u001e[2]\u001e[3]\u001e'));
    expect(world.log).toEqual(['[1]', '[2]', '[3]']);
  });

  it('SER-011: answers with the separator that came', () => {
    const world = new World();
    world.inner.receive(bytes('[1]\u0018'));
    world.transport.send(bytes('[2]'));
    world.turn();
    expect(world.sent).toEqual(['[2]\u0018']);
  });

  it.each([
    ['SER-013: an empty batch', false, new Uint8Array(0)],
    ['SER-013: an empty binary batch', true, new Uint8Array(0)],
    ['SER-014: a wrong length', true, new Uint8Array([0, 0, 0, 9, 1])],
    ['SER-014: a missing end', false, bytes('[1]')],
  ])('%s breaks the transport', (_name, isBinary, batch) => {
    const world = new World(isBinary);
    world.inner.receive(batch);
    expect(world.log).toEqual([expect.stringMatching(/^violated .*batch/)]);
  });

  it('holds the rest of a batch back while it is paused, and what comes behind it', () => {
    const world = new World();
    world.onMessage = (text) => {
      if (text === '[2]') world.transport.pause();
    };
    const batch = bytes('[1]\u001e[2]\u001e[3]\u001e');
    world.inner.receive(batch);
    batch.fill(0);
    world.inner.receive(bytes('[4]\u001e'));
    world.laterTurn();
    expect(world.log).toEqual(['[1]', '[2]', 'pause', 'pause']);
    world.transport.resume();
    world.transport.resume();
    for (let turn = 0; turn < 3; turn++) world.laterTurn();
    expect(world.log.slice(4)).toEqual(['[3]', '[4]', 'resume']);
  });

  it('lets others have their turn within a batch of very many messages', () => {
    const world = new World();
    world.inner.receive(bytes('[]\u001e'.repeat(1000)));
    const first = world.log.filter((entry) => entry === '[]').length;
    expect(first).toBe(256);
    for (let turn = 0; turn < 3; turn++) world.laterTurn();
    expect(world.log.filter((entry) => entry === '[]')).toHaveLength(1000);
    expect(world.log.at(-1)).toBe('resume');
  });

  it('delivers nothing after the end, in the middle of a batch either', () => {
    const world = new World();
    world.onMessage = () => world.transport.terminate('enough');
    world.inner.receive(bytes('[1]\u001e[2]\u001e'));
    world.inner.receive(bytes('[3]\u001e'));
    world.inner.closed({ wasClean: false, reason: 'gone' });
    world.transport.send(bytes('[4]'));
    world.turn();
    expect(world.log).toEqual(['[1]', 'terminate enough', 'closed gone']);
    expect(world.sent).toEqual([]);
  });
});
