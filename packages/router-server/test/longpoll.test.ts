import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { connect } from '@wamp/client';
import { longPoll } from '@wamp/client/long-poll';
import { Router } from '@wamp/router';
import { listen, type ListenOptions, type RouterServer } from '../src/listen.js';
import type { ConnectionRefused } from '../src/ws-listener.js';
import { RecordingAcceptor } from './acceptor.fixture.js';
import { BytePeer } from './byte-peer.fixture.js';
import { longPollPair } from './longpoll-pair.fixture.js';
import { bytes, transportCases, turn } from './transport-cases.fixture.js';

transportCases('long-poll, text', () => longPollPair('wamp.2.json'), false);
transportCases('long-poll, binary', () => longPollPair('wamp.2.cbor'), false);

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Started {
  readonly server: RouterServer;
  readonly acceptor: RecordingAcceptor;
  readonly refusals: ConnectionRefused[];
}

async function start(options: ListenOptions = {}): Promise<Started> {
  const acceptor = new RecordingAcceptor();
  const refusals: ConnectionRefused[] = [];
  const observer = { refused: (refusal: ConnectionRefused) => refusals.push(refusal) };
  const server = await listen(acceptor, {
    port: 0,
    closeTimeoutMs: 200,
    longPoll: true,
    observer,
    ...options,
  });
  cleanups.push(() => server.close({ graceMs: 20 }));
  return { server, acceptor, refusals };
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly type: string | null;
}

async function post(
  { port }: RouterServer,
  path: string,
  body?: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}/lp/${path}`, {
    method: 'POST',
    headers,
    body: (body as string | undefined) ?? null,
  });
  return {
    status: response.status,
    body: Buffer.from(await response.arrayBuffer()).toString('latin1'),
    type: response.headers.get('content-type'),
  };
}

/** @returns the id of a transport */
async function opened(server: RouterServer, protocol = 'wamp.2.json'): Promise<string> {
  const { body } = await post(server, 'open', JSON.stringify({ protocols: [protocol] }));
  return (JSON.parse(body) as { transport: string }).transport;
}

describe('opening a long-poll transport', () => {
  it.each([
    [['wamp.2.json'], 'wamp.2.json'],
    [['wamp.2.flatbuffers', 'wamp.2.cbor.batched', 'wamp.2.json'], 'wamp.2.cbor.batched'],
  ])('LP-001: of %j the first that the router speaks is taken', async (protocols, chosen) => {
    const { server, acceptor } = await start();
    const { status, body, type } = await post(server, 'open', JSON.stringify({ protocols }));
    expect({ status, type }).toEqual({ status: 200, type: 'application/json' });
    expect(JSON.parse(body)).toEqual({
      protocol: chosen,
      transport: expect.stringMatching(/^[\w-]{32}$/) as string,
    });
    const { transport } = await acceptor.connection();
    expect(transport.info).toMatchObject({ type: 'longpoll', protocol: chosen });
  });

  it.each([
    ['{"protocols":["wamp.2.flatbuffers"]}', 'No common protocol'],
    ['{"protocols":[]}', 'No common protocol'],
    ['{"protocols":["wamp.2.json",7]}', 'The body has to be'],
    ['{"protocols":"wamp.2.json"}', 'The body has to be'],
    ['["wamp.2.json"]', 'The body has to be'],
    ['{"protocols":', 'The body has to be'],
    ['', 'The body has to be'],
    [`{"protocols":["${'x'.repeat(5000)}"]}`, 'The body has to be'],
  ])('LP-002: %.40s is answered with 400', async (body, sentence) => {
    const { server, acceptor, refusals } = await start();
    const answer = await post(server, 'open', body);
    expect(answer.status).toBe(400);
    expect(answer.body).toContain(sentence);
    expect(refusals.map(({ status }) => status)).toEqual([400]);
    expect(acceptor.transports).toHaveLength(0);
  });

  it('is refused beyond the number of connections, and where it is not spoken', async () => {
    const { server } = await start({ maxConnections: 1 });
    await opened(server);
    expect((await post(server, 'open', '{"protocols":["wamp.2.json"]}')).status).toBe(503);
    const without = await start({ longPoll: false });
    expect((await post(without.server, 'open', '{"protocols":["wamp.2.json"]}')).status).toBe(404);
  });

  it('is for the pages of allowed origins only, which are told so', async () => {
    const { server, refusals } = await start({ allowedOrigins: ['https://app.example'] });
    const body = '{"protocols":["wamp.2.json"]}';
    const refused = await post(server, 'open', body, { origin: 'https://evil.example' });
    expect(refused.status).toBe(403);
    expect(refusals.map(({ status }) => status)).toEqual([403]);
    const url = `http://127.0.0.1:${server.port}/lp/open`;
    const headers = { origin: 'https://app.example' };
    const preflight = await fetch(url, { method: 'OPTIONS', headers });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(preflight.headers.get('access-control-allow-headers')).toBe('content-type');
    expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(200);
  });

  it('needs POST', async () => {
    const { server } = await start();
    const answer = await fetch(`http://127.0.0.1:${server.port}/lp/open`);
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
  });
});

