import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@wamp/client';
import { certificate } from '@wamp/client/auth';
import { webSocket } from '@wamp/client/node-web-socket';
import { SignJWT } from 'jose';
import { WebSocket } from 'ws';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { readConfig } from '../src/config-file.js';
import { planOf } from '../src/config-plan.js';
import { PlanError, RouterProcess } from '../src/router-process.js';
import { certificateFor } from './certificate.fixture.js';

const CONFIG = `
realms:
  - name: realm1
    auth:
      ticket:
        principals: { joe: { ticket: "\${file:joe.secret}", role: user } }
    roles:
      - name: user
        permissions: [{ uri: com.example., match: prefix, allow: { call: true, register: true } }]
  - name: tokens
    auth: { ticket: { type: jwt, secret: "\${JWT_SECRET:-0123456789abcdef0123456789abcdef}", role-claim: group } }
  - name: kept
    store: { type: sqlite, path: kept.db, event-history: [{ uri: com.example.news }] }
transports: [{ type: websocket, endpoint: { type: tcp, port: 0 } }]
limits: { nesting_depth: 8, calls_per_session: 1 }
`;

/** A realm for holders of one certificate. */
const certified = (fingerprint: string): string => `
realms:
  - name: realm1
    auth: { tls: { principals: { joe: { certificate-sha256: "${fingerprint}", role: user } } } }
    roles: [{ name: user }]
transports:
  - type: websocket
    endpoint: { type: tcp, port: 0, tls: { certificate: server.pem, key: server.key, client_certificates: request } }
`;

/** Sends JSON texts one after the other and gives the answer to each. */
class Peer {
  readonly #socket: WebSocket;

  constructor(url: string) {
    this.#socket = new WebSocket(url, ['wamp.2.json']);
  }

  async ask(message: unknown): Promise<unknown[]> {
    if (this.#socket.readyState === WebSocket.CONNECTING) await once(this.#socket, 'open');
    const answer = once(this.#socket, 'message');
    this.#socket.send(JSON.stringify(message));
    const [data] = (await answer) as [Buffer];
    return JSON.parse(data.toString()) as unknown[];
  }

  close(): void {
    this.#socket.terminate();
  }
}

describe('a router as its configuration says', () => {
  const directory = mkdtempSync(join(tmpdir(), 'wamp-configured-'));
  let router: RouterProcess | undefined;
  const start = async (config = CONFIG): Promise<RouterProcess> => {
    const file = join(directory, 'router.yaml');
    writeFileSync(file, config);
    writeFileSync(join(directory, 'joe.secret'), 's3cret\n');
    const plan = planOf(readConfig(file), directory);
    router = await RouterProcess.start(plan, { router: {}, listener: {}, suppressedLogLines: () => 0 });
    return router;
  };
  afterEach(() => router?.close());
  afterAll(() => rmSync(directory, { recursive: true }));

  it('lets in whom it knows, and lets them do what their role may', async () => {
    const { servers } = await start();
    const hello = [1, 'realm1', { roles: { caller: {} }, authmethods: ['ticket'], authid: 'joe' }];
    const stranger = new Peer(servers[0]!.url);
    expect((await stranger.ask([1, 'realm1', { roles: { caller: {} } }]))[0]).toBe(3);
    const liar = new Peer(servers[0]!.url);
    expect((await liar.ask(hello))[0]).toBe(4);
    expect((await liar.ask([5, 'guess', {}]))[2]).toBe('wamp.error.authentication_denied');
    const joe = new Peer(servers[0]!.url);
    await joe.ask(hello);
    const [kind, , details] = await joe.ask([5, 's3cret', {}]);
    expect([kind, details]).toEqual([2, expect.objectContaining({ authid: 'joe', authrole: 'user' })]);
    expect((await joe.ask([48, 1, {}, 'com.example.none']))[4]).toBe('wamp.error.no_such_procedure');
    expect((await joe.ask([48, 2, {}, 'com.other.none']))[4]).toBe('wamp.error.not_authorized');
    const deep = '['.repeat(9) + ']'.repeat(9);
    expect((await joe.ask([48, 3, {}, 'com.example.none', JSON.parse(deep)]))[2]).toBe(
      'wamp.error.protocol_violation',
    );
    for (const peer of [stranger, liar, joe]) peer.close();
  });

  it('takes signed tokens as tickets', async () => {
    const { servers } = await start();
    const token = await new SignJWT({ sub: 'ann', group: 'staff' })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('1h')
      .sign(Buffer.from('0123456789abcdef0123456789abcdef'));
    for (const [ticket, kind] of [
      [token, 2],
      [`${token}x`, 3],
    ] as const) {
      const peer = new Peer(servers[0]!.url);
      await peer.ask([1, 'tokens', { roles: { caller: {} }, authmethods: ['ticket'], authid: 'ann' }]);
      const answer = await peer.ask([5, ticket, {}]);
      expect(answer[0]).toBe(kind);
      if (kind === 2) expect(answer[2]).toMatchObject({ authid: 'ann', authrole: 'staff' });
      peer.close();
    }
  });

  it('lets in the holder of a certificate, and nobody else', async () => {
    const server = certificateFor('localhost');
    const [joe, stranger] = [certificateFor('joe', true), certificateFor('joe', true)];
    writeFileSync(join(directory, 'server.pem'), server.cert);
    writeFileSync(join(directory, 'server.key'), server.key);
    const { servers } = await start(certified(new X509Certificate(joe.cert).fingerprint256));
    const logsIn = (shown: Partial<typeof joe>) =>
      connect(webSocket({ url: servers[0]!.url, tls: { ca: server.cert, ...shown } }), {
        realm: 'realm1',
        auth: certificate(),
      });
    const client = await logsIn(joe);
    expect(client.details).toMatchObject({ authid: 'joe', authrole: 'user', authmethod: 'tls' });
    await client.close();
    for (const shown of [stranger, {}]) {
      await expect(logsIn(shown)).rejects.toMatchObject({ uri: 'wamp.error.authentication_denied' });
    }
  }, 60_000);

  it('keeps history in a file beside the configuration, over a restart', async () => {
    const first = await start();
    const publisher = await connect(first.servers[0]!.url, { realm: 'kept' });
    await publisher.publish('com.example.news', ['first'], { acknowledge: true });
    await publisher.close();
    await first.close();
    const second = await start();
    const reader = await connect(second.servers[0]!.url, { realm: 'kept' });
    const subscription = await reader.call('wamp.subscription.lookup', ['com.example.news']);
    const events = await reader.call('wamp.subscription.get_events', [subscription]);
    expect(JSON.stringify(events)).toContain('["first"]');
    await reader.close();
  });

  it('is not made if the configuration asks for what cannot be', () => {
    const plan = planOf(readConfig(join(directory, 'router.yaml')), directory);
    const realms = new Map(plan.realms);
    realms.set('a..b', realms.get('kept')!);
    expect(() => RouterProcess.check(plan)).not.toThrow();
    expect(() => RouterProcess.check({ ...plan, realms })).toThrow(PlanError);
  });
});
