import { ErrorMessage, MessageKind, Payload, type Dict } from '@wamp/protocol';
import { decodeBase64, decodeHex, encodeBase64 } from '@wamp/protocol/auth/bytes';
import { cryptosignPublicKey, signCryptosign } from '@wamp/protocol/auth/cryptosign';
import {
  saltedPassword,
  scramAuthMessage,
  scramClientProof,
  scramCredentials,
  verifyScramServer,
} from '@wamp/protocol/auth/scram';
import { deriveWampcraKey, signWampcra } from '@wamp/protocol/auth/wampcra';
import { describe, expect, it } from 'vitest';
import { AuthenticationRefused, type ScramGrant } from '../src/index.js';
import {
  answers,
  hex,
  houseWith,
  isChallenged,
  isDenied,
  isIn,
  joesTicket,
  knocks,
  type Auth,
} from './login.fixture.js';
import { ALL_FEATURES, House, settled, type TestPeer } from './test-peer.fixture.js';

describe('ticket', () => {
  it('AUTH-005, AUTH-006: the right ticket lets in, another one does not', async () => {
    const house = houseWith({ ticket: joesTicket });
    const peer = knocks(house, 'ticket', 'joe');
    expect(await isChallenged(peer)).toEqual({});
    expect(await isIn(answers(peer, 'open sesame'))).toMatchObject({
      authid: 'joe',
      authrole: 'user',
      authmethod: 'ticket',
      authprovider: 'static',
      authextra: { lucky: 7 },
    });
    for (const wrong of ['', 'open', 'open sesame ', 'OPEN SESAME']) {
      const other = knocks(house, 'ticket', 'joe');
      await isChallenged(other);
      await isDenied(answers(other, wrong));
    }
  });

  it('AUTH-007: without authid there is nobody to be', async () => {
    await isDenied(knocks(houseWith({ ticket: joesTicket }), 'ticket', undefined));
  });

  it.each(['jim', '__proto__', 'constructor', 'toString', ''])(
    'AUTH-008: the unknown authid %j looks like a wrong ticket',
    async (authid) => {
      const house = houseWith({ ticket: joesTicket });
      const unknown = knocks(house, 'ticket', authid);
      const known = knocks(house, 'ticket', 'joe');
      expect(await isChallenged(unknown)).toEqual(await isChallenged(known));
      expect(await isDenied(answers(unknown, 'x'))).toBe(await isDenied(answers(known, 'x')));
      expect(unknown.log).toEqual(known.log);
    },
  );

  it('a function may judge, and may say who it is', async () => {
    const house = houseWith({
      ticket: [
        joesTicket,
        {
          type: 'function',
          namesAuthid: true,
          verify: (ticket) => (ticket === 'token' ? { role: 'user', authid: 'jane' } : undefined),
        },
      ],
    });
    const jane = knocks(house, 'ticket', undefined);
    await isChallenged(jane);
    expect(await isIn(answers(jane, 'token'))).toMatchObject({ authid: 'jane', authprovider: 'function' });
    const joe = knocks(house, 'ticket', 'joe');
    await isChallenged(joe);
    expect(await isIn(answers(joe, 'open sesame'))).toMatchObject({ authid: 'joe' });
    const nobody = knocks(house, 'ticket', undefined);
    await isChallenged(nobody);
    await isDenied(answers(nobody, 'open sesame'));
  });
});

