/** Our client logs in at our router over a network, in every way that both know. */
import { connect, type Authenticator, type WampError } from '@wamp/client';
import { cryptosign, jwt, scram, ticket, wampcra } from '@wamp/client/auth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyEd25519 } from '../../src/node-ed25519.js';
import { KEY, OTHER_KEY, realmOfLogins, tokenFor } from '../realm-of-logins.fixture.js';
import { FORMATS, RunningRouter, serializerFor } from './running-router.fixture.js';

let running: RunningRouter;
beforeAll(async () => {
  // Wrong logins come from one address here, and more than a person would make.
  const limits = { loginFailuresPerIdentity: 1_000, loginFailuresPerAddress: 1_000 };
  running = await RunningRouter.start({
    router: { realms: { realm1: await realmOfLogins() }, limits, verifyEd25519 },
  });
});
afterAll(() => running.stop());

const GOOD: readonly [string, string, () => Authenticator | Promise<Authenticator>][] = [
  ['ticket', 'by ticket', () => ticket('by ticket', 'open sesame')],
  ['jwt', 'by token', () => jwt(() => tokenFor('by token'))],
  ['jwt with authid', 'by token', async () => jwt(await tokenFor('by token'), 'by token')],
  ['wampcra', 'by cra', () => wampcra('by cra', 'secret1')],
  ['wampcra, salted', 'by salted cra', () => wampcra('by salted cra', 'secret1')],
  ['scram, pbkdf2', 'by pbkdf2', () => scram('by pbkdf2', 'pencil')],
  ['scram, argon2id13', 'by argon2', () => scram('by argon2', 'pencil')],
  ['cryptosign', 'by key', () => cryptosign(KEY)],
  ['cryptosign with authid', 'by key', () => cryptosign(KEY, { authid: 'by key' })],
];

describe.each(FORMATS)('over %s', (format) => {
  const serializers = [serializerFor(format)];

  it.each(GOOD)('AUTH-005: %s lets in', async (_, authid, make) => {
    const client = await connect(running.server.url, { realm: 'realm1', serializers, auth: await make() });
    const details = await client.call('wamp.session.get', [client.sessionId]);
    expect(details).toMatchObject({ authid, authrole: 'user' });
    await client.close();
  });

  it.each<[string, () => Authenticator | Promise<Authenticator>]>([
    ['ticket', () => ticket('by ticket', 'open sesam')],
    ['ticket of nobody', () => ticket('nobody', 'open sesame')],
    ['jwt for somebody else', async () => jwt(await tokenFor('by token'), 'by ticket')],
    ['wampcra', () => wampcra('by cra', 'secret2')],
    ['wampcra, salted', () => wampcra('by salted cra', 'secret2')],
    ['scram, pbkdf2', () => scram('by pbkdf2', 'pen')],
    ['scram of nobody', () => scram('nobody', 'pencil')],
    ['cryptosign', () => cryptosign(OTHER_KEY)],
  ])('AUTH-006: a wrong %s does not', async (_, make) => {
    const attempt = connect(running.server.url, { realm: 'realm1', serializers, auth: await make() });
    const error = (await attempt.catch((reason: unknown) => reason)) as WampError;
    expect(error.uri).toBe('wamp.error.authentication_denied');
  });
});

it('nobody in particular gets in as a guest, who may do nothing', async () => {
  const client = await connect(running.server.url, { realm: 'realm1' });
  await expect(client.call('wamp.session.count')).rejects.toMatchObject({ uri: 'wamp.error.not_authorized' });
  await client.close();
});

it('a client that may log in in several ways uses the first that the router has', async () => {
  const auth = [scram('by pbkdf2', 'pencil'), ticket('by pbkdf2', 'x')];
  const client = await connect(running.server.url, { realm: 'realm1', auth });
  expect(await client.call('wamp.session.get', [client.sessionId])).toMatchObject({
    authid: 'by pbkdf2',
    authmethod: 'wamp-scram',
  });
  await client.close();
});
