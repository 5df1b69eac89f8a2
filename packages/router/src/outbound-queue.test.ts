/** What a peer that reads slowly gets, whatever comes for it and whenever it reads. */
import type { SlowPolicy } from '@wamp/broker';
import { EventMessage, Payload, type Transport } from '@wamp/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutboundQueue, type OutboundLimits } from './outbound-queue.js';
import { makeCounters, type DropReason } from './stats.js';

const LIMITS: OutboundLimits = {
  outboundEventBytes: 40,
  outboundLowBytes: 200,
  outboundHighBytes: 1_000_000,
  keptEvents: 4,
  keptEventBytes: 60,
};

/** Subscriptions by their policies; the last two have the same. */
const POLICIES: readonly SlowPolicy[] = ['disconnect', 'drop-oldest', 'drop-newest', 'latest', 'latest'];

/** A line on which frames wait until they are read. */
class Line {
  readonly waiting: Uint8Array[] = [];
  readonly read: number[] = [];
  readonly dropped: DropReason[] = [];
  readonly congestion: boolean[] = [];
  overflows = 0;
  readonly counters = makeCounters();
  readonly queue: OutboundQueue;

  constructor(limits: Partial<OutboundLimits> = {}) {
    const bufferedBytes = (): number => this.waiting.reduce((sum, one) => sum + one.length, 0);
    const transport = {
      send: (one: Uint8Array) => this.waiting.push(one),
      get bufferedBytes() {
        return bufferedBytes();
      },
    } as unknown as Transport;
    this.queue = new OutboundQueue(transport, { ...LIMITS, ...limits }, this.counters, {
      congestionChanged: (isCongested) => this.congestion.push(isCongested),
      outboundOverflowed: () => (this.overflows += 1),
      slowPolicyOf: (event) => POLICIES[event.subscription]!,
      eventDropped: (policy) => this.dropped.push(policy),
    });
  }

  /** The peer reads some frames; the transport tells when it has read all. */
  reads(frames: number): void {
    for (const frame of this.waiting.splice(0, frames)) this.read.push(numberOf(frame));
    if (this.waiting.length === 0) this.queue.drained();
  }

  readsAll(): void {
    while (this.waiting.length > 0) this.reads(1);
  }
}

function frame(number: number, length = 10): Uint8Array {
  const bytes = new Uint8Array(Math.max(length, 4));
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

function numberOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer).getUint32(0);
}

function eventOf(subscription: number, topic?: string): EventMessage {
  return new EventMessage(subscription, 1, topic === undefined ? {} : { topic }, Payload.of([]));
}

const [DISCONNECT, DROP_OLDEST, DROP_NEWEST, LATEST] = [0, 1, 2, 3];

/** A line that has so much to carry that events wait. */
function busy(limits: Partial<OutboundLimits> = {}): Line {
  const line = new Line(limits);
  line.queue.sendEvent(frame(0, 41), eventOf(DISCONNECT));
  return line;
}