describe('wampcra', () => {
  const plain: Auth = { wampcra: { users: { joe: { secret: 'secret1', role: 'user' } } } };

  it('AUTH-009: the challenge names session, authid, role, method, provider, time and a nonce', async () => {
    const house = houseWith(plain);
    const peer = knocks(house, 'wampcra', 'joe');
    const { challenge } = await isChallenged(peer);
    const told = JSON.parse(challenge as string) as Dict;
    expect(told).toEqual({
      authid: 'joe',
      authrole: 'user',
      authmethod: 'wampcra',
      authprovider: 'static',
      nonce: expect.stringMatching(/^[A-Za-z0-9+/]{32}$/) as unknown,
      timestamp: new Date(house.clock.now()).toISOString(),
      session: expect.any(Number) as unknown,
    });
    answers(peer, signWampcra('secret1', challenge as string));
    const welcome = await peer.gets(MessageKind.Welcome);
    expect(welcome.session).toBe(told['session']);
    expect(welcome.details).toMatchObject({ authid: 'joe', authrole: 'user', authmethod: 'wampcra' });
  });

  it('AUTH-011: a salted secret is kept derived, and the client told how', async () => {
    const secret = await deriveWampcraKey('secret1', { salt: 'salt123' });
    const house = houseWith({ wampcra: { users: { joe: { secret, salt: 'salt123', role: 'user' } } } });
    const peer = knocks(house, 'wampcra', 'joe');
    const extra = await isChallenged(peer);
    expect(extra).toMatchObject({ salt: 'salt123', iterations: 1000, keylen: 32 });
    await isIn(answers(peer, signWampcra(secret, extra['challenge'] as string)));
  });

  it('AUTH-012: a wrong signature, and one that was good before, keep out', async () => {
    const house = houseWith(plain);
    const first = knocks(house, 'wampcra', 'joe');
    const signature = signWampcra('secret1', (await isChallenged(first))['challenge'] as string);
    await isIn(answers(first, signature));
    for (const text of [signature, '', 'x'.repeat(1_000)]) {
      const peer = knocks(house, 'wampcra', 'joe');
      await isChallenged(peer);
      await isDenied(answers(peer, text));
    }
  });

  it('AUTH-007: without authid there is nobody to be', async () => {
    await isDenied(knocks(houseWith(plain), 'wampcra', undefined));
  });

  it('AUTH-008: an unknown authid is challenged like a known one, the same each time', async () => {
    const secret = await deriveWampcraKey('secret1', { salt: 'c2FsdDEyMw==' });
    const users = { joe: { secret, salt: 'c2FsdDEyMw==', iterations: 2000, keylen: 24, role: 'user' } };
    const challenged = async (authid: string, house: House): Promise<Dict> => {
      const peer = knocks(house, 'wampcra', authid);
      const extra = await isChallenged(peer);
      await isDenied(answers(peer, 'guess'));
      return extra;
    };
    const one = houseWith({ wampcra: { users } });
    const known = await challenged('joe', one);
    const unknown = await challenged('jim', one);
    expect(Object.keys(unknown)).toEqual(Object.keys(known));
    expect(unknown).toMatchObject({ iterations: 2000, keylen: 24 });
    expect((unknown['salt'] as string).length).toBe('c2FsdDEyMw=='.length);
    const parts = (extra: Dict): Dict => JSON.parse(extra['challenge'] as string) as Dict;
    expect(Object.keys(parts(unknown))).toEqual(Object.keys(parts(known)));
    expect(parts(unknown)).toMatchObject({ authid: 'jim', authrole: 'user' });
    // Also after a restart, with the same secret of the router.
    expect((await challenged('jim', houseWith({ wampcra: { users } })))['salt']).toBe(unknown['salt']);
    expect((await challenged('jane', one))['salt']).not.toBe(unknown['salt']);
    const other = houseWith({ wampcra: { users } }, { secret: 'another' });
    expect((await challenged('jim', other))['salt']).not.toBe(unknown['salt']);
  });

  it('AUTH-008: where a function finds the users, the unknown look like the one that was found last', async () => {
    const house = houseWith({
      wampcra: {
        type: 'function',
        find: ({ authid }) =>
          authid === 'joe' ? { secret: 'k', salt: 'salzig', iterations: 77, role: 'user' } : undefined,
      },
    });
    await isChallenged(knocks(house, 'wampcra', 'joe'));
    const unknown = await isChallenged(knocks(house, 'wampcra', 'jim'));
    expect(unknown).toMatchObject({ iterations: 77, keylen: 32 });
    expect(unknown['salt']).toMatch(/^.{6}$/);
  });
});

