import {
  AbortMessage,
  AuthenticateMessage,
  CallMessage,
  CloseUri,
  ErrorMessage,
  GoodbyeMessage,
  HelloMessage,
  MessageKind,
  Payload,
  PublishMessage,
  RegisterMessage,
  SubscribeMessage,
  UnsubscribeMessage,
  YieldMessage,
  type Message,
} from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import type { Authenticator, LeaveCause } from '../src/index.js';
import { BentTransport } from './bent-transport.fixture.js';
import { ALL_FEATURES, House, SERIALIZERS, settled } from './test-peer.fixture.js';

/** How a promise is to end. */
interface Ending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const challenger: Authenticator = {
  method: 'ticket',
  begin: () => ({
    type: 'challenge',
    extra: { hint: 'say it' },
    answer: (signature) =>
      signature === 'open sesame'
        ? {
            type: 'accepted',
            principal: { authid: 'joe', authrole: 'user', authprovider: 'test', authextra: { lucky: 7 } },
          }
        : { type: 'refused', reason: 'wamp.error.authentication_denied', message: 'no' },
  }),
};

describe.each(SERIALIZERS)('opening a session over %s', (_, serializer) => {
  it('SESS-001, SESS-029, SESS-030: WELCOME is the first message and says who and what the router is', async () => {
    const peer = await new House().joins('realm1', undefined, serializer());
    const { session, details } = peer.welcome!;
    expect(session).toBeGreaterThanOrEqual(1);
    expect(details).toMatchObject({
      realm: 'realm1',
      agent: '@wamp/router',
      authrole: 'anonymous',
      authmethod: 'anonymous',
      authprovider: 'static',
      roles: { broker: { features: {} }, dealer: { features: {} } },
    });
    expect(details['authid']).toMatch(/^[0-9a-z]{11}$/);
    expect(peer.log).toHaveLength(1);
  });

  it('SESS-003: a second HELLO is a violation', async () => {
    const peer = await new House().joins('realm1', undefined, serializer());
    peer.hello();
    expect(await peer.isAborted()).toContain('HELLO');
  });

  it('SESS-014: the client says GOODBYE, gets exactly one back, and the transport closes', async () => {
    const peer = await new House().joins('realm1', undefined, serializer());
    peer.sends(new GoodbyeMessage({}, CloseUri.CloseRealm));
    expect(await peer.gets(MessageKind.Goodbye)).toMatchObject({ reason: CloseUri.GoodbyeAndOut });
    await peer.getsNothing();
    expect(peer.how).toMatchObject({ wasClean: true });
  });
});