describe('events for a peer that has not read what it was sent', () => {
  it('disconnect: all go to the transport', () => {
    const line = busy();
    for (let n = 1; n <= 9; n += 1) line.queue.sendEvent(frame(n), eventOf(DISCONNECT));
    expect(line.waiting).toHaveLength(10);
    expect(line.dropped).toEqual([]);
  });

  it('drop-oldest: the newest wait, as many as may', () => {
    const line = busy();
    for (let n = 1; n <= 9; n += 1) line.queue.sendEvent(frame(n), eventOf(DROP_OLDEST));
    expect(line.waiting).toHaveLength(1);
    line.readsAll();
    expect(line.read).toEqual([0, 6, 7, 8, 9]);
    expect(line.dropped).toEqual(Array(5).fill('drop-oldest'));
  });

  it('drop-oldest: as many bytes as may wait, and one event in any case', () => {
    const line = busy();
    line.queue.sendEvent(frame(1, 30), eventOf(DROP_OLDEST));
    line.queue.sendEvent(frame(2, 31), eventOf(DROP_OLDEST));
    expect(line.dropped).toHaveLength(1);
    line.queue.sendEvent(frame(3, 500), eventOf(DROP_OLDEST));
    line.readsAll();
    expect(line.read).toEqual([0, 3]);
  });

  it('drop-newest: none waits, and they go on when there is room', () => {
    const line = busy();
    for (let n = 1; n <= 3; n += 1) line.queue.sendEvent(frame(n), eventOf(DROP_NEWEST));
    line.readsAll();
    line.queue.sendEvent(frame(4), eventOf(DROP_NEWEST));
    line.readsAll();
    expect(line.read).toEqual([0, 4]);
    expect(line.dropped).toEqual(Array(3).fill('drop-newest'));
  });

  it('latest: the last one of each topic waits, in the order of publication', () => {
    const line = busy();
    const send = (number: number, topic?: string): void =>
      line.queue.sendEvent(frame(number), eventOf(LATEST, topic));
    send(1);
    send(2, 'a');
    send(3, 'b');
    send(4, 'a');
    line.queue.sendEvent(frame(5), eventOf(LATEST + 1, 'a'));
    send(6);
    line.readsAll();
    expect(line.read).toEqual([0, 3, 4, 5, 6]);
    expect(line.dropped).toEqual(['latest', 'latest']);
  });

  it('latest: of too many topics, too, the oldest goes', () => {
    const line = busy();
    for (let n = 1; n <= 6; n += 1) line.queue.sendEvent(frame(n), eventOf(LATEST, `topic ${n}`));
    line.readsAll();
    expect(line.read).toEqual([0, 3, 4, 5, 6]);
    expect(line.dropped).toEqual(['drop-oldest', 'drop-oldest']);
  });

  it('messages behind waiting events keep their places, and none is dropped', () => {
    const line = busy();
    for (let n = 1; n <= 9; n += 1) {
      if (n % 3 === 0) line.queue.send(frame(n));
      else line.queue.sendEvent(frame(n), eventOf(n < 6 ? DROP_OLDEST : LATEST));
    }
    line.readsAll();
    expect(line.read).toEqual([0, 2, 3, 4, 5, 6, 8, 9]);
  });

  it('waiting messages count: they make the session congested, and end it at the high mark', () => {
    const line = busy({ outboundHighBytes: 400 });
    line.queue.sendEvent(frame(1), eventOf(DROP_OLDEST));
    for (let n = 2; n <= 17; n += 1) line.queue.send(frame(n));
    expect(line.congestion).toEqual([true]);
    expect(line.overflows).toBe(0);
    for (let n = 18; n <= 40; n += 1) line.queue.send(frame(n));
    expect(line.overflows).toBeGreaterThan(0);
  });

  it('at the end messages go out, and events do not', () => {
    const line = busy();
    line.queue.sendEvent(frame(1), eventOf(DROP_OLDEST));
    line.queue.send(frame(2));
    line.queue.sendEvent(frame(3), eventOf(LATEST));
    line.queue.end();
    line.queue.send(frame(4));
    line.readsAll();
    expect(line.read).toEqual([0, 2, 4]);
  });
});

const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ type: fc.constant('message' as const), length: fc.nat(30) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('event' as const),
      subscription: fc.nat(POLICIES.length - 1),
      topic: fc.constantFrom('a', 'b'),
      length: fc.nat(30),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('read' as const), frames: fc.integer({ min: 1, max: 6 }) }),
  },
);

describe('any sequence of messages, events and reading', () => {
  it('arrives in order; only events are lost, each is counted, and never the last one of a topic', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const line = new Line();
        const messages: number[] = [];
        const events: number[] = [];
        const last = new Map<string, number>();
        for (const [number, one] of steps.entries()) {
          if (one.type === 'read') {
            line.reads(one.frames);
          } else if (one.type === 'message') {
            messages.push(number);
            line.queue.send(frame(number, one.length));
          } else {
            const { subscription, topic, length } = one;
            const isSure = POLICIES[subscription] === 'disconnect';
            (isSure ? messages : events).push(number);
            if (POLICIES[subscription] === 'latest') last.set(`${subscription} ${topic}`, number);
            line.queue.sendEvent(frame(number, length), eventOf(subscription, topic));
          }
        }
        line.readsAll();
        const { read } = line;
        expect(read).toEqual(read.toSorted((a, b) => a - b));
        expect(messages.filter((number) => !read.includes(number))).toEqual([]);
        expect(read.length + line.dropped.length).toBe(messages.length + events.length);
        expect(line.counters.framesSent).toBe(read.length);
        expect(line.dropped).not.toContain('disconnect');
        const isFull = line.dropped.includes('drop-oldest');
        if (!isFull) expect([...last.values()].filter((number) => !read.includes(number))).toEqual([]);
        expect(line.congestion.at(-1) ?? false).toBe(false);
      }),
      { numRuns: 1000, seed: 1 },
    );
  });
});
