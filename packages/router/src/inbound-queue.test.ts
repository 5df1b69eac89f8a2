import {
  CallMessage,
  createTransportPair,
  EMPTY_DICT,
  Payload,
  type Message,
  type Transport,
} from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { expect, it } from 'vitest';
import { BentTransport } from '../test/bent-transport.fixture.js';
import { Hold, InboundQueue } from './inbound-queue.js';

const LIMITS = { parkedMessages: 300, parkedBytes: 1_000 };
const call = (request: number): CallMessage => new CallMessage(request, EMPTY_DICT, 'a.b');
const idOf = (message: Message): number => (message as CallMessage).request;

function make(process: (message: Message, queue: InboundQueue) => void): {
  queue: InboundQueue;
  transport: BentTransport;
} {
  const inner: Transport = createTransportPair(cbor())[0];
  const transport = new BentTransport(inner);
  const queue = new InboundQueue(transport, LIMITS, (message) => {
    process(message, queue);
  });
  return { queue, transport };
}

it('keeps the order, and lets the transport run again when nothing waits', () => {
  const seen: number[] = [];
  const { queue, transport } = make((message) => seen.push(idOf(message)));
  queue.hold(Hold.Decision);
  for (const id of [1, 2, 3]) queue.park(call(id), 10);
  expect(queue.size).toBe(3);
  queue.release(Hold.Decision);
  expect(seen).toEqual([1, 2, 3]);
  expect(queue.size).toBe(0);
  expect(transport.calls).toEqual(['pause', 'resume']);
});

it('waits for both reasons to go', () => {
  const seen: number[] = [];
  const { queue, transport } = make((message) => seen.push(idOf(message)));
  queue.hold(Hold.Decision);
  queue.hold(Hold.Congestion);
  queue.park(call(1), 10);
  queue.release(Hold.Decision);
  queue.release(Hold.Decision);
  expect([seen, queue.isHeld]).toEqual([[], true]);
  queue.release(Hold.Congestion);
  expect([seen, queue.isHeld]).toEqual([[1], false]);
  expect(transport.calls).toEqual(['pause', 'resume']);
});

it('stops when a message holds it again, and goes on from there', () => {
  const seen: number[] = [];
  const { queue } = make((message, own) => {
    seen.push(idOf(message));
    own.hold(Hold.Decision);
    if (idOf(message) % 3 === 0) own.release(Hold.Decision); // decided at once
  });
  queue.hold(Hold.Decision);
  for (let id = 1; id <= 250; id += 1) expect(queue.park(call(id), 2)).toBe(true);
  while (queue.size > 0) {
    queue.release(Hold.Decision);
    queue.park(call(seen.at(-1)! + 1_000), 2);
    if (seen.length > 400) break;
  }
  expect(seen.slice(0, 250)).toEqual(Array.from({ length: 250 }, (_, index) => index + 1));
  expect(queue.size).toBeGreaterThan(0);
});

it('is bounded by number and by bytes, and counts only what still waits', () => {
  const { queue } = make((_, own) => {
    own.hold(Hold.Decision);
  });
  queue.hold(Hold.Decision);
  expect(queue.park(call(1), 5_000)).toBe(true); // one may be larger than the limit
  expect(queue.park(call(2), 1)).toBe(false);
  queue.release(Hold.Decision);
  for (let id = 0; id < 300; id += 1) expect(queue.park(call(id), 1)).toBe(true);
  expect(queue.park(call(301), 1)).toBe(false);
});

it('copies payloads out of the frame', () => {
  const codec = cbor();
  const frame = codec.encode(new CallMessage(1, EMPTY_DICT, 'a.b', Payload.of(['text'])));
  const buffer = new Uint8Array(1_000);
  buffer.set(frame);
  let seen: readonly unknown[] = [];
  const { queue } = make((message) => (seen = (message as CallMessage).payload.args));
  queue.hold(Hold.Decision);
  queue.park(codec.decode(buffer.subarray(0, frame.length)), frame.length);
  buffer.fill(0xff);
  queue.release(Hold.Decision);
  expect(seen).toEqual(['text']);
});

it('clearing it forgets what waits, also from within, and the transport runs', () => {
  const seen: number[] = [];
  const { queue, transport } = make((message, own) => {
    seen.push(idOf(message));
    own.clear();
  });
  queue.hold(Hold.Decision);
  queue.park(call(1), 1);
  queue.park(call(2), 1);
  queue.release(Hold.Decision);
  expect([seen, queue.size, queue.isHeld]).toEqual([[1], 0, false]);
  queue.hold(Hold.Congestion);
  queue.clear();
  expect(transport.calls).toEqual(['pause', 'resume', 'pause', 'resume']);
});
