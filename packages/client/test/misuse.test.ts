/** What a developer is told who uses the package wrongly: a sentence with the next step in it. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { MessageKind, Payload, ResultMessage } from '@wamp/protocol';
import { connect, ConnectionError, UsageError, type Client, type ConnectOptions } from '@wamp/client';
import { afterEach, describe, expect, it } from 'vitest';
import { joined, scripted, settle } from './scripted-router.fixture.js';

const servers: Server[] = [];
const sockets: Duplex[] = [];

afterEach(async () => {
  for (const each of sockets.splice(0)) each.destroy();
  for (const each of servers.splice(0)) await new Promise((resolve) => each.close(resolve));
});

async function refusedBy(act: () => unknown): Promise<Error> {
  try {
    await act();
  } catch (error) {
    return error as Error;
  }
  throw new Error('it was not refused');
}

describe('connect', () => {
  it('says that the realm is missing, before it opens anything', async () => {
    for (const options of [undefined, null, {}, { realm: 7 }, 'realm1']) {
      const { transport, router } = scripted();
      const error = await refusedBy(() => connect(transport, options as unknown as ConnectOptions));
      expect(error).toBeInstanceOf(UsageError);
      expect(error.message).toMatch(/^options\.realm is missing.*realm: 'realm1'/);
      expect(router.received).toEqual([]);
    }
  });

  it('says what a target may be', async () => {
    const bare: unknown = Object.create(null);
    for (const target of [null, undefined, 7, 'http://localhost/ws', {}, bare, Symbol('x')]) {
      const error = await refusedBy(() => connect(target as never, { realm: 'realm1' }));
      expect(error).toBeInstanceOf(UsageError);
      expect(error.message).toMatch(
        /^a target is a ws:\/\/ or wss:\/\/ address, a transport or a function, not /,
      );
    }
  });
});

describe('options that are null', () => {
  const NULL = null as never;
  const ways: readonly [string, (client: Client) => Promise<unknown>][] = [
    ['call', (client) => client.call('a.b', [], NULL)],
    ['stream', (client) => client.stream('a.b', [], NULL).result],
  ];

  it.each(ways)('are none for %s', async (_, use) => {
    const { client, router } = await joined();
    const calling = use(client);
    router.sends(new ResultMessage((await router.gets(MessageKind.Call)).request, {}, Payload.of([1])));
    expect(await calling).toBe(1);
  });

  it('are none for upload, register, subscribe, publish and close', async () => {
    const { client, router } = await joined();
    const uploading = client.upload('a.b', [1], NULL);
    const { request } = await router.gets(MessageKind.Call);
    await router.gets(MessageKind.Call);
    router.sends(new ResultMessage(request, {}, Payload.of([1])));
    expect(await uploading).toBe(1);
    const registering = client.register('a.b', () => 1, NULL);
    await router.registers(1);
    expect((await registering).match).toBe('exact');
    const subscribing = client.subscribe('a.b', () => 1, NULL);
    await router.subscribes(1);
    expect((await subscribing).match).toBe('exact');
    expect(await client.publish('a.b', [], NULL)).toBeUndefined();
    await router.gets(MessageKind.Publish);
    const closing = client.close(NULL);
    await router.dismisses();
    await closing;
  });

  it('if they are something else, are refused with a sentence', async () => {
    const { client, router } = await joined();
    const wrong = 5000 as never;
    const ways = [
      () => client.call('a.b', [], wrong),
      () => client.stream('a.b', [], wrong).result,
      () => client.upload('a.b', [], wrong),
      () => client.register('a.b', () => 1, wrong),
      () => client.subscribe('a.b', () => 1, wrong),
      () => client.publish('a.b', [], wrong),
      () => client.close(wrong),
    ];
    for (const way of ways) {
      expect((await refusedBy(way)).message).toMatch(/^the options have to be an object, not 5000$/);
    }
    await settle();
    expect(router.unread).toEqual([]);
  });
});

describe('an option with a value that is not allowed', () => {
  it('is named as the application wrote it, with what is allowed', async () => {
    const { client } = await joined();
    const said = async (act: () => unknown): Promise<string> => (await refusedBy(act)).message;
    const register =
      (options: object): (() => unknown) =>
      () =>
        client.register('a.b', () => 1, options);
    expect(await said(register({ match: 'foo' }))).toBe(
      'match has to be "exact", "prefix" or "wildcard", not "foo"',
    );
    expect(await said(register({ invoke: 'all' }))).toMatch(
      /^invoke has to be "single", .*"roundrobin".*, not "all"$/,
    );
    expect(await said(register({ concurrency: 0 }))).toMatch(
      /^concurrency has to be a whole number from 1 on, not 0$/,
    );
    expect(await said(register({ discloseCaller: 'yes' }))).toBe(
      'discloseCaller has to be true or false, not "yes"',
    );
    expect(await said(() => client.subscribe('a.b', () => 1, { match: 'foo' as never }))).toMatch(
      /"wildcard"/,
    );
    expect(await said(() => client.publish('a.b', [], { exclude: ['a'] as never }))).toBe(
      'exclude has to be a list of session ids, not a list',
    );
    expect(await said(() => client.publish('a.b', [], { eligibleAuthid: 'a' as never }))).toBe(
      'eligibleAuthid has to be a list of strings, not "a"',
    );
  });
});

describe('errors of this side', () => {
  it('say their sentence without a URI, which would look like an answer of the router', async () => {
    const { client } = await joined();
    const error = await refusedBy(() => client.call(7 as never));
    expect(error.message).toBe('a procedure or topic is a string, not number');
    expect(error.stack).not.toMatch(/wamp\.error/);
    expect(new ConnectionError('not there').message).toBe('not there');
  });
});

/** A server of HTTP that answers every upgrade request with this. */
async function answering(status: number, ...body: readonly (string | Buffer)[]): Promise<string> {
  const server = createServer();
  servers.push(server);
  server.on('upgrade', (_, socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.write(`HTTP/1.1 ${status} Whatever\r\nConnection: close\r\n\r\n`);
    for (const each of body) socket.write(each);
    if (body.length > 0) socket.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/wrong`;
}

describe('a server that answers with something else than a WebSocket', () => {
  const failure = (url: string): Promise<Error> => refusedBy(() => connect(url, { realm: 'realm1' }));

  it.each([400, 404, 426])('HTTP %d: the first line of what it says is in the error', async (status) => {
    const url = await answering(status, 'Nothing here. The WAMP router ', 'listens at ws://x/ws\nmore\n');
    const error = await failure(url);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error.message).toBe(
      `${url} cannot be reached: the server answered with HTTP ${status}: Nothing here. The WAMP router listens at ws://x/ws`,
    );
  });

  it('what it says is bounded, and made readable', async () => {
    const long = await failure(await answering(404, 'a'.repeat(1e6)));
    expect(long.message).toMatch(/HTTP 404: a{200,}…$/);
    expect(long.message.length).toBeLessThan(500);
    const odd = await failure(
      await answering(404, Buffer.from('\r\n\n\u001b[31mred\u0007\u0000 end\r\n', 'latin1')),
    );
    expect(odd.message).toMatch(/HTTP 404: \[31mred end$/);
  });

  it('which need not say anything, nor ever come to an end', async () => {
    expect((await failure(await answering(404, ''))).message).toMatch(/the server answered with HTTP 404$/);
    expect((await failure(await answering(404))).message).toMatch(/the server answered with HTTP 404$/);
  });
});