describe('before WELCOME', () => {
  const strays: [string, Message][] = [
    ['SESS-002 SUBSCRIBE', new SubscribeMessage(1, {}, 'a.b')],
    ['SESS-005 GOODBYE', new GoodbyeMessage({}, CloseUri.CloseRealm)],
    ['SESS-006 ERROR', new ErrorMessage(MessageKind.Invocation, 1, {}, 'a.b')],
    ['SESS-006 YIELD', new YieldMessage(1)],
    ['SESS-006 CALL', new CallMessage(1, {}, 'a.b')],
    ['SESS-002 AUTHENTICATE', new AuthenticateMessage('x', {})],
    ['SESS-002 PUBLISH', new PublishMessage(1, {}, 'a.b')],
  ];
  it.each(strays)('%s is a violation', async (_, message) => {
    const peer = new House().peer();
    peer.sends(message);
    await peer.isAborted();
  });

  it.each(strays)(
    '%s is a violation while a challenge is pending too, unless it is the answer',
    async (_, message) => {
      const house = new House({ realms: { realm1: { authenticators: [challenger] } } });
      const peer = house
        .peer()
        .hello('realm1', { roles: ALL_FEATURES, authmethods: ['ticket'], authid: 'joe' });
      await peer.gets(MessageKind.Challenge);
      peer.sends(message);
      if (message.kind === MessageKind.Authenticate) await peer.isAborted('wamp.error.authentication_denied');
      else await peer.isAborted();
    },
  );

  it('SESS-004: HELLO while a challenge is pending is a violation', async () => {
    const house = new House({ realms: { realm1: { authenticators: [challenger] } } });
    const peer = house.peer().hello('realm1', { roles: ALL_FEATURES, authmethods: ['ticket'] });
    expect((await peer.gets(MessageKind.Challenge)).extra).toEqual({ hint: 'say it' });
    peer.hello();
    await peer.isAborted();
  });

  it.each([
    ['no roles', {}],
    ['an empty dictionary of roles', { roles: {} }],
    ['only unknown roles', { roles: { foo: {}, bar: {} } }],
  ])('SESS-008: HELLO with %s is a violation', async (_, details) => {
    const peer = new House().peer().hello('realm1', details);
    await peer.isAborted();
  });

  it.each([
    ['SESS-009: an unknown role besides a known one', { roles: { caller: {}, foo: {} } }],
    ['SESS-010: roles without features', { roles: { caller: {}, callee: {} } }],
    ['SESS-011: a feature that is not a boolean', { roles: { caller: { features: { x: 1 } } } }],
    [
      'SESS-039: transport details of its own',
      { roles: { caller: {} }, transport: { auth: { cookie: 'x' }, peer: 'nowhere' } },
    ],
    ['SESS-040: a wish to resume', { roles: { caller: {} }, resumable: true, 'resume-session': 7 }],
  ])('%s does not keep a client out', async (_, details) => {
    const peer = await new House().joins('realm1', details);
    expect(peer.welcome!.details).not.toHaveProperty('resumable');
    expect(peer.welcome!.details).not.toHaveProperty('transport');
  });

  it('SESS-012: an unknown realm is refused', async () => {
    await new House().peer().hello('realm2').isAborted('wamp.error.no_such_realm');
    await new House().peer().hello('constructor').isAborted('wamp.error.no_such_realm');
    await new House().peer().hello('__proto__').isAborted('wamp.error.no_such_realm');
  });

  it('SESS-013: a realm is made on demand where the host allows it, as many as the limit', async () => {
    const house = new House({
      createRealm: (name) => (name.startsWith('tenant.') ? {} : undefined),
      limits: { realms: 2 },
    });
    const one = await house.joins('tenant.a');
    const other = await house.joins('tenant.a');
    expect(await one.result('wamp.session.count')).toEqual([2]);
    expect(other.welcome!.details['realm']).toBe('tenant.a');
    await house.joins('tenant.b');
    await house.peer().hello('tenant.c').isAborted('wamp.error.no_such_realm');
    await house.peer().hello('other').isAborted('wamp.error.no_such_realm');
  });

  it.each(['a b', '', 'a..b', '.', 'a#b', 'x'.repeat(256)])(
    'URI-018: the realm %j is no URI and is refused as such',
    async (realm) => {
      await new House().peer().hello(realm).isAborted('wamp.error.invalid_uri');
    },
  );

  it('a client that leaves the realm to the router is refused, unless there is a default realm', async () => {
    await new House().peer().hello(null).isAborted('wamp.error.no_such_realm');
    const house = new House({ realms: { realm1: {} }, defaultRealm: 'realm1' });
    const peer = house.peer().hello(null);
    expect((await peer.gets(MessageKind.Welcome)).details['realm']).toBe('realm1');
  });

  it('SESS-027: a peer that does not say HELLO in time is turned away', async () => {
    const house = new House();
    const peer = house.peer();
    await settled();
    house.clock.advance(4_999);
    await peer.getsNothing();
    house.clock.advance(1);
    await peer.isAborted('wamp.error.timeout');
    expect(house.router.stats().handshakes).toBe(0);
  });

  it('AUTH-013: a peer that does not answer a challenge in time is turned away', async () => {
    const house = new House({ realms: { realm1: { authenticators: [challenger] } } });
    const peer = house.peer().hello('realm1', { roles: ALL_FEATURES, authmethods: ['ticket'] });
    await peer.gets(MessageKind.Challenge);
    house.clock.advance(60_000);
    await peer.isAborted('wamp.error.authentication_failed');
  });

  it('ABORT of a client that is being let in ends quietly', async () => {
    const house = new House({ realms: { realm1: { authenticators: [challenger] } } });
    const peer = house.peer().hello('realm1', { roles: ALL_FEATURES, authmethods: ['ticket'] });
    await peer.gets(MessageKind.Challenge);
    peer.sends(new AbortMessage({}, 'wamp.error.cannot_authenticate'));
    await peer.getsNothing();
    expect(await peer.isClosed()).toBe(true);
    expect(house.router.stats()).toMatchObject({ handshakes: 0, sessions: 0 });
  });

  it('SEC-006: peers that are joining are limited in number', async () => {
    const house = new House({ realms: { realm1: {} }, limits: { handshakes: 2 } });
    const first = house.peer();
    house.peer();
    await house.peer().isAborted('wamp.error.limit_exceeded');
    await first.joins();
    await house.joins();
  });

  it('sessions are limited in number', async () => {
    const house = new House({ realms: { realm1: {} }, limits: { sessions: 1 } });
    const first = await house.joins();
    await house.peer().hello().isAborted('wamp.error.limit_exceeded');
    await first.leaves();
    await house.joins();
  });
});

