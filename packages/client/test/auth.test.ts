import {
  ChallengeMessage,
  MessageKind,
  WelcomeMessage,
  type AuthenticateMessage,
  type Dict,
  type HelloMessage,
} from '@wamp/protocol';
import { decodeBase64, decodeHex, encodeBase64, encodeHex } from '@wamp/protocol/auth/bytes';
import { cryptosignPublicKey, signCryptosign } from '@wamp/protocol/auth/cryptosign';
import {
  scramAuthMessage,
  scramCredentials,
  scramServerSignature,
  verifyScramProof,
} from '@wamp/protocol/auth/scram';
import { connect, type Authenticator, type Client, type WampError } from '@wamp/client';
import { cryptosign, jwt, scram, ticket, wampcra } from '@wamp/client/auth';
import { describe, expect, it } from 'vitest';
import { ALL_FEATURES, scripted, type ScriptedRouter } from './scripted-router.fixture.js';

/** A client on its way in, and the router's end of it. */
function enters(
  auth: Authenticator | readonly Authenticator[],
  tls?: Dict,
): { outcome: Promise<Client | WampError>; router: ScriptedRouter; hello: () => Promise<HelloMessage> } {
  const { transport, router } = scripted();
  if (tls !== undefined) Object.assign(transport, { info: { type: 'test', tls } });
  const outcome = connect(transport, { realm: 'realm1', auth: auth }).catch(
    (error: unknown) => error as WampError,
  );
  return { outcome, router, hello: () => router.gets(MessageKind.Hello) };
}

const challenges = (router: ScriptedRouter, method: string, extra: Dict): Promise<AuthenticateMessage> => {
  router.sends(new ChallengeMessage(method, extra));
  return router.gets(MessageKind.Authenticate);
};

const welcomes = (router: ScriptedRouter, details: Dict = {}): void =>
  router.sends(new WelcomeMessage(4711, { roles: ALL_FEATURES, ...details }));

/** The client gave up, with ABORT, and says why. */
async function gaveUp(outcome: Promise<Client | WampError>, router: ScriptedRouter): Promise<string> {
  const error = (await outcome) as WampError;
  expect(error.uri).toBe('wamp.error.cannot_authenticate');
  expect((await router.gets(MessageKind.Abort)).reason).toBe('wamp.error.cannot_authenticate');
  return String(error.args[0]);
}

describe('ticket and jwt', () => {
  it('show the secret when they are asked', async () => {
    const { outcome, router, hello } = enters(ticket('joe', 'open sesame'));
    expect((await hello()).details).toMatchObject({ authmethods: ['ticket'], authid: 'joe' });
    expect((await challenges(router, 'ticket', {})).signature).toBe('open sesame');
    welcomes(router, { authmethod: 'ticket' });
    expect(await outcome).toHaveProperty('call');
  });

  it('a token is fetched anew for each connection, and needs no authid', async () => {
    let fetched = 0;
    const auth = jwt(() => Promise.resolve(`token ${(fetched += 1)}`));
    for (const token of ['token 1', 'token 2']) {
      const { outcome, router, hello } = enters(auth);
      expect((await hello()).details).not.toHaveProperty('authid');
      expect((await challenges(router, 'ticket', {})).signature).toBe(token);
      welcomes(router);
      await outcome;
    }
  });

  it('a function that fails ends the attempt', async () => {
    const { outcome, router, hello } = enters(jwt(() => Promise.reject(new Error('no network'))));
    await hello();
    router.sends(new ChallengeMessage('ticket', {}));
    expect(await gaveUp(outcome, router)).toContain('no network');
  });
});

it('AUTH-030: a challenge for a method that was not offered ends the attempt', async () => {
  const { outcome, router, hello } = enters(ticket('joe', 'x'));
  await hello();
  router.sends(new ChallengeMessage('wampcra', { challenge: '{}' }));
  expect(await gaveUp(outcome, router)).toContain('which was not offered');
});

it('AUTH-029: two rounds of challenges are answered', async () => {
  const { outcome, router, hello } = enters([ticket('joe', 'x'), wampcra('joe', 'secret1')]);
  await hello();
  await challenges(router, 'ticket', {});
  await challenges(router, 'wampcra', { challenge: 'abc' });
  welcomes(router, { authmethod: 'wampcra' });
  expect(await outcome).toHaveProperty('call');
});

