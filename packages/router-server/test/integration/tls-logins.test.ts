/** Our client logs in at our router over TLS, with what only TLS has: certificates, and bindings to the connection. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect as connectTls, createServer, type TLSSocket } from 'node:tls';
import {
  connect,
  type Authenticator,
  type Client,
  type TransportFactory,
  type WampError,
} from '@wamp/client';
import { certificate, cryptosign, scram } from '@wamp/client/auth';
import { webSocket } from '@wamp/client/node-web-socket';
import { rawSocket } from '@wamp/client/raw-socket';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyEd25519 } from '../../src/node-ed25519.js';
import { certificateFor, type TestCertificate } from '../certificate.fixture.js';
import { KEY, OTHER_KEY, realmOfLogins } from '../realm-of-logins.fixture.js';
import { RunningRouter } from './running-router.fixture.js';

type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

let localhost: TestCertificate;
let joe: TestCertificate;
let namesake: TestCertificate;
let stranger: TestCertificate;
let authority: TestCertificate;
let running: RunningRouter;
beforeAll(async () => {
  localhost = certificateFor('localhost');
  joe = certificateFor('joe', true);
  namesake = certificateFor('joe', true);
  stranger = certificateFor('stranger', true);
  authority = certificateFor('vouched for', true);
  const realm = await realmOfLogins();
  const tls = {
    principals: { joe: { 'certificate-sha256': new X509Certificate(joe.cert).fingerprint256, role: 'user' } },
    role: 'guest',
  };
  // Wrong logins come from one address here, and more than a person would make.
  const limits = { loginFailuresPerIdentity: 1_000, loginFailuresPerAddress: 1_000 };
  running = await RunningRouter.start({
    router: { realms: { realm1: { ...realm, auth: { ...realm.auth, tls } } }, limits, verifyEd25519 },
    listen: {
      tls: {
        certificates: [localhost],
        watchMs: 0,
        clientCertificates: 'request',
        ca: authority.cert,
      },
    },
  });
  // Five RSA keys take their time on a busy machine.
}, 60_000);
afterAll(() => running.stop());

interface ClientTls extends Partial<TestCertificate> {
  readonly minVersion?: TlsVersion;
  readonly maxVersion?: TlsVersion;
}

const TRANSPORTS: readonly [string, (port: number, tls: ClientTls) => TransportFactory][] = [
  [
    'wss',
    (port, tls) => webSocket({ url: `wss://127.0.0.1:${port}/ws`, tls: { ca: localhost.cert, ...tls } }),
  ],
  ['rss', (port, tls) => rawSocket({ host: '127.0.0.1', port, tls: { ca: localhost.cert, ...tls } })],
];

/** What the router says of the session, after it is closed again. */
async function detailsOf(client: Client): Promise<unknown> {
  const details = client.details;
  await client.close();
  return details;
}

/** The URI of the error with which a login ends. */
async function refusalOf(login: Promise<Client>): Promise<string> {
  const reason = await login.then(
    (client) => client.close().then(() => new Error('it got in')),
    (error: unknown) => error as WampError,
  );
  return 'uri' in reason ? reason.uri : String(reason);
}

describe.each(TRANSPORTS)('with a certificate over %s', (_, to) => {
  const logsIn = (tls: ClientTls, auth: Authenticator): Promise<Client> =>
    connect(to(running.server.port, tls), { realm: 'realm1', auth });

  it.each<TlsVersion>(['TLSv1.3', 'TLSv1.2'])('its holder gets in: %s', async (version) => {
    for (const auth of [certificate(), certificate('joe')]) {
      const client = await logsIn({ ...joe, minVersion: version, maxVersion: version }, auth);
      expect(await detailsOf(client)).toMatchObject({
        authid: 'joe',
        authrole: 'user',
        authmethod: 'tls',
      });
    }
  });

  it('so does whom an authority vouches for, under the name in it and no other', async () => {
    const client = await logsIn(authority, certificate());
    expect(await detailsOf(client)).toMatchObject({ authid: 'vouched for', authrole: 'guest' });
    expect(await refusalOf(logsIn(authority, certificate('joe')))).toBe('wamp.error.authentication_denied');
  });

  it.each<[string, () => ClientTls, string | undefined]>([
    ['a certificate of nobody', () => stranger, undefined],
    ['a certificate of nobody that claims to be somebody', () => stranger, 'joe'],
    ['a certificate of somebody else', () => joe, 'somebody else'],
    ['the same name in another certificate', () => namesake, 'joe'],
    ['no certificate', () => ({}), 'joe'],
  ])('%s does not let in', async (_what, tls, authid) => {
    expect(await refusalOf(logsIn(tls(), certificate(authid)))).toBe('wamp.error.authentication_denied');
  });
});

