import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuthenticationRequest, Grant } from '@wamp/router';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { jwtTickets, type JwtTicketOptions } from './jwt-tickets.js';

const SECRET = 'a secret of thirty-two bytes, or more';
const key = new TextEncoder().encode(SECRET);

const signed = (claims: JWTPayload, secret: Uint8Array = key, expires = '1h'): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setExpirationTime(expires).sign(secret);

const judge = async (options: JwtTicketOptions, token: string, authid?: string): Promise<Grant | undefined> =>
  jwtTickets(options).verify(token, { realm: 'realm1', authid } as AuthenticationRequest);

describe('tokens that are signed with a secret', () => {
  it('name authid and role', async () => {
    const token = await signed({ sub: 'joe', role: 'user' });
    expect(await judge({ secret: SECRET }, token)).toEqual({ authid: 'joe', role: 'user' });
    expect(await judge({ secret: SECRET }, token, 'joe')).toEqual({ authid: 'joe', role: 'user' });
    expect(await judge({ secret: SECRET }, token, 'jim')).toBeUndefined();
  });

  it('may name them in other claims, or have a role that is configured', async () => {
    const token = await signed({ email: 'joe@example.com', sub: '4711' });
    expect(await judge({ secret: SECRET, 'authid-claim': 'email', role: 'guest' }, token)).toEqual({
      authid: 'joe@example.com',
      role: 'guest',
    });
    expect(await judge({ secret: SECRET }, token)).toBeUndefined();
    const grouped = await signed({ sub: 'joe', group: 'staff' });
    expect(await judge({ secret: SECRET, 'role-claim': 'group' }, grouped)).toMatchObject({ role: 'staff' });
  });

  it('issuer and audience have to be the right ones, where they are configured', async () => {
    const options = { secret: SECRET, issuer: 'https://id.example.com', audience: 'wamp', role: 'user' };
    const claims = { sub: 'joe', iss: 'https://id.example.com', aud: 'wamp' };
    expect(await judge(options, await signed(claims))).toMatchObject({ authid: 'joe' });
    expect(await judge(options, await signed({ ...claims, aud: 'mail' }))).toBeUndefined();
    expect(
      await judge(options, await signed({ ...claims, iss: 'https://evil.example.com' })),
    ).toBeUndefined();
    expect(await judge(options, await signed({ sub: 'joe' }))).toBeUndefined();
  });

  it.each<[string, () => Promise<string>]>([
    ['another secret', () => signed({ sub: 'joe' }, new Uint8Array(32))],
    ['an expiry that is over', () => signed({ sub: 'joe' }, key, '-10s')],
    ['no expiry', () => new SignJWT({ sub: 'joe' }).setProtectedHeader({ alg: 'HS256' }).sign(key)],
    [
      'no signature',
      () => Promise.resolve(new UnsecuredJWT({ sub: 'joe' }).setExpirationTime('1h').encode()),
    ],
    ['a begin that is yet to come', () => signed({ sub: 'joe', nbf: Math.floor(Date.now() / 1000) + 3_600 })],
    ['an authid that is no text', () => signed({ sub: 5 as never })],
    ['no form at all', () => Promise.resolve('open sesame')],
    ['no end', () => Promise.resolve(`${'a'.repeat(20_000)}.b.c`)],
    ['nothing', () => Promise.resolve('')],
  ])('with %s are refused', async (_, token) => {
    expect(await judge({ secret: SECRET, role: 'user' }, await token())).toBeUndefined();
  });
});

describe('tokens that are signed with a key of a file', () => {
  let directory = '';
  let jwks = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'jwks-'));
    jwks = join(directory, 'jwks.json');
  });
  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(directory, { recursive: true });
  });

  async function keyPair(kid: string, alg = 'ES256') {
    const { publicKey, privateKey } = await generateKeyPair(alg);
    const sign = (claims: JWTPayload): Promise<string> =>
      new SignJWT(claims).setProtectedHeader({ alg, kid }).setExpirationTime('1h').sign(privateKey);
    return { jwk: { ...(await exportJWK(publicKey)), kid, alg }, sign };
  }

  it('are taken', async () => {
    const { jwk, sign } = await keyPair('k1');
    writeFileSync(jwks, JSON.stringify({ keys: [jwk] }));
    expect(await judge({ jwks, role: 'user' }, await sign({ sub: 'joe' }))).toMatchObject({ authid: 'joe' });
    const stranger = await keyPair('k1');
    expect(await judge({ jwks, role: 'user' }, await stranger.sign({ sub: 'joe' }))).toBeUndefined();
  });

  it('the public key is never taken for a secret', async () => {
    const { jwk } = await keyPair('k1');
    writeFileSync(jwks, JSON.stringify({ keys: [jwk] }));
    const forged = await new SignJWT({ sub: 'joe' })
      .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(JSON.stringify(jwk)));
    expect(await judge({ jwks, role: 'user' }, forged)).toBeUndefined();
  });

  it('a new key is found when a token names it, but the file is not read for every token', async () => {
    let now = 1_000_000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const [first, second] = [await keyPair('k1'), await keyPair('k2')];
    writeFileSync(jwks, JSON.stringify({ keys: [first.jwk] }));
    const { verify } = jwtTickets({ jwks, role: 'user' });
    const request = { realm: 'realm1' } as AuthenticationRequest;
    expect(await verify(await first.sign({ sub: 'joe' }), request)).toMatchObject({ authid: 'joe' });
    writeFileSync(jwks, JSON.stringify({ keys: [second.jwk] }));
    const token = await second.sign({ sub: 'joe' });
    expect(await verify(token, request)).toBeUndefined();
    now += 10_000;
    expect(await verify(token, request)).toMatchObject({ authid: 'joe' });
  });

  it('a file that is not there is a failure and no refusal, until it is', async () => {
    const { jwk, sign } = await keyPair('k1');
    const token = await sign({ sub: 'joe' });
    const { verify } = jwtTickets({ jwks, role: 'user' });
    const request = { realm: 'realm1' } as AuthenticationRequest;
    await expect(verify(token, request)).rejects.toThrow('could not be read');
    writeFileSync(jwks, JSON.stringify({ keys: [jwk] }));
    expect(await verify(token, request)).toMatchObject({ authid: 'joe' });
  });
});

it.each<[JwtTicketOptions, string]>([
  [{}, 'either "secret" or "jwks"'],
  [{ secret: SECRET, jwks: 'x.json' }, 'either "secret" or "jwks"'],
  [{ secret: 'hunter2' }, '32 bytes at least'],
])('options that are wrong are refused, and not repeated', (options, sentence) => {
  expect(() => jwtTickets(options)).toThrow(sentence);
  expect(() => jwtTickets(options)).not.toThrow('hunter2');
});