describe('wamp-scram', () => {
  const nonce = encodeBase64(new Uint8Array(18).fill(3));
  const cost = { kdf: 'pbkdf2', iterations: 16 } as const;

  async function joe(): Promise<ScramGrant> {
    return {
      ...(await scramCredentials('pencil', decodeBase64('W22ZaJ0SNY7soEsUEjb6gQ==')!, cost)),
      role: 'user',
    };
  }

  /** What a client makes of a challenge. */
  async function prove(
    challenge: Dict,
    more: Partial<{ password: string; binding: string; data: string }> = {},
  ) {
    const { password = 'pencil', binding = null, data } = more;
    const salt = challenge['salt'] as string;
    const salted = await saltedPassword(password, decodeBase64(salt)!, challenge as never);
    const message = scramAuthMessage({
      ...{ authid: 'joe', clientNonce: nonce, nonce: challenge['nonce'] as string, salt },
      ...{ iterations: 16, channelBinding: binding, cbindData: data },
    });
    return { salted, message, signature: encodeBase64(scramClientProof(salted, message)) };
  }

  it('AUTH-017: lets in who proves the password, and proves that it knows it too', async () => {
    const house = houseWith({ scram: { principals: { joe: await joe() } } });
    const peer = knocks(house, 'wamp-scram', 'joe', { nonce, channel_binding: null });
    const challenge = await isChallenged(peer);
    expect(challenge).toEqual({
      nonce: expect.stringMatching(/^.{56}$/) as unknown,
      salt: 'W22ZaJ0SNY7soEsUEjb6gQ==',
      kdf: 'pbkdf2',
      iterations: 16,
      memory: null,
    });
    expect((challenge['nonce'] as string).startsWith(nonce)).toBe(true);
    const { salted, message, signature } = await prove(challenge);
    const { authmethod, authextra } = await isIn(
      answers(peer, signature, { nonce: challenge['nonce'], channel_binding: null }),
    );
    expect(authmethod).toBe('wamp-scram');
    const verifier = decodeBase64((authextra as Dict)['verifier'] as string)!;
    expect(verifyScramServer(salted, message, verifier)).toBe(true);
  });

  it('takes credentials in hexadecimal, under the names and the method that Crossbar.io has for them', async () => {
    const { salt, 'stored-key': stored, 'server-key': server } = await joe();
    const toHex = (text: string): string => Buffer.from(text, 'base64').toString('hex');
    const principals = {
      joe: {
        ...{ ...cost, memory: null, role: 'user' },
        ...{ salt: toHex(salt), 'stored-key': toHex(stored), 'server-key': toHex(server) },
      } as const,
    };
    const peer = knocks(houseWith({ scram: { principals } }), 'scram', 'joe', { nonce });
    const challenge = await isChallenged(peer);
    const { signature } = await prove(challenge);
    await isIn(answers(peer, signature, { nonce: challenge['nonce'] }));
  });

  it('AUTH-017: a wrong proof, nonce or channel binding keeps out', async () => {
    const house = houseWith({ scram: { principals: { joe: await joe() } } });
    type Bend = (signature: string, nonce: string) => [string, Dict];
    const bends: readonly Bend[] = [
      (_, all) => ['', { nonce: all }],
      (_, all) => ['not base64!', { nonce: all }],
      (_, all) => [encodeBase64(new Uint8Array(32)), { nonce: all }],
      (good) => [good, { nonce }],
      (good) => [good, {}],
      (good, all) => [good, { nonce: `${all}x` }],
      (good, all) => [good, { nonce: all, channel_binding: 'tls-unique' }],
      (good, all) => [good, { nonce: all, cbind_data: 'AAAA' }],
    ];
    for (const bend of bends) {
      const peer = knocks(house, 'wamp-scram', 'joe', { nonce });
      const challenge = await isChallenged(peer);
      const { signature } = await prove(challenge);
      await isDenied(answers(peer, ...bend(signature, challenge['nonce'] as string)));
    }
    const guessing = knocks(house, 'wamp-scram', 'joe', { nonce });
    const challenge = await isChallenged(guessing);
    const { signature } = await prove(challenge, { password: 'pen' });
    await isDenied(answers(guessing, signature, { nonce: challenge['nonce'] }));
  });

  it('AUTH-017: a channel binding has to be that of this connection', async () => {
    const house = houseWith({ scram: { principals: { joe: await joe() } } });
    const info = { type: 'test', tls: { channelBinding: { 'tls-exporter': hex(9, 32) } } };
    for (const [byte, isGood] of [
      [9, true],
      [8, false],
    ] as const) {
      const peer = knocks(house, 'wamp-scram', 'joe', { nonce, channel_binding: 'tls-exporter' }, info);
      const challenge = await isChallenged(peer);
      expect(challenge['channel_binding']).toBe('tls-exporter');
      const data = encodeBase64(decodeHex(hex(byte, 32))!);
      const { signature } = await prove(challenge, { binding: 'tls-exporter', data });
      answers(peer, signature, {
        nonce: challenge['nonce'],
        channel_binding: 'tls-exporter',
        cbind_data: data,
      });
      await (isGood ? isIn(peer) : isDenied(peer));
    }
  });

  it.each<[string, Dict]>([
    ['no nonce', {}],
    ['a short nonce', { nonce: 'AAAA' }],
    ['a nonce that would bend the signed text', { nonce: `${'A'.repeat(24)},r=` }],
    ['an endless nonce', { nonce: 'A'.repeat(300) }],
    ['a nonce that is no text', { nonce: 5 }],
    ['a channel binding that this connection does not have', { nonce, channel_binding: 'tls-unique' }],
    ['a channel binding that nobody knows', { nonce, channel_binding: 'tls-server-end-point' }],
    ['a channel binding that is no text', { nonce, channel_binding: 7 }],
  ])('%s ends the attempt', async (_, extra) => {
    const house = houseWith({ scram: { principals: { joe: await joe() } } });
    await knocks(house, 'wamp-scram', 'joe', extra).isAborted('wamp.error.authentication_failed');
  });

  it('AUTH-008, AUTH-019: an unknown authid is challenged like a known one, with the same salt each time', async () => {
    const auth = { scram: { principals: { joe: await joe() } } };
    const challenged = async (authid: string, house: House): Promise<Dict> => {
      const peer = knocks(house, 'wamp-scram', authid, { nonce });
      const extra = await isChallenged(peer);
      await isDenied(answers(peer, encodeBase64(new Uint8Array(32)), { nonce: extra['nonce'] }));
      return extra;
    };
    const house = houseWith(auth);
    const unknown = await challenged('jim', house);
    const known = await challenged('joe', house);
    expect(Object.keys(unknown)).toEqual(Object.keys(known));
    expect(unknown).toMatchObject({ kdf: 'pbkdf2', iterations: 16, memory: null });
    expect((unknown['salt'] as string).length).toBe((known['salt'] as string).length);
    expect((await challenged('jim', houseWith(auth)))['salt']).toBe(unknown['salt']);
    expect((await challenged('jane', house))['salt']).not.toBe(unknown['salt']);
    await challenged('a\u0007b', house);
  });
});