describe('wampcra', () => {
  const CHALLENGE =
    '{"nonce":"LHRTC9zeOIrt_9U3","authprovider":"userdb","authid":"peter","timestamp":"2014-06-22T16:36:25.448Z",' +
    '"authrole":"user","authmethod":"wampcra","session":3251278072152162}';

  it.each([
    ['AUTH-010', {}, 'c6m/fH02rQoIaZctMoGK98fg0aotLGXc+c8nyfsdm9w='],
    ['AUTH-011', { salt: 'salt123' }, 'YoYZFnhrMslRtzwL61peniVgag0dAbPOp0bvmputxQg='],
    [
      'AUTH-011',
      { salt: 'salt123', iterations: 1000, keylen: 32 },
      'YoYZFnhrMslRtzwL61peniVgag0dAbPOp0bvmputxQg=',
    ],
  ])('%s: signs the challenge as it came, with %j', async (_, extra, signature) => {
    const { router, hello } = enters(wampcra('peter', 'secret1'));
    await hello();
    expect((await challenges(router, 'wampcra', { challenge: CHALLENGE, ...extra })).signature).toBe(
      signature,
    );
    router.cuts();
  });

  it.each<Dict>([
    {},
    { challenge: 5 },
    { challenge: 'x', salt: 5 },
    { challenge: 'x', salt: 's', iterations: 0 },
    { challenge: 'x', salt: 's', iterations: 2_000_000_000 },
    { challenge: 'x', salt: 's', keylen: 1e9 },
  ])('does not work on the challenge %j', async (extra) => {
    const { outcome, router, hello } = enters(wampcra('peter', 'secret1'));
    await hello();
    router.sends(new ChallengeMessage('wampcra', extra));
    expect(await gaveUp(outcome, router)).not.toContain('secret1');
  });
});