describe('sending over long-poll', () => {
  it('LP-003: is answered with 202, an empty body and a broken batch with 400', async () => {
    const { server, acceptor } = await start();
    const id = await opened(server);
    expect(await post(server, `${id}/send`, '[1]')).toMatchObject({ status: 202, body: '' });
    const { receiver } = await acceptor.connection();
    expect(receiver.texts).toEqual(['[1]']);
    expect((await post(server, `${id}/send`, '')).status).toBe(400);
    const batched = await opened(server, 'wamp.2.json.batched');
    expect((await post(server, `${batched}/send`, '[1]\u001e[2]')).status).toBe(400);
    expect((await acceptor.connection(1)).receiver.violations).toHaveLength(1);
  });

  it('ORDER-009: a batch is delivered in order, and so are requests that overlap', async () => {
    const { server, acceptor } = await start();
    const id = await opened(server, 'wamp.2.cbor.batched');
    expect((await post(server, `${id}/send`, '\0\0\0\u0001a\0\0\0\u0001b')).status).toBe(202);
    const slow = httpRequest({
      port: server.port,
      host: '127.0.0.1',
      path: `/lp/${id}/send`,
      method: 'POST',
    });
    slow.write('\0\0\0');
    // The next one, on a connection of its own, is there before this one's body is.
    const { receiver } = await acceptor.connection();
    await new Promise((resolve) => slow.once('socket', resolve));
    while (slow.socket?.bytesWritten === 0 || slow.socket?.connecting !== false) await turn();
    const first = once(slow, 'response');
    const second = post(server, `${id}/send`, '\0\0\0\u0001d');
    slow.end('\u0001c');
    await Promise.all([first, second]);
    await receiver.frameCount(4);
    expect([...receiver.texts].sort()).toEqual(['a', 'b', 'c', 'd']);
    expect(receiver.texts.slice(0, 2)).toEqual(['a', 'b']);
  });

  it('of more than the limit is answered with 400, and the transport lasts', async () => {
    const { server, acceptor } = await start({ maxMessageBytes: 1024 });
    const id = await opened(server);
    expect((await post(server, `${id}/send`, 'x'.repeat(1025))).status).toBe(400);
    expect((await post(server, `${id}/send`, 'x'.repeat(1024))).status).toBe(202);
    expect((await acceptor.connection()).receiver.frames).toHaveLength(1);
  });

  it('waits while the router cannot take more, and is not delivered after the end', async () => {
    const { server, acceptor } = await start();
    const id = await opened(server);
    const { transport, receiver } = await acceptor.connection();
    transport.pause();
    const first = post(server, `${id}/send`, '[1]');
    const second = post(server, `${id}/send`, '[2]');
    await post(server, 'open', '{"protocols":["wamp.2.json"]}');
    expect(receiver.frames).toHaveLength(0);
    transport.resume();
    expect([(await first).status, (await second).status]).toEqual([202, 202]);
    expect(receiver.texts).toHaveLength(2);
    transport.pause();
    const third = post(server, `${id}/send`, '[3]');
    while ((await post(server, 'open', '{"protocols":["wamp.2.json"]}')).status !== 200) await turn();
    transport.terminate('enough');
    expect((await third).status).toBe(404);
    expect(receiver.texts).toHaveLength(2);
  });

  it('of very many requests at once is refused beyond a number', async () => {
    const { server, acceptor } = await start();
    const id = await opened(server);
    const { transport } = await acceptor.connection();
    transport.pause();
    const answers = Array.from({ length: 40 }, () => post(server, `${id}/send`, '[1]'));
    const [early] = await Promise.all([Promise.race(answers)]);
    expect(early.status).toBe(429);
    transport.resume();
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([202, 429]));
  });
});