describe('cryptosign', () => {
  const KEY = '4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510';
  const OTHER = 'd511fe78e23934b3dadb52fcd022974b80bd92bccc7c5cf404e46cc0a8a2f5cd';
  const pubkey = cryptosignPublicKey(KEY);
  const auth: Auth = {
    cryptosign: { principals: { joe: { authorized_keys: [hex(1, 32), pubkey], role: 'user' } } },
  };

  const challengeOf = async (peer: TestPeer): Promise<string> =>
    (await isChallenged(peer))['challenge'] as string;

  it('lets in who has the key', async () => {
    const peer = knocks(houseWith(auth), 'cryptosign', 'joe', { pubkey: pubkey.toUpperCase() });
    const extra = await isChallenged(peer);
    expect(extra).toEqual({
      challenge: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
      channel_binding: null,
    });
    answers(peer, signCryptosign(KEY, extra['challenge'] as string, undefined));
    expect(await isIn(peer)).toMatchObject({ authid: 'joe', authrole: 'user', authmethod: 'cryptosign' });
  });

  it('AUTH-025: without authid it is assigned by the key', async () => {
    const house = houseWith(auth);
    const peer = knocks(house, 'cryptosign', undefined, { pubkey });
    answers(peer, signCryptosign(KEY, await challengeOf(peer), undefined));
    expect(await isIn(peer)).toMatchObject({ authid: 'joe' });
    const found = houseWith({
      cryptosign: { type: 'function', find: () => ({ role: 'user', authorized_keys: [pubkey] }) },
    });
    const nameless = knocks(found, 'cryptosign', undefined, { pubkey });
    answers(nameless, signCryptosign(KEY, await challengeOf(nameless), undefined));
    expect(await isIn(nameless)).toMatchObject({ authid: pubkey, authprovider: 'function' });
  });

  it('AUTH-008: a key of nobody, or of somebody else, is challenged and then denied', async () => {
    const house = houseWith(auth);
    for (const authid of ['joe', 'jim', undefined]) {
      const peer = knocks(house, 'cryptosign', authid, { pubkey: cryptosignPublicKey(OTHER) });
      await isDenied(answers(peer, signCryptosign(OTHER, await challengeOf(peer), undefined)));
    }
  });

  it('AUTH-023, AUTH-024: a good signature of another message, such as an earlier one, proves nothing', async () => {
    const house = houseWith(auth);
    const first = knocks(house, 'cryptosign', 'joe', { pubkey });
    const signature = signCryptosign(KEY, await challengeOf(first), undefined);
    await isIn(answers(first, signature));
    for (const text of [signature, signCryptosign(KEY, hex(0, 32), undefined)]) {
      const peer = knocks(house, 'cryptosign', 'joe', { pubkey });
      await isChallenged(peer);
      await isDenied(answers(peer, text));
    }
    const wrongKey = knocks(house, 'cryptosign', 'joe', { pubkey });
    await isDenied(answers(wrongKey, signCryptosign(OTHER, await challengeOf(wrongKey), undefined)));
    for (const text of ['', 'ab', 'g'.repeat(192), signature.slice(2)]) {
      const peer = knocks(house, 'cryptosign', 'joe', { pubkey });
      await isChallenged(peer);
      await isDenied(answers(peer, text));
    }
  });

  it.each([undefined, 5, '', 'ab', 'g'.repeat(64), `${'a'.repeat(64)}0`])(
    'AUTH-026: the public key %j ends the attempt',
    async (wrong) => {
      const peer = knocks(houseWith(auth), 'cryptosign', 'joe', { pubkey: wrong });
      await peer.isAborted('wamp.error.authentication_failed');
    },
  );

  it('binds to the channel where it knows it, and says so', async () => {
    const house = houseWith(auth);
    const info = { type: 'test', tls: { channelBinding: { 'tls-exporter': hex(9, 32) } } };
    const asking = { pubkey, channel_binding: 'tls-exporter' };
    for (const [byte, isGood] of [
      [9, true],
      [8, false],
    ] as const) {
      const peer = knocks(house, 'cryptosign', 'joe', asking, info);
      const extra = await isChallenged(peer);
      expect(extra['channel_binding']).toBe('tls-exporter');
      answers(peer, signCryptosign(KEY, extra['challenge'] as string, decodeHex(hex(byte, 32))));
      await (isGood ? isIn(peer) : isDenied(peer));
    }
    const unbound = knocks(house, 'cryptosign', 'joe', asking);
    expect((await isChallenged(unbound))['channel_binding']).toBeNull();
  });

  it('the host may check signatures elsewhere', async () => {
    const checked: number[] = [];
    const house = houseWith(auth, {
      verifyEd25519: async (signature, message, publicKey) => {
        await settled(1);
        checked.push(signature.length, message.length, publicKey.length);
        return true;
      },
    });
    const peer = knocks(house, 'cryptosign', 'joe', { pubkey });
    answers(peer, hex(0, 64) + (await challengeOf(peer)));
    await isIn(peer);
    expect(checked).toEqual([64, 32, 32]);
  });
});