describe('scram', () => {
  const salt = encodeBase64(new Uint8Array(16).fill(5));
  const pbkdf2 = { kdf: 'pbkdf2', iterations: 4096, memory: null } as const;
  const argon2 = { kdf: 'argon2id13', iterations: 1, memory: 4096 } as const;

  it.each([pbkdf2, argon2])(
    'AUTH-017, AUTH-018: proves the password, and believes a router that does (%j)',
    async (cost) => {
      const known = await scramCredentials('pencil', decodeBase64(salt)!, cost);
      const auth = scram('joe', 'pencil');
      for (const prefix of ['', 'v=']) {
        const { outcome, router, hello } = enters(auth);
        const { details } = await hello();
        const { nonce: clientNonce } = details['authextra'] as { nonce: string };
        expect(details).toMatchObject({
          authmethods: ['wamp-scram'],
          authid: 'joe',
          authextra: { channel_binding: null },
        });
        expect(decodeBase64(clientNonce)!.length).toBeGreaterThanOrEqual(16);
        const nonce = `${clientNonce}c2VydmVy`;
        const { signature, extra } = await challenges(router, 'wamp-scram', { nonce, salt, ...cost });
        expect(extra).toEqual({ nonce, channel_binding: null });
        const { iterations } = cost;
        const message = scramAuthMessage({
          authid: 'joe',
          clientNonce,
          nonce,
          salt,
          iterations,
          channelBinding: null,
        });
        expect(verifyScramProof(decodeBase64(known['stored-key'])!, message, decodeBase64(signature)!)).toBe(
          true,
        );
        const verifier = encodeBase64(scramServerSignature(decodeBase64(known['server-key'])!, message));
        welcomes(router, { authmethod: 'wamp-scram', authextra: { verifier: prefix + verifier } });
        expect(await outcome).toHaveProperty('call');
      }
    },
  );

  it('takes another nonce for each connection', async () => {
    const auth = scram('joe', 'pencil');
    const nonces = await Promise.all(
      [0, 1].map(async () => {
        const { router, hello } = enters(auth);
        const { details } = await hello();
        router.cuts();
        return (details['authextra'] as Dict)['nonce'];
      }),
    );
    expect(nonces[0]).not.toBe(nonces[1]);
  });

  async function challenged(bend: (own: string) => Dict): Promise<string> {
    const { outcome, router, hello } = enters(scram('joe', 'pencil'));
    const { details } = await hello();
    const { nonce } = details['authextra'] as { nonce: string };
    router.sends(
      new ChallengeMessage('wamp-scram', { salt, ...pbkdf2, nonce: `${nonce}abc`, ...bend(nonce) }),
    );
    return gaveUp(outcome, router);
  }

  it.each<[string, (own: string) => Dict]>([
    ['that is another', () => ({ nonce: 'A'.repeat(40) })],
    ['that is only its own', (own) => ({ nonce: own })],
    ['that comes behind something', (own) => ({ nonce: `x${own}` })],
    ['that is missing', () => ({ nonce: null })],
  ])('AUTH-016: gives up on a nonce %s', async (_, bend) => {
    expect(await challenged(bend)).toContain('nonce');
  });

  it.each<Dict>([
    { iterations: 4095 },
    { kdf: 'argon2id13', iterations: 1, memory: 4095 },
    { kdf: 'pbkdf2', iterations: 1 },
  ])('AUTH-020: gives up on too little work: %j', async (cost) => {
    expect(await challenged(() => cost)).toContain('so little work');
  });

  it.each<Dict>([
    { iterations: 1e9 },
    { kdf: 'argon2id13', iterations: 1, memory: 2_000_000 },
    { kdf: 'argon2id13', iterations: 100_000, memory: 1_000 },
    { kdf: 'argon2id13', iterations: 3, memory: null },
    { kdf: 'md5' },
    { iterations: -1 },
    { iterations: '4096' },
    { salt: 5 },
    { salt: '!' },
    { salt: '' },
  ])('gives up on a challenge with %j', async (bent) => {
    expect(await challenged(() => bent)).not.toContain('pencil');
  });

  it.each<[string, Dict]>([
    ['no proof', { authmethod: 'wamp-scram' }],
    [
      'a wrong proof',
      { authmethod: 'wamp-scram', authextra: { verifier: encodeBase64(new Uint8Array(32)) } },
    ],
    ['a proof that is none', { authmethod: 'wamp-scram', authextra: { verifier: 5 } }],
  ])('AUTH-018: does not believe a router with %s', async (_, details) => {
    const { outcome, router, hello } = enters(scram('joe', 'pencil'));
    const { nonce } = (await hello()).details['authextra'] as { nonce: string };
    await challenges(router, 'wamp-scram', { nonce: `${nonce}abc`, salt, ...pbkdf2 });
    welcomes(router, details);
    expect(await gaveUp(outcome, router)).toContain('did not prove');
  });

  it.each(['wamp-scram', 'anonymous', undefined])(
    'AUTH-018: nor one that asks for no proof of ours, whatever method it names: %s',
    async (authmethod) => {
      const { outcome, router, hello } = enters([scram('joe', 'pencil'), ticket('joe', 'x')]);
      await hello();
      welcomes(router, authmethod === undefined ? {} : { authmethod });
      expect(await gaveUp(outcome, router)).toContain('did not prove');
    },
  );

  it('binds to the channel', async () => {
    const channel = encodeHex(new Uint8Array(32).fill(9));
    const tls = { channelBinding: { 'tls-exporter': channel } };
    const { router, hello } = enters(scram('joe', 'pencil', { channelBinding: 'tls-exporter' }), tls);
    const { nonce } = (await hello()).details['authextra'] as { nonce: string };
    const answer = await challenges(router, 'wamp-scram', { nonce: `${nonce}abc`, salt, ...pbkdf2 });
    const cbindData = encodeBase64(decodeHex(channel)!);
    expect(answer.extra).toMatchObject({ channel_binding: 'tls-exporter', cbind_data: cbindData });
    const message = scramAuthMessage({
      ...{ authid: 'joe', clientNonce: nonce, nonce: `${nonce}abc`, salt, iterations: 4096 },
      ...{ channelBinding: 'tls-exporter', cbindData },
    });
    const known = await scramCredentials('pencil', decodeBase64(salt)!, pbkdf2);
    expect(
      verifyScramProof(decodeBase64(known['stored-key'])!, message, decodeBase64(answer.signature)!),
    ).toBe(true);
    router.cuts();
  });
});