describe('receiving over long-poll', () => {
  it('LP-004: waits for a message, and brings exactly one', async () => {
    const { server, acceptor } = await start();
    const id = await opened(server);
    const { transport } = await acceptor.connection();
    const waiting = post(server, `${id}/receive`);
    transport.send(bytes('[1]'));
    transport.send(bytes('[2]'));
    expect(await waiting).toEqual({ status: 200, body: '[1]', type: 'application/json' });
    expect((await post(server, `${id}/receive`)).body).toBe('[2]');
  });

  it('LP-005: brings all that waits, in one batch', async () => {
    const { server, acceptor } = await start();
    const id = await opened(server, 'wamp.2.json.batched');
    const { transport } = await acceptor.connection();
    for (const text of ['[1]', '[2]', '[3]']) transport.send(bytes(text));
    expect((await post(server, `${id}/receive`)).body).toBe('[1]\u001e[2]\u001e[3]\u001e');
    const binary = await opened(server, 'wamp.2.msgpack.batched');
    const second = await acceptor.connection(1);
    for (const text of ['a', 'b']) second.transport.send(bytes(text));
    expect(await post(server, `${binary}/receive`)).toEqual({
      status: 200,
      body: '\0\0\0\u0001a\0\0\0\u0001b',
      type: 'application/x-msgpack',
    });
  });

  it('LP-007: whatever stands in the query is ignored', async () => {
    const { server, acceptor } = await start();
    const { body } = await post(server, 'open?x=1', '{"protocols":["wamp.2.json"]}');
    const { transport: id } = JSON.parse(body) as { transport: string };
    (await acceptor.connection()).transport.send(bytes('[1]'));
    expect((await post(server, `${id}/receive?x=${Date.now()}`)).body).toBe('[1]');
    expect((await post(server, `${id}/send?x=/receive`, '[]')).status).toBe(202);
  });

  it('LP-009: an unknown transport is 404; a second request at a time is 400, and the first one stays', async () => {
    const { server, acceptor } = await start();
    for (const path of [
      'nonsense/receive',
      'nonsense/send',
      'nonsense/close',
      'a/b/c',
      `${'x'.repeat(5000)}/receive`,
    ]) {
      expect((await post(server, path, '[]')).status).toBe(404);
    }
    const id = await opened(server);
    const both = [post(server, `${id}/receive`), post(server, `${id}/receive`)];
    expect((await Promise.race(both)).status).toBe(400);
    const { transport } = await acceptor.connection();
    transport.send(bytes('[1]'));
    const bodies = (await Promise.all(both)).map(({ body }) => body);
    expect(bodies).toContain('[1]');
  });

  it('is answered with nothing after a while, so that no proxy gives up', async () => {
    const { server } = await start({ longPoll: { holdMs: 30 } });
    const id = await opened(server);
    expect(await post(server, `${id}/receive`)).toMatchObject({ status: 204, body: '' });
  });

  it('that is given up by the peer loses nothing', async () => {
    const { server, acceptor } = await start({ longPoll: { holdMs: 3000 } });
    const id = await opened(server);
    const { transport, receiver } = await acceptor.connection();
    const peer = await BytePeer.connect(server.port);
    peer.sends(`POST /lp/${id}/receive HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`);
    // Behind it on the same connection, so that it waits when this has come.
    peer.sends(`POST /lp/${id}/send HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n[]`);
    await receiver.frameCount(1);
    expect((await post(server, `${id}/receive`)).status).toBe(400);
    peer.socket.destroy();
    await peer.closed();
    let answer = await post(server, `${id}/receive?again`);
    while (answer.status === 400) answer = await post(server, `${id}/receive?again`);
    expect(answer.status).toBe(204);
    transport.send(bytes('[1]'));
    expect((await post(server, `${id}/receive`)).body).toBe('[1]');
  });
});

