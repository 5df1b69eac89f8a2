/** The packages `autobahn` and `wampy` from npm, as they are, log in with every method that they have. */
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Wampy } from 'wampy';
import { sign as wampyCryptosign } from 'wampy/cryptosign.js';
import { sign as wampyCra } from 'wampy/wampcra.js';
import { WebSocket } from 'ws';
import { cryptosignPublicKey } from '@wamp/protocol/auth/cryptosign';
import { verifyEd25519 } from '../../src/node-ed25519.js';
import { RunningRouter } from '../integration/running-router.fixture.js';
import { KEY, OTHER_KEY, realmOfLogins, tokenFor } from '../realm-of-logins.fixture.js';
// Lends autobahn a WebSocket where the platform has none.
import './autobahn-peer.fixture.js';

/** The part of autobahn's interface that logins use; the package brings no types. */
interface Autobahn {
  Connection: new (options: Record<string, unknown>) => AutobahnConnection;
  auth_cra: {
    sign(key: string, challenge: string): string;
    derive_key(secret: string, salt: string, iterations: number, keylen: number): string;
  };
  auth_cryptosign: { create_connection(options: Record<string, unknown>): AutobahnConnection };
  nacl: { sign: { keyPair: { fromSeed(seed: Uint8Array): unknown } } };
}
interface AutobahnConnection {
  onopen: (session: unknown, details: Identity) => void;
  onclose: (reason: string, details: { reason: string | null }) => boolean;
  open(): void;
  close(): void;
}
interface Identity {
  readonly authid?: string;
  readonly authrole?: string;
  readonly authmethod?: string;
}
interface CraExtra {
  readonly challenge: string;
  readonly salt?: string;
  readonly iterations: number;
  readonly keylen: number;
}

const autobahn = createRequire(import.meta.url)('autobahn') as Autobahn;

let running: RunningRouter;
beforeAll(async () => {
  const limits = { loginFailuresPerIdentity: 1_000, loginFailuresPerAddress: 1_000 };
  running = await RunningRouter.start({
    router: { realms: { realm1: await realmOfLogins() }, limits, verifyEd25519 },
  });
});
afterAll(() => running.stop());

/** Opens a connection and closes it. @returns who the router says it is, or the reason of its ABORT */
function outcomeOf(connection: AutobahnConnection): Promise<Identity | string> {
  return new Promise((resolve) => {
    let identity: Identity | undefined;
    connection.onopen = (_, details) => {
      identity = details;
      connection.close();
    };
    connection.onclose = (_, { reason }) => {
      resolve(identity ?? String(reason));
      return true;
    };
    connection.open();
  });
}

const autobahnWith = (
  authmethod: string,
  authid: string | undefined,
  onchallenge: (session: unknown, method: string, extra: CraExtra) => unknown,
  authextra?: object,
): Promise<Identity | string> =>
  outcomeOf(
    new autobahn.Connection({
      ...{
        url: running.server.url,
        realm: 'realm1',
        authmethods: [authmethod],
        authid,
        authextra,
        onchallenge,
      },
      ...{ max_retries: 0, on_user_error: () => undefined, on_internal_error: () => undefined },
    }),
  );

const autobahnCra =
  (secret: string) =>
  (_: unknown, __: string, { challenge, salt, iterations, keylen }: CraExtra): string => {
    const { auth_cra: cra } = autobahn;
    return cra.sign(
      salt === undefined ? secret : cra.derive_key(secret, salt, iterations, keylen),
      challenge,
    );
  };

const autobahnKey = (key: string, authid?: string): Promise<Identity | string> =>
  outcomeOf(
    autobahn.auth_cryptosign.create_connection({
      ...{ url: running.server.url, realm: 'realm1', authid },
      pkey: autobahn.nacl.sign.keyPair.fromSeed(new Uint8Array(Buffer.from(key, 'hex'))),
    }),
  );