describe('cryptosign', () => {
  const KEY = '4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510';
  const CHANNEL = '62e935ae755f3d48f80d4d59f6121358c435722a67e859cc0caa8b539027f2ff';
  const ONES = 'ff'.repeat(32);

  it('AUTH-022: says its public key and signs the challenge', async () => {
    const { outcome, router, hello } = enters(cryptosign(KEY));
    const { details } = await hello();
    expect(details).toMatchObject({
      authmethods: ['cryptosign'],
      authextra: { pubkey: '1adfc8bfe1d35616e64dffbd900096f23b066f914c8c2ffbb66f6075b96e116d' },
    });
    expect(details).not.toHaveProperty('authid');
    const { signature } = await challenges(router, 'cryptosign', { challenge: ONES, channel_binding: null });
    expect(signature).toBe(signCryptosign(KEY, ONES, undefined));
    welcomes(router, { authmethod: 'cryptosign' });
    expect(await outcome).toHaveProperty('call');
  });

  it('AUTH-022: joins the challenge with the channel', async () => {
    const auth = cryptosign(KEY, { authid: 'joe', channelBinding: 'tls-exporter' });
    const { router, hello } = enters(auth, { channelBinding: { 'tls-exporter': CHANNEL } });
    expect((await hello()).details).toMatchObject({
      authid: 'joe',
      authextra: { channel_binding: 'tls-exporter' },
    });
    const extra = { challenge: ONES, channel_binding: 'tls-exporter' };
    expect((await challenges(router, 'cryptosign', extra)).signature).toBe(
      '9b6f41540c9b95b4b7b281c3042fa9c54cef43c842d62ea3fd6030fcb66e70b3e80d49d44c29d1635da9348d02ec93f3ed1ef227dfb59a07b580095c2b82f80f9d16ca518aa0c2b707f2b2a609edeca73bca8dd59817a633f35574ac6fd80d00',
    );
    router.cuts();
  });

  it('AUTH-027: gives up on another channel binding than the one it asked for', async () => {
    for (const [channelBinding, used] of [
      ['tls-exporter', null],
      ['tls-exporter', 'tls-unique'],
      [undefined, 'tls-exporter'],
    ] as const) {
      const auth = cryptosign(KEY, channelBinding === undefined ? {} : { channelBinding });
      const { outcome, router, hello } = enters(auth, { channelBinding: { 'tls-exporter': CHANNEL } });
      await hello();
      router.sends(new ChallengeMessage('cryptosign', { challenge: ONES, channel_binding: used }));
      expect(await gaveUp(outcome, router)).toContain('channel binding');
    }
  });

  it('does not begin where the channel binding is not known', async () => {
    for (const auth of [
      cryptosign(KEY, { channelBinding: 'tls-exporter' }),
      scram('joe', 'pencil', { channelBinding: 'tls-exporter' }),
    ]) {
      const { outcome, router } = enters(auth);
      expect(await gaveUp(outcome, router)).toContain('does not have the channel binding');
    }
  });

  it('the key may be kept elsewhere', async () => {
    const auth = cryptosign({
      publicKey: cryptosignPublicKey(KEY),
      sign: (message) =>
        Promise.resolve(decodeHex(signCryptosign(KEY, encodeHex(message), undefined))!.subarray(0, 64)),
    });
    const { router, hello } = enters(auth);
    await hello();
    const { signature } = await challenges(router, 'cryptosign', { challenge: ONES });
    expect(signature).toBe(signCryptosign(KEY, ONES, undefined));
    router.cuts();
  });

  it.each<Dict>([{}, { challenge: 'abc' }, { challenge: 5 }])(
    'gives up on the challenge %j',
    async (extra) => {
      const { outcome, router, hello } = enters(cryptosign(KEY));
      await hello();
      router.sends(new ChallengeMessage('cryptosign', extra));
      expect(await gaveUp(outcome, router)).toContain('32 bytes');
    },
  );

  it('a key that is none is refused at once, and not repeated', () => {
    expect(() => cryptosign('hunter2')).toThrow(/^the private key is not 32 bytes in hexadecimal$/);
  });
});