describe('the end of a long-poll transport', () => {
  it('LP-006: by the peer ends the session, and the waiting request', async () => {
    const { server, acceptor } = await start();
    const id = await opened(server);
    const waiting = post(server, `${id}/receive`);
    expect((await post(server, `${id}/close`)).status).toBe(202);
    const { receiver } = await acceptor.connection();
    await receiver.end();
    expect(receiver.closures).toEqual([{ wasClean: false, reason: 'closed by the peer' }]);
    expect([200, 404]).toContain((await waiting).status);
    expect((await post(server, `${id}/receive`)).status).toBe(404);
    expect(server.connections).toBe(0);
  });

  it('LP-008: comes when the peer does not ask for messages any more', async () => {
    const { server, acceptor } = await start({ longPoll: { idleMs: 60 } });
    const id = await opened(server);
    const { receiver } = await acceptor.connection();
    await receiver.end();
    expect(receiver.closures).toEqual([
      { wasClean: false, reason: 'the peer has not asked for messages for 60 ms' },
    ]);
    expect((await post(server, `${id}/receive`)).status).toBe(404);
  });

  it('by the router lets the peer fetch the rest, for a time', async () => {
    const { server, acceptor } = await start({ closeTimeoutMs: 60_000 });
    const id = await opened(server);
    const { transport, receiver } = await acceptor.connection();
    transport.send(bytes('[1]'));
    transport.close('normal', 'done');
    expect((await post(server, `${id}/receive`)).body).toBe('[1]');
    await receiver.end();
    expect(receiver.closures).toEqual([{ wasClean: true, reason: 'done' }]);
    const hasty = await start();
    await opened(hasty.server);
    const late = await hasty.acceptor.connection();
    late.transport.send(bytes('[1]'));
    late.transport.close('normal', 'done');
    await late.receiver.end();
    expect(late.receiver.closures).toEqual([{ wasClean: false, reason: 'done' }]);
  });

  it('comes when messages are lost on their way, because nobody knows which', async () => {
    const { server, acceptor } = await start();
    const id = await opened(server, 'wamp.2.json.batched');
    const { transport, receiver } = await acceptor.connection();
    const peer = await BytePeer.connect(server.port);
    transport.send(Buffer.alloc(64 * 1024 * 1024, 'x'));
    peer.sends(`POST /lp/${id}/receive HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`);
    await peer.bytes(1);
    peer.socket.destroy();
    await receiver.end();
    expect(receiver.closures[0]?.reason).toMatch(/lost while messages were on their way/);
  });
});

it('long-poll against a whole router: two clients call each other, and leave', async () => {
  const router = new Router({ realms: { realm1: {} } });
  const server = await listen(router, { port: 0, longPoll: true });
  cleanups.push(
    () => server.close({ graceMs: 20 }),
    () => router.close(),
  );
  const url = `http://127.0.0.1:${server.port}/lp`;
  const [one, other] = await Promise.all([
    connect(longPoll({ url }), { realm: 'realm1' }),
    connect(longPoll({ url }), { realm: 'realm1' }),
  ]);
  await one.register('com.example.add', ([a, b]: [number, number]) => a + b);
  expect(
    await Promise.all(Array.from({ length: 50 }, (_, i) => other.call('com.example.add', [i, 1]))),
  ).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  await Promise.all([one.close(), other.close()]);
  expect((await one.closed).wasClean).toBe(true);
  await expect(connect(longPoll({ url: `${url}/wrong` }), { realm: 'realm1' })).rejects.toThrow(/HTTP 404/);
});