describe('tls', () => {
  const certificate = (cn: string, byte: number, authorized = false): Dict => ({
    type: 'test',
    tls: { clientCertificate: { subject: { CN: cn }, fingerprint: hex(byte, 32), authorized } },
  });
  const fingerprint = (hex(1, 32).match(/../g) ?? []).join(':').toUpperCase();
  const auth: Auth = {
    tls: { principals: { joe: { 'certificate-sha256': fingerprint, role: 'user' } }, role: 'guest' },
  };
  const enters = (authid: string | undefined, info?: Dict): TestPeer =>
    knocks(houseWith(auth), 'tls', authid, {}, info);

  it('lets in the certificate of a principal, without a challenge', async () => {
    const details = await isIn(enters(undefined, certificate('whatever', 1)));
    expect(details).toMatchObject({ authid: 'joe', authrole: 'user', authmethod: 'tls' });
    expect(await isIn(enters('joe', certificate('whatever', 1)))).toMatchObject({ authid: 'joe' });
    await isDenied(enters('jim', certificate('whatever', 1)));
  });

  it('lets in what an authority vouches for, under its common name', async () => {
    expect(await isIn(enters(undefined, certificate('jane', 2, true)))).toMatchObject({
      authid: 'jane',
      authrole: 'guest',
    });
    await isDenied(enters(undefined, certificate('jane', 2, false)));
    await isDenied(enters('jim', certificate('jane', 2, true)));
    // The principal has a certificate of its own; another one with its name is not it.
    await isDenied(enters(undefined, certificate('joe', 2, true)));
  });

  it('is not fooled by what a peer says itself', async () => {
    await isDenied(enters('joe'));
    const peer = knocks(houseWith(auth), 'tls', 'joe', certificate('joe', 1));
    await isDenied(peer);
  });
});