describe('authentication', () => {
  const both = new House({
    realms: { realm1: { authenticators: [challenger] }, open: { authrole: 'guest' } },
  });

  it('AUTH-001: no methods mean anonymous, whose role the realm sets', async () => {
    const peer = await both.joins('open', { roles: { caller: {} }, authid: 'root' });
    expect(peer.welcome!.details).toMatchObject({ authmethod: 'anonymous', authrole: 'guest' });
    expect(peer.welcome!.details['authid']).not.toBe('root');
  });

  it('AUTH-002: no methods where anonymous is not let in', async () => {
    await both
      .peer()
      .hello('realm1', { roles: { caller: {} } })
      .isAborted('wamp.error.authentication_required');
  });

  it('AUTH-003: only methods that the realm does not know', async () => {
    const details = { roles: { caller: {} }, authmethods: ['foo', 'wampcra'] };
    await both.peer().hello('open', details).isAborted('wamp.error.no_matching_auth_method');
  });

  it('AUTH-004, AUTH-005: unknown methods are skipped; the right answer lets in under the granted identity', async () => {
    const details = { roles: { caller: {} }, authmethods: ['foo', 'ticket'], authid: 'jim' };
    const peer = both.peer().hello('realm1', details);
    expect(await peer.gets(MessageKind.Challenge)).toMatchObject({ method: 'ticket' });
    peer.sends(new AuthenticateMessage('open sesame', {}));
    expect((await peer.gets(MessageKind.Welcome)).details).toMatchObject({
      authid: 'joe',
      authrole: 'user',
      authmethod: 'ticket',
      authprovider: 'test',
      authextra: { lucky: 7 },
    });
  });

  it('AUTH-006, AUTH-014: the wrong answer keeps out, a second one is ignored', async () => {
    const peer = both.peer().hello('realm1', { roles: { caller: {} }, authmethods: ['ticket'] });
    await peer.gets(MessageKind.Challenge);
    peer.sends(new AuthenticateMessage('guess', {}), new AuthenticateMessage('open sesame', {}));
    await peer.isAborted('wamp.error.authentication_denied');
    await peer.getsNothing();
  });

  it('SESS-007: AUTHENTICATE after WELCOME is a violation', async () => {
    const peer = await both.joins('open');
    peer.sends(new AuthenticateMessage('x', {}));
    await peer.isAborted();
  });

  it.each<[string, Authenticator]>([
    [
      'throws',
      {
        method: 'odd',
        begin: () => {
          throw new Error('db down: password hunter2');
        },
      },
    ],
    ['rejects', { method: 'odd', begin: () => Promise.reject(new Error('db down: password hunter2')) }],
    ['answers nonsense', { method: 'odd', begin: () => ({ type: 'perhaps' }) as never }],
    ['answers nonsense later', { method: 'odd', begin: () => Promise.resolve(undefined as never) }],
  ])(
    'AUTH-031, SEC-007: an authenticator that %s keeps the peer out and tells it nothing',
    async (_, odd) => {
      const errors: unknown[] = [];
      const house = new House({
        realms: { realm1: { authenticators: [odd] } },
        observer: { hookFailed: (hook, error) => errors.push([hook, error]) },
      });
      const peer = house.peer().hello('realm1', { roles: { caller: {} }, authmethods: ['odd'] });
      expect(await peer.isAborted('wamp.error.authentication_failed')).not.toContain('hunter2');
      expect(errors).toHaveLength(1);
    },
  );

  it('AUTH-032: the authenticator may assign another realm, which has to exist', async () => {
    const assigning = (realm: string): Authenticator => ({
      method: 'anonymous',
      begin: () => ({
        type: 'accepted',
        principal: { authid: 'a', authrole: 'r', authprovider: 'p', realm },
      }),
    });
    const house = new House({
      realms: {
        lobby: { authenticators: [assigning('hall')] },
        hall: {},
        dead: { authenticators: [assigning('end')] },
      },
    });
    expect((await house.joins('lobby')).welcome!.details['realm']).toBe('hall');
    expect(house.router.stats().realms.get('hall')!.sessions).toBe(1);
    await house.peer().hello('dead').isAborted('wamp.error.no_such_realm');
  });

  it('AUTH-033: a peer that leaves during asynchronous authentication never becomes a session', async () => {
    let decide: (value: never) => void = () => undefined;
    const slow: Authenticator = {
      method: 'anonymous',
      begin: () => new Promise((resolve) => (decide = resolve as never)),
    };
    const joined: number[] = [];
    const house = new House({
      realms: { realm1: { authenticators: [slow] } },
      observer: { sessionJoined: (info) => joined.push(info.session) },
    });
    const peer = house.peer().hello();
    await settled();
    peer.transport.terminate('gone');
    await settled();
    decide({ type: 'accepted', principal: { authid: 'a', authrole: 'r', authprovider: 'p' } } as never);
    await settled();
    expect(joined).toEqual([]);
    expect(house.router.stats()).toMatchObject({ sessions: 0, handshakes: 0 });
  });

  it.each<[string, (answer: Ending) => void]>([
    ['fails', ({ reject }) => reject(new Error('too late'))],
    ['answers nonsense', ({ resolve }) => resolve('yes')],
    ['refuses', ({ resolve }) => resolve({ type: 'refused', reason: 'a.b', message: 'no' })],
    ['challenges', ({ resolve }) => resolve({ type: 'challenge', extra: {}, answer: () => undefined })],
  ])(
    'AUTH-033: an authenticator that %s after the peer was turned away changes nothing',
    async (_, answer) => {
      let open: Ending | undefined;
      const slow: Authenticator = {
        method: 'anonymous',
        begin: () =>
          new Promise((resolve, reject) => {
            open = { resolve: resolve as (value: unknown) => void, reject };
          }),
      };
      const house = new House({ realms: { realm1: { authenticators: [slow] } } });
      let transport: BentTransport | undefined;
      const peer = house.peerOver((inner) => (transport = new BentTransport(inner)));
      // It does not take its ABORT, so that its transport is still there when the answer comes.
      peer.hello();
      await settled();
      peer.transport.pause();
      house.clock.advance(60_000);
      await settled();
      expect(transport!.sent).toBe(1);
      const before = house.router.stats();
      answer(open!);
      await settled();
      expect(house.router.stats()).toEqual(before);
      expect(transport!.sent).toBe(1);
      peer.transport.resume();
      expect((await peer.gets(MessageKind.Abort)).reason).toBe('wamp.error.authentication_failed');
      await peer.getsNothing();
    },
  );

  it('messages behind HELLO wait for an asynchronous authenticator, in order', async () => {
    const slow: Authenticator = {
      method: 'anonymous',
      begin: async () => {
        await settled(2);
        return { type: 'accepted', principal: { authid: 'a', authrole: 'r', authprovider: 'p' } };
      },
    };
    const house = new House({ realms: { realm1: { authenticators: [slow] } } });
    const peer = house.peer().hello();
    peer.sends(new SubscribeMessage(1, {}, 'a.b'), new RegisterMessage(2, {}, 'a.c'));
    await peer.gets(MessageKind.Welcome);
    await peer.gets(MessageKind.Subscribed);
    await peer.gets(MessageKind.Registered);
  });

  it('an authenticator may challenge more than once', async () => {
    const twice: Authenticator = {
      method: 'two',
      begin: () => ({
        type: 'challenge',
        extra: { round: 1 },
        answer: (first) => ({
          type: 'challenge',
          extra: { round: 2 },
          answer: (second) => ({
            type: 'accepted',
            principal: { authid: first + second, authrole: 'r', authprovider: 'p' },
          }),
        }),
      }),
    };
    const house = new House({ realms: { realm1: { authenticators: [twice] } } });
    const peer = house.peer().hello('realm1', { roles: { caller: {} }, authmethods: ['two'] });
    expect((await peer.gets(MessageKind.Challenge)).extra).toEqual({ round: 1 });
    peer.sends(new AuthenticateMessage('a', {}));
    expect((await peer.gets(MessageKind.Challenge)).extra).toEqual({ round: 2 });
    peer.sends(new AuthenticateMessage('b', {}));
    expect((await peer.gets(MessageKind.Welcome)).details['authid']).toBe('ab');
  });
});