/**
 * Somebody in the middle whose certificate the client trusts, who reads everything and passes it on as it is.
 * @returns its port, and how it ends
 */
async function startMiddle(version: TlsVersion): Promise<{ port: number; close(): Promise<void> }> {
  const versions = { minVersion: version, maxVersion: version };
  const open = new Set<TLSSocket>();
  const middle = createServer({ ...localhost, ...versions }, (near) => {
    const place = { host: '127.0.0.1', port: running.server.port, ca: localhost.cert };
    const far = connectTls({ ...place, ...versions });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      // Ended, not destroyed: what was read before still arrives.
      one.on('error', () => other.end()).on('close', () => other.end());
      one.pipe(other);
    }
  });
  middle.listen(0, '127.0.0.1');
  await once(middle, 'listening');
  return {
    port: (middle.address() as AddressInfo).port,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => middle.close(resolve));
    },
  };
}

const BINDINGS = [
  ['TLSv1.3', 'tls-exporter', 'tls-unique'],
  ['TLSv1.2', 'tls-unique', 'tls-exporter'],
] as const;

describe.each(TRANSPORTS)('bound to the connection over %s', (_, to) => {
  describe.each(BINDINGS)('of %s by %s', (version, channelBinding, missing) => {
    const logsIn = (auth: Authenticator, port = running.server.port): Promise<Client> =>
      connect(to(port, { minVersion: version, maxVersion: version }), { realm: 'realm1', auth });
    const METHODS: readonly [string, string, (binding: boolean) => Authenticator][] = [
      ['cryptosign', 'by key', (binding) => cryptosign(KEY, binding ? { channelBinding } : {})],
      [
        'wamp-scram',
        'by pbkdf2',
        (binding) => scram('by pbkdf2', 'pencil', binding ? { channelBinding } : {}),
      ],
    ];

    it.each(METHODS)('%s lets in', async (method, authid, make) => {
      const client = await logsIn(make(true));
      expect(await detailsOf(client)).toMatchObject({ authid, authrole: 'user', authmethod: method });
    });

    it('AUTH-017: the wrong key and the wrong password do not', async () => {
      for (const auth of [
        cryptosign(OTHER_KEY, { channelBinding }),
        scram('by pbkdf2', 'pen', { channelBinding }),
      ]) {
        expect(await refusalOf(logsIn(auth))).toBe('wamp.error.authentication_denied');
      }
    });

    it.each(METHODS)(
      'AUTH-017: %s cannot be passed on by somebody in the middle',
      async (_method, _authid, make) => {
        const middle = await startMiddle(version);
        try {
          // Without the binding it can, so it is the binding that keeps out.
          await (await logsIn(make(false), middle.port)).close();
          expect(await refusalOf(logsIn(make(true), middle.port))).toBe('wamp.error.authentication_denied');
        } finally {
          await middle.close();
        }
      },
    );

    it('a binding that this version of TLS does not have is not tried', async () => {
      for (const auth of [
        cryptosign(KEY, { channelBinding: missing }),
        scram('by pbkdf2', 'pencil', { channelBinding: missing }),
      ]) {
        expect(await refusalOf(logsIn(auth))).toBe('wamp.error.cannot_authenticate');
      }
    });
  });
});