describe('anonymous', () => {
  it('has the role that is configured', async () => {
    const house = houseWith({ anonymous: { role: 'guest' } });
    const { welcome } = await house.joins();
    expect(welcome!.details).toMatchObject({ authrole: 'guest', authmethod: 'anonymous' });
  });

  it('may be decided by a function', async () => {
    const house = houseWith({
      anonymous: {
        type: 'function',
        find: ({ authextra }) => (authextra['word'] === 'please' ? { role: 'guest' } : undefined),
      },
    });
    expect(await isIn(knocks(house, 'anonymous', 'admin', { word: 'please' }))).toMatchObject({
      authid: expect.not.stringMatching('admin') as unknown,
      authrole: 'guest',
    });
    await isDenied(knocks(house, 'anonymous', undefined));
  });
});

describe('authenticator procedures', () => {
  const dynamic = { type: 'dynamic', authenticator: 'auth.check', 'authenticator-realm': 'office' } as const;

  async function office(auth: Auth): Promise<{ house: House; clerk: TestPeer; failures: unknown[] }> {
    const failures: unknown[] = [];
    const house = new House({
      realms: { realm1: { auth }, office: {} },
      observer: { hookFailed: (hook, error) => failures.push([hook, error]) },
    });
    const clerk = await house.joins('office');
    await clerk.registers('auth.check');
    return { house, clerk, failures };
  }

  it('AUTH-032: a ticket is judged; role, authid, realm and extra are reflected', async () => {
    const { house, clerk } = await office({ ticket: dynamic });
    const peer = knocks(house, 'ticket', 'joe', { app: 'x' });
    await isChallenged(peer);
    answers(peer, 'open sesame');
    const question = await clerk.gets(MessageKind.Invocation);
    expect(question.payload.args).toEqual([
      'realm1',
      'joe',
      {
        session: expect.any(Number) as unknown,
        authmethod: 'ticket',
        authid: 'joe',
        authextra: { app: 'x' },
        transport: { type: 'memory' },
        ticket: 'open sesame',
      },
    ]);
    clerk.yields(question, [{ role: 'user', authid: 'JOE', realm: 'office', extra: { desk: 3 } }]);
    expect(await isIn(peer)).toMatchObject({
      realm: 'office',
      authid: 'JOE',
      authrole: 'user',
      authprovider: 'dynamic',
      authextra: { desk: 3 },
    });
  });

  it('a role alone is enough, and nothing is no', async () => {
    const { house, clerk } = await office({ ticket: dynamic });
    const peer = knocks(house, 'ticket', 'joe');
    await isChallenged(peer);
    answers(peer, 'x');
    clerk.yields(await clerk.gets(MessageKind.Invocation), ['user']);
    expect(await isIn(peer)).toMatchObject({ authid: 'joe', authrole: 'user' });
    const other = knocks(house, 'ticket', 'joe');
    await isChallenged(other);
    answers(other, 'x');
    clerk.yields(await clerk.gets(MessageKind.Invocation), [null]);
    await isDenied(other);
  });

  it('wampcra, wamp-scram and cryptosign get what they need before the challenge', async () => {
    const scram = await scramCredentials('pencil', new Uint8Array(16), { kdf: 'pbkdf2', iterations: 16 });
    const key = hex(7, 32);
    const { house, clerk } = await office({ wampcra: dynamic, scram: dynamic, cryptosign: dynamic });
    for (const [method, extra, answer] of [
      ['wampcra', {}, { role: 'user', secret: 's' }],
      ['wamp-scram', { nonce: 'A'.repeat(24) }, { role: 'user', ...scram }],
      [
        'cryptosign',
        { pubkey: cryptosignPublicKey(key) },
        { role: 'user', pubkey: cryptosignPublicKey(key) },
      ],
    ] as const) {
      const peer = knocks(house, method, 'joe', extra);
      const question = await clerk.gets(MessageKind.Invocation);
      expect(question.payload.args[2]).toMatchObject({ authmethod: method, authextra: extra });
      clerk.yields(question, [answer]);
      const challenge = await isChallenged(peer);
      if (method === 'wampcra') answers(peer, signWampcra('s', challenge['challenge'] as string));
      else if (method === 'cryptosign')
        answers(peer, signCryptosign(key, challenge['challenge'] as string, undefined));
      else continue;
      expect(await isIn(peer)).toMatchObject({ authid: 'joe', authprovider: 'dynamic' });
    }
  });

  async function refusedWith(
    uri: string,
    method = 'ticket',
  ): Promise<{ peer: TestPeer; failures: unknown[] }> {
    const { house, clerk, failures } = await office({ ticket: dynamic, wampcra: dynamic });
    const peer = knocks(house, method, 'joe');
    if (method === 'ticket') {
      await isChallenged(peer);
      answers(peer, 'x');
    }
    const { request } = await clerk.gets(MessageKind.Invocation);
    clerk.sends(new ErrorMessage(MessageKind.Invocation, request, {}, uri, Payload.of(['because'])));
    return { peer, failures };
  }

  it('AUTH-031: an error of the application is the reason', async () => {
    const { peer, failures } = await refusedWith('com.example.not_today');
    expect(await peer.isAborted('com.example.not_today')).toBe('because');
    expect(failures).toEqual([]);
  });

  it('AUTH-031: an authenticator that breaks tells the peer nothing', async () => {
    const { peer, failures } = await refusedWith('wamp.error.runtime_error');
    expect(await peer.isAborted('wamp.error.authentication_failed')).not.toContain('because');
    expect(failures).toHaveLength(1);
    expect(JSON.stringify(failures)).not.toContain('because');
  });

  it('AUTH-008: no_such_principal looks like a wrong secret', async () => {
    const { peer } = await refusedWith('wamp.error.no_such_principal');
    expect(await isDenied(peer)).toBe('the identity could not be proved');
    const { peer: challenged } = await refusedWith('wamp.error.no_such_principal', 'wampcra');
    await isChallenged(challenged);
    await isDenied(answers(challenged, 'guess'));
  });

  it('AUTH-031: an authenticator that is too slow, or not there, makes the login fail', async () => {
    const { house, clerk } = await office({ wampcra: dynamic });
    const peer = knocks(house, 'wampcra', 'joe');
    await clerk.gets(MessageKind.Invocation);
    house.clock.advance(60_001);
    await peer.isAborted('wamp.error.authentication_failed');
    clerk.transport.terminate('gone');
    await settled();
    await knocks(house, 'wampcra', 'joe').isAborted('wamp.error.authentication_failed');
  });

  it.each<[string, unknown]>([
    ['a number', 5],
    ['a role that is no text', { role: 7 }],
    ['a secret that is missing', { role: 'user' }],
    ['an authid that is no text', { role: 'user', secret: 's', authid: 5 }],
    ['an extra that is no dictionary', { role: 'user', secret: 's', extra: 'x' }],
  ])('an answer with %s makes the login fail', async (_, answer) => {
    const { house, clerk, failures } = await office({ wampcra: dynamic });
    const peer = knocks(house, 'wampcra', 'joe');
    clerk.yields(await clerk.gets(MessageKind.Invocation), [answer]);
    await peer.isAborted('wamp.error.authentication_failed');
    expect(failures).toHaveLength(1);
  });

  it('AUTH-033: a peer that leaves meanwhile never becomes a session', async () => {
    const { house, clerk } = await office({ ticket: dynamic });
    const peer = knocks(house, 'ticket', 'joe');
    await isChallenged(peer);
    answers(peer, 'x');
    const question = await clerk.gets(MessageKind.Invocation);
    peer.transport.terminate('gone');
    await settled();
    clerk.yields(question, ['user']);
    await settled();
    expect(house.router.stats().realms.get('realm1')!.sessions).toBe(0);
    expect(house.router.stats().handshakes).toBe(0);
  });
});

