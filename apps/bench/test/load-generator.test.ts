/** The load generator sees what is wrong: it is shown routers that are. */
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { afterEach, describe, expect, it } from 'vitest';
import { prepareCalls, startCalls } from '../src/load/call-load.js';
import { startEvents } from '../src/load/event-load.js';
import { Latencies } from '../src/load/latencies.js';
import { Measurement } from '../src/load/measurement.js';
import { PayloadTemplate } from '../src/load/payload.js';
import { FORMATS, HEAD_BYTES, type FormatName, type Head } from '../src/wire/format.js';

const servers: WebSocketServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    for (const client of server.clients) client.terminate();
    server.close();
  }
});

type Message = unknown[];

/** The least that looks like a router, in JSON: one callee, one topic. What it passes on can be bent. */
async function routerThat(bends: (message: Message) => Message): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  let callee: WebSocket | undefined = undefined;
  const subscribers: WebSocket[] = [];
  const callers = new Map<number, [WebSocket, number]>();
  let last = 0;
  const send = (to: WebSocket, message: Message): void => to.send(JSON.stringify(message));
  server.on('connection', (socket) => {
    socket.on('message', (bytes: Buffer) => {
      const message = JSON.parse(bytes.toString('utf8')) as Message;
      const [kind, id] = message as [number, number];
      if (kind === 1) send(socket, [2, 1, {}]);
      else if (kind === 64) {
        callee = socket;
        send(socket, [65, id, 7]);
      } else if (kind === 32) {
        subscribers.push(socket);
        send(socket, [33, id, 9]);
      } else if (kind === 48) {
        callers.set((last += 1), [socket, id]);
        send(callee!, bends([68, last, 7, {}, ...message.slice(4)]));
      } else if (kind === 70) {
        const [caller, request] = callers.get(id)!;
        send(caller, bends([50, request, ...message.slice(2)]));
      } else if (kind === 16) {
        for (const subscriber of subscribers) send(subscriber, bends([36, 9, 1, {}, ...message.slice(4)]));
      }
    });
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function callsThrough(bends: (message: Message) => Message): Promise<Measurement> {
  const url = await routerThat(bends);
  const measurement = new Measurement();
  const spec = { url, format: 'json', shape: 'text', bytes: 64, callers: 2, callees: 1, depth: 4 } as const;
  startCalls(await prepareCalls(spec, measurement, 'com.example.echo'), spec.depth);
  const { done } = await measurement.take(process.pid, 1, 20);
  expect(done).toBeGreaterThan(0);
  return measurement;
}

async function eventsThrough(bends: (message: Message) => Message): Promise<Measurement> {
  const url = await routerThat(bends);
  const measurement = new Measurement();
  await startEvents({ url, format: 'json', shape: 'text', bytes: 64, subscribers: 3, depth: 2 }, measurement);
  await measurement.take(process.pid, 1, 20);
  return measurement;
}

const isResult = (message: Message): boolean => message[0] === 50;

describe('the load generator', () => {
  it('is content with right answers', async () => {
    expect(await callsThrough((message) => message)).toMatchObject({ errors: 0, comparedByValue: 0 });
    expect(await eventsThrough((message) => message)).toMatchObject({ errors: 0, comparedByValue: 0 });
  });

  it('sees an answer with another payload', async () => {
    const bent = (message: Message): Message =>
      isResult(message) ? [...message.slice(0, 3), [...(message[3] as unknown[]), 'more']] : message;
    expect((await callsThrough(bent)).errors).toBeGreaterThan(0);
  });

  it('sees the answer to another call', async () => {
    let former: unknown = ['00000000', ''];
    const bent = (message: Message): Message => {
      if (!isResult(message)) return message;
      const payload = former;
      former = message[3];
      return [...message.slice(0, 3), payload];
    };
    const measurement = await callsThrough(bent);
    expect(measurement.faults[0]).toContain('a wrong answer');
  });

  it('sees answers to no call, refused calls and invocations of something else', async () => {
    const wrongId = (message: Message): Message =>
      isResult(message) && message[1] === 3 ? [50, 4_000, ...message.slice(2)] : message;
    expect((await callsThrough(wrongId)).faults.join()).toContain('an answer to no call');
    const refused = (message: Message): Message =>
      isResult(message) && message[1] === 3 ? [8, 48, 3, {}, 'wamp.error.unavailable'] : message;
    expect((await callsThrough(refused)).faults.join()).toContain('refused');
    const elsewhere = (message: Message): Message =>
      message[0] === 68 ? [68, message[1], 8, ...message.slice(3)] : message;
    expect((await callsThrough(elsewhere)).faults.join()).toContain('something else');
  });

  it('compares by value what has other bytes, and details with something in them', async () => {
    const bent = (message: Message): Message =>
      isResult(message) ? [50, message[1], { a: 1 }, message[3]] : message;
    const measurement = await callsThrough(bent);
    expect(measurement.errors).toBe(0);
    expect(measurement.comparedByValue).toBeGreaterThan(0);
  });

  it('sees events that are changed, and events in another order', async () => {
    const changed = (message: Message): Message =>
      message[0] === 36 ? [...message.slice(0, 4), ['x']] : message;
    expect((await eventsThrough(changed)).errors).toBeGreaterThan(0);
  });
});

describe('heads of messages, read and written in place', () => {
  const ids = [1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53];

  it.each(['json', 'msgpack', 'cbor'] as const)('%s: are what the serializer says', (name: FormatName) => {
    const format = FORMATS[name];
    const payload = new PayloadTemplate(format, name === 'json' ? 'text' : 'bytes', 40);
    payload.mark(3, 0xabcdef);
    expect(payload.nonce).toBe('03abcdef');
    for (const id of ids) {
      const out = Buffer.alloc(HEAD_BYTES + 100);
      const length = format.writeHead(out, 0, 48, id, 5, format.between('com.example.echo'));
      const frame = Buffer.concat([out.subarray(0, length), payload.bytes, format.closing]);
      const read = format.decode(frame);
      expect([read[0], Number(read[1]), read[2], read[3]]).toEqual([48, id, {}, 'com.example.echo']);

      const head: Head = { kind: 0, first: 0, second: 0, tail: 0, end: 0 };
      for (const message of [
        [50, id, {}, payload.markedArgs()],
        [68, id, 7, {}, payload.markedArgs()],
      ]) {
        const bytes = format.encode(message);
        if (!format.readHead(bytes, 0, bytes.length, head)) continue;
        expect([head.kind, head.first]).toEqual([message[0], id]);
        if (message[0] === 68) expect(head.second).toBe(7);
        expect(bytes.subarray(head.tail, head.end)).toEqual(payload.bytes);
      }
    }
  });
});

describe('latencies', () => {
  it('give quantiles to three percent', () => {
    const latencies = new Latencies();
    for (let ms = 1; ms <= 1_000; ms += 1) latencies.add(ms);
    for (const part of [0.01, 0.5, 0.99]) {
      expect(Math.abs(latencies.quantile(part) / (part * 1_000_000) - 1)).toBeLessThan(0.03);
    }
    expect(new Latencies().quantile(0.5)).toBeNaN();
  });
});