describe('the end of a session', () => {
  it('SESS-017: after its GOODBYE a client gets no EVENT, INVOCATION or RESULT', async () => {
    const house = new House();
    const leaver = await house.joins();
    const other = await house.joins();
    await leaver.subscribes('a.topic');
    await leaver.registers('a.proc');
    await other.registers('b.proc');
    leaver.calls('b.proc');
    const invocation = await other.gets(MessageKind.Invocation);
    leaver.sends(new GoodbyeMessage({}, CloseUri.CloseRealm));
    await settled();
    other.yields(invocation, [1]);
    other.publishes('a.topic', [1]);
    other.calls('a.proc');
    await settled();
    expect(leaver.log.filter((m) => m.kind >= 36 && m.kind !== 65).map((m) => m.kind)).toEqual([]);
    expect(leaver.log.at(-1)!.kind).toBe(MessageKind.Goodbye);
  });

  it('SESS-015: the router says GOODBYE, the client echoes, and the router says nothing more', async () => {
    const house = new House();
    const peer = await house.joins();
    const closed = house.router.close();
    expect(await peer.gets(MessageKind.Goodbye)).toMatchObject({ reason: CloseUri.SystemShutdown });
    peer.sends(new GoodbyeMessage({}, CloseUri.GoodbyeAndOut));
    await peer.getsNothing();
    expect(await peer.isClosed()).toBe(true);
    await closed;
  });

  it('SESS-016: crossing GOODBYEs: each side has sent exactly one', async () => {
    const house = new House();
    const peer = await house.joins();
    peer.sends(new GoodbyeMessage({}, CloseUri.CloseRealm));
    const closed = house.router.close();
    await closed;
    expect(peer.log.filter((message) => message.kind === MessageKind.Goodbye)).toHaveLength(1);
    expect(peer.how).toMatchObject({ wasClean: true });
  });

  it("SESS-018: what a client sends after the router's GOODBYE has no effect", async () => {
    const house = new House({ realms: { realm1: { adminRoles: ['anonymous'] } } });
    const admin = await house.joins();
    const victim = await house.joins();
    await admin.subscribes('a.topic');
    await admin.result('wamp.session.kill', [victim.id]);
    victim.publishes('a.topic');
    victim.sends(new RegisterMessage(2, {}, 'a.proc'), new HelloMessage('realm1', { roles: { caller: {} } }));
    victim.transport.send(new Uint8Array([0xff, 0xff]));
    await victim.gets(MessageKind.Goodbye);
    await victim.getsNothing();
    await admin.getsNothing();
    expect(await admin.failure('a.proc')).toBe('wamp.error.no_such_procedure');
    expect(victim.how).toBeUndefined();
    house.clock.advance(5_000);
    expect(await victim.isClosed()).toBe(true);
  });

  it('SESS-019: ABORT from the client is not answered, and everything of it goes', async () => {
    const house = new House();
    const peer = await house.joins();
    const other = await house.joins();
    await peer.registers('a.proc');
    peer.sends(new AbortMessage({}, 'wamp.error.protocol_violation'));
    await peer.getsNothing();
    expect(await peer.isClosed()).toBe(true);
    expect(await other.failure('a.proc')).toBe('wamp.error.no_such_procedure');
    expect(await other.result('wamp.session.count')).toEqual([1]);
  });

  it('SESS-020…024: a violation ends the session alone, at once and entirely', async () => {
    const house = new House();
    const offender = await house.joins();
    const caller = await house.joins();
    await offender.registers('a.proc');
    await offender.subscribes('a.topic');
    const call = caller.calls('a.proc');
    await offender.gets(MessageKind.Invocation);
    // SESS-022: the REGISTER behind the violation is not processed
    offender.hello();
    offender.sends(new RegisterMessage(3, {}, 'b.proc'));
    const abort = await offender.gets(MessageKind.Abort);
    expect(abort.reason).toBe('wamp.error.protocol_violation');
    expect(abort.details['message']).toBe('HELLO must not be sent in an established session');
    expect(await offender.isClosed()).toBe(true);
    expect(offender.how!.reason).toBe(abort.details['message']);
    // SESS-024
    expect(await caller.isRefused(MessageKind.Call, call)).toBe('wamp.error.canceled');
    // SESS-021
    expect(await caller.result('wamp.registration.lookup', ['a.proc'])).toEqual([null]);
    expect(await caller.result('wamp.registration.lookup', ['b.proc'])).toEqual([null]);
    expect(await caller.result('wamp.subscription.lookup', ['a.topic'])).toEqual([null]);
    expect(await caller.result('wamp.session.count')).toEqual([1]);
    await offender.getsNothing();
  });

  it('SESS-026: the loss of the transport cleans up as GOODBYE does', async () => {
    const house = new House();
    const lost = await house.joins();
    const other = await house.joins();
    await lost.registers('a.proc');
    await lost.subscribes('a.topic');
    const call = other.calls('a.proc');
    await lost.gets(MessageKind.Invocation);
    lost.transport.terminate('cable cut');
    expect(await other.isRefused(MessageKind.Call, call)).toBe('wamp.error.canceled');
    expect(await other.result('wamp.registration.lookup', ['a.proc'])).toEqual([null]);
    expect(await other.result('wamp.subscription.lookup', ['a.topic'])).toEqual([null]);
    expect(await other.result('wamp.session.list')).toEqual([[other.id]]);
    expect(house.router.stats()).toMatchObject({ sessions: 1, handshakes: 0 });
  });

  it('SESS-028: shutting down says GOODBYE to sessions and ABORT to those on their way in', async () => {
    const house = new House();
    const established = await house.joins();
    const opening = house.peer();
    await settled();
    const closed = house.router.close();
    expect((await opening.gets(MessageKind.Abort)).reason).toBe(CloseUri.SystemShutdown);
    expect((await established.gets(MessageKind.Goodbye)).reason).toBe(CloseUri.SystemShutdown);
    expect(established.how).toBeUndefined();
    await house.peer().isAborted(CloseUri.SystemShutdown);
    house.clock.advance(5_000);
    await closed;
    expect(await established.isClosed()).toBe(true);
    expect(house.clock.running).toBe(0);
    await house.router.close();
  });

  it('a peer that never reads its GOODBYE is cut off in the end', async () => {
    const house = new House();
    const peer = await house.joins();
    peer.transport.pause();
    const closed = house.router.close();
    await settled();
    house.clock.advance(5_000);
    expect(await peer.isClosed()).toBe(false);
    house.clock.advance(5_000);
    await closed;
    expect(peer.how).toMatchObject({ wasClean: false });
  });

  it('the observer is told who came, who went, and why', async () => {
    const seen: [string, LeaveCause | ''][] = [];
    const house = new House({
      realms: { realm1: { adminRoles: ['anonymous'] } },
      observer: {
        sessionJoined: () => seen.push(['joined', '']),
        sessionLeft: (_, cause) => seen.push(['left', cause]),
        violated: () => {
          throw new Error('an observer may throw');
        },
      },
    });
    await (await house.joins()).leaves();
    (await house.joins()).hello();
    (await house.joins()).sends(new AbortMessage({}, 'x.y'));
    (await house.joins()).transport.terminate('x');
    await settled();
    const admin = await house.joins();
    await house.joins();
    await admin.result('wamp.session.kill_by_authrole', ['anonymous']);
    expect(seen.filter(([what]) => what === 'left').map(([, cause]) => cause)).toEqual([
      'goodbye',
      'violation',
      'abort',
      'lost',
      'killed',
    ]);
    expect(seen.filter(([what]) => what === 'joined')).toHaveLength(6);
    expect(house.router.stats().totals).toMatchObject({ sessionsJoined: 6, sessionsLeft: 5, violations: 1 });
  });

  it('fault 15: 10,000 sessions leave at once, and the others notice nothing', async () => {
    const house = new House();
    const stay = await house.joins();
    const callee = await house.joins();
    await callee.registers('a.proc');
    const guests = [];
    for (let n = 0; n < 10_000; n += 1) {
      const guest = house.peer().hello();
      guest.sends(new SubscribeMessage(1, {}, 'a.topic'), new RegisterMessage(2, {}, `guest.${n}`));
      guests.push(guest);
      if (n % 500 === 0) await settled(2);
    }
    await settled();
    expect(house.router.stats()).toMatchObject({ sessions: 10_002, handshakes: 0 });
    for (const guest of guests) guest.transport.terminate('gone');
    const call = stay.calls('a.proc', ['still there?']);
    callee.yields(await callee.gets(MessageKind.Invocation), ['yes']);
    expect(await stay.gets(MessageKind.Result)).toMatchObject({ request: call });
    await settled();
    expect(house.router.stats().sessions).toBe(2);
    expect(house.router.stats().realms.get('realm1')).toMatchObject({ sessions: 2, openCalls: 0 });
    expect(await stay.result('wamp.subscription.lookup', ['a.topic'])).toEqual([null]);
    expect(await stay.result('wamp.registration.list')).toMatchObject([{ exact: [expect.anything()] }]);
  });
});

it('UNSUBSCRIBE of nothing is refused, the session lives', async () => {
  const peer = await new House().joins();
  peer.sends(new UnsubscribeMessage(peer.next(), 4711));
  expect(await peer.isRefused(MessageKind.Unsubscribe, 1)).toBe('wamp.error.no_such_subscription');
  expect(await peer.result('wamp.session.count')).toEqual([1]);
  expect(Payload.of([]).isEmpty).toBe(true);
});