describe('functions', () => {
  it('may refuse with a reason of their own', async () => {
    const house = houseWith({
      wampcra: {
        type: 'function',
        find: () => {
          throw new AuthenticationRefused('com.example.closed', 'we are closed on Sundays');
        },
      },
    });
    const peer = knocks(house, 'wampcra', 'joe');
    expect(await peer.isAborted('com.example.closed')).toBe('we are closed on Sundays');
  });

  it('that find something unusable make the login fail', async () => {
    const house = houseWith({ wampcra: { type: 'function', find: () => ({ role: 'user' }) as never } });
    await knocks(house, 'wampcra', 'joe').isAborted('wamp.error.authentication_failed');
  });
});

describe('options that are wrong are refused at once, without repeating a secret', () => {
  const joe = (value: object): Record<string, never> => ({ joe: value as never });
  it.each<[Auth, string]>([
    [{ ticket: { principals: joe({ ticket: 5, role: 'hunter2' }) } }, '"ticket" must be a text'],
    [{ ticket: { principals: joe({ ticket: 'hunter2' }) } }, '"role" must be a text'],
    [
      { wampcra: { users: joe({ role: 'user', secret: 'hunter2', salt: 's', iterations: 0 }) } },
      '"iterations"',
    ],
    [{ scram: { principals: joe({ role: 'user', kdf: 'md5' }) } }, '"kdf" must be argon2id13 or pbkdf2'],
    [
      {
        scram: {
          principals: joe({
            role: 'user',
            kdf: 'pbkdf2',
            iterations: 1,
            salt: 'AAAA',
            'stored-key': 'hunter2',
          }),
        },
      },
      '"stored-key" must be base64',
    ],
    [
      { cryptosign: { principals: joe({ role: 'user', authorized_keys: ['hunter2'] }) } },
      '64 hexadecimal digits',
    ],
    [
      { tls: { principals: joe({ role: 'user', 'certificate-sha256': 'hunter2' }) } },
      '64 hexadecimal digits',
    ],
  ])('%#', (auth, sentence) => {
    let message = '';
    try {
      houseWith(auth);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain('the principal "joe"');
    expect(message).toContain(sentence);
    expect(message).not.toContain('hunter2');
  });
});

it('methods are tried in the order of the client, whatever the realm has more', async () => {
  const house = houseWith({ anonymous: {}, ticket: joesTicket });
  const peer = house.peer().hello('realm1', {
    roles: ALL_FEATURES,
    authmethods: ['wampcra', 'ticket', 'anonymous'],
    authid: 'joe',
  });
  expect((await peer.gets(MessageKind.Challenge)).method).toBe('ticket');
});
