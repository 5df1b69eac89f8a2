/** A client of ours that lost its link comes back to its registrations at once. */
import { afterEach, describe, expect, it } from 'vitest';
import { connect, type Client } from '@wamp/client';
import { cbor } from '@wamp/client/cbor';
import { json } from '@wamp/client/json';
import { msgpack } from '@wamp/client/msgpack';
import { listen, Router, type RouterServer } from '@wamp/router-server';

let router: Router;
let server: RouterServer;
const clients: Client[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await router.close();
  await server.close();
});

describe.each([
  ['json', json],
  ['msgpack', msgpack],
  ['cbor', cbor],
])('the token of a former session, over %s', (_, serializer) => {
  async function joins(options = {}): Promise<Client> {
    const client = await connect(server.url, { realm: 'realm1', serializers: [serializer()], ...options });
    clients.push(client);
    return client;
  }

  it('replaces that session at once: its procedure can be registered again, its callers get their one answer', async () => {
    // Nobody is asked whether he is alive: the token alone must do.
    router = new Router({ realms: { realm1: { probeMs: 0 } } });
    server = await listen(router, { port: 0 });
    const first = await joins();
    const caller = await joins();
    await first.register('a.proc', () => new Promise(() => undefined));
    const caught = caller.call('a.proc').catch((error: unknown) => (error as { uri: string }).uri);
    const stranger = await joins();
    await expect(stranger.register('a.proc', () => 'stranger')).rejects.toThrow('procedure_already_exists');

    const second = await joins({ replaces: first.sessionToken });
    await second.register('a.proc', () => 'second');
    expect(await caught).toBe('wamp.error.canceled');
    expect(await caller.call('a.proc')).toBe('second');
    expect((await first.closed).by).toBe('router');
    expect(second.sessionToken).not.toEqual(first.sessionToken);
  });

  it('a wrong token replaces nobody', async () => {
    router = new Router({ realms: { realm1: { probeMs: 0 } } });
    server = await listen(router, { port: 0 });
    const first = await joins();
    await first.register('a.proc', () => 'first');
    const second = await joins({ replaces: { ...first.sessionToken, token: 'x'.repeat(32) } });
    expect(await second.call('a.proc')).toBe('first');
  });
});