describe('autobahn', () => {
  it.each<[string, string, () => Promise<Identity | string>]>([
    ['ticket', 'by ticket', () => autobahnWith('ticket', 'by ticket', () => 'open sesame')],
    ['ticket', 'by token', () => autobahnWith('ticket', 'by token', () => tokenFor('by token'))],
    ['wampcra', 'by cra', () => autobahnWith('wampcra', 'by cra', autobahnCra('secret1'))],
    ['wampcra', 'by salted cra', () => autobahnWith('wampcra', 'by salted cra', autobahnCra('secret1'))],
    ['cryptosign', 'by key', () => autobahnKey(KEY)],
    ['cryptosign', 'by key', () => autobahnKey(KEY, 'by key')],
  ])('logs in by %s as "%s"', async (authmethod, authid, login) => {
    expect(await login()).toMatchObject({ authid, authrole: 'user', authmethod });
  });

  it('gets in as a guest', async () => {
    const anonymous = await autobahnWith('anonymous', undefined, () => '');
    expect(anonymous).toMatchObject({ authrole: 'guest', authmethod: 'anonymous' });
  });

  it.each<[string, () => Promise<Identity | string>]>([
    ['ticket', () => autobahnWith('ticket', 'by ticket', () => 'open')],
    ['wampcra', () => autobahnWith('wampcra', 'by cra', autobahnCra('secret2'))],
    ['wampcra, salted', () => autobahnWith('wampcra', 'by salted cra', autobahnCra('secret2'))],
    ['wampcra, of nobody', () => autobahnWith('wampcra', 'nobody', autobahnCra('secret1'))],
    ['cryptosign', () => autobahnKey(OTHER_KEY)],
  ])('is told that a wrong %s is denied', async (_, login) => {
    expect(await login()).toBe('wamp.error.authentication_denied');
  });
});

type WampyOptions = ConstructorParameters<typeof Wampy>[1];

/** @returns who the router says it is, or the reason of its ABORT */
async function wampyWith(
  authmethod: string,
  authid: string,
  onChallenge: unknown,
  authextra: Record<string, unknown> = {},
): Promise<Identity | string> {
  const wampy = new Wampy(running.server.url, {
    ...{ realm: 'realm1', autoReconnect: false, authid, authmethods: [authmethod], authextra },
    onChallenge: onChallenge as never,
    ws: function (url: string, protocols: string[]) {
      return new WebSocket(url, protocols);
    } as never,
    onError: () => undefined,
  } satisfies WampyOptions);
  try {
    const details = (await wampy.connect()) as Identity;
    await wampy.disconnect();
    return details;
  } catch (error) {
    return (error as { errorUri?: string }).errorUri ?? String(error);
  }
}

const pubkey = { pubkey: cryptosignPublicKey(KEY) };

describe('wampy', () => {
  it.each<[string, string, () => Promise<Identity | string>]>([
    ['ticket', 'by ticket', () => wampyWith('ticket', 'by ticket', () => 'open sesame')],
    ['ticket', 'by token', () => wampyWith('ticket', 'by token', () => tokenFor('by token'))],
    ['wampcra', 'by cra', () => wampyWith('wampcra', 'by cra', wampyCra('secret1'))],
    ['wampcra', 'by salted cra', () => wampyWith('wampcra', 'by salted cra', wampyCra('secret1'))],
    ['cryptosign', 'by key', () => wampyWith('cryptosign', 'by key', wampyCryptosign(KEY), pubkey)],
  ])('logs in by %s as "%s"', async (authmethod, authid, login) => {
    expect(await login()).toMatchObject({ authid, authrole: 'user', authmethod });
  });

  it.each<[string, () => Promise<Identity | string>]>([
    ['ticket', () => wampyWith('ticket', 'by ticket', () => 'open')],
    ['wampcra', () => wampyWith('wampcra', 'by cra', wampyCra('secret2'))],
    ['wampcra, salted', () => wampyWith('wampcra', 'by salted cra', wampyCra('secret2'))],
    ['cryptosign', () => wampyWith('cryptosign', 'by key', wampyCryptosign(OTHER_KEY), pubkey)],
  ])('is told that a wrong %s is denied', async (_, login) => {
    expect(await login()).toContain('authentication_denied');
  });
});
