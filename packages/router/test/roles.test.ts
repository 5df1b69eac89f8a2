import {
  CallMessage,
  ErrorMessage,
  MessageKind,
  Payload,
  PublishMessage,
  RegisterMessage,
  SubscribeMessage,
  type Dict,
  type InvocationMessage,
} from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import type { AuthOptions, PermissionOptions, RealmOptions, RoleOptions } from '../src/index.js';
import { ALL_FEATURES, House, settled, type TestPeer } from './test-peer.fixture.js';

const ALL = { call: true, register: true, publish: true, subscribe: true };
const everything: PermissionOptions = { uri: '', match: 'prefix', allow: ALL };

/** Sessions choose their role; what they are is not what is tested here. */
const byRole: AuthOptions = {
  anonymous: {
    type: 'function',
    find: ({ authid, authrole }) => ({
      role: authrole ?? 'anonymous',
      ...(authid !== undefined && { authid }),
    }),
  },
};

function house(roles: readonly RoleOptions[], more: RealmOptions = {}): House {
  return new House({
    realms: {
      realm1: { auth: byRole, roles: [{ name: 'backend', permissions: [everything] }, ...roles], ...more },
    },
  });
}

const as = (authrole: string, authid = 'x'): Dict => ({ roles: ALL_FEATURES, authrole, authid });

describe('roles', () => {
  it('AUTHZ-001: once there are roles, what no permission allows is denied', async () => {
    const at = house([
      {
        name: 'user',
        permissions: [{ uri: 'a.', match: 'prefix', allow: { call: true, subscribe: true } }],
      },
    ]);
    const backend = await at.joins('realm1', as('backend'));
    await backend.registers('a.proc');
    await backend.registers('b.proc');
    const user = await at.joins('realm1', as('user'));
    const call = user.calls('a.proc');
    backend.yields(await backend.gets(MessageKind.Invocation), ['yes']);
    expect(await user.gets(MessageKind.Result)).toMatchObject({ request: call });
    expect(await user.failure('b.proc')).toBe('wamp.error.not_authorized');
    expect(await user.failure('b.none')).toBe('wamp.error.not_authorized');
    user.sends(
      new RegisterMessage(user.next(), {}, 'a.proc'),
      new SubscribeMessage(user.next(), {}, 'b.topic'),
      new PublishMessage(user.next(), { acknowledge: true }, 'a.topic'),
    );
    for (let n = 0; n < 3; n += 1) {
      expect((await user.gets(MessageKind.Error)).error).toBe('wamp.error.not_authorized');
    }
    await user.subscribes('a.topic');
  });

  it('a session whose role is not defined may do nothing', async () => {
    const stranger = await house([]).joins('realm1', as('stranger'));
    expect(await stranger.failure('a.proc')).toBe('wamp.error.not_authorized');
  });

  it('the names of the meta API can be denied as all others', async () => {
    const at = house([
      { name: 'user', permissions: [everything, { uri: 'wamp.registration.', match: 'prefix' }] },
    ]);
    const user = await at.joins('realm1', as('user'));
    expect(await user.failure('wamp.registration.list')).toBe('wamp.error.not_authorized');
    expect(await user.failure('wamp.registration.lookup', ['a'])).toBe('wamp.error.not_authorized');
    expect(await user.result('wamp.session.count')).toEqual([1]);
  });

  it('AUTHZ-006: a pattern is let in only if all of it is', async () => {
    const at = house([{ name: 'user', permissions: [everything, { uri: 'a.secret.', match: 'prefix' }] }]);
    const user = await at.joins('realm1', as('user'));
    await user.subscribes('b.', { match: 'prefix' });
    for (const [match, topic] of [
      ['prefix', ''],
      ['prefix', 'a.'],
      ['prefix', 'a.sec'],
      ['wildcard', 'a..x'],
      ['wildcard', '..'],
    ] as const) {
      const request = user.next();
      user.sends(new SubscribeMessage(request, { match }, topic));
      expect(await user.isRefused(MessageKind.Subscribe, request)).toBe('wamp.error.not_authorized');
    }
    const backend = await at.joins('realm1', as('backend'));
    backend.publishes('a.secret.x');
    backend.publishes('b.x', [1]);
    expect((await user.gets(MessageKind.Event)).payload.args).toEqual([1]);
  });

  it.each<[RealmOptions, string]>([
    [{ roles: [{ name: 'a' }, { name: 'a' }] }, 'the role a is defined twice'],
    [{ roles: [], authorizer: { authorize: () => 'allowed' } }, 'either "roles" or an "authorizer"'],
    [
      { roles: [{ name: 'a' }], auth: { anonymous: { role: 'b' } } },
      '"auth" gives the role b, which is not defined in "roles"',
    ],
    [
      { roles: [{ name: 'a' }], auth: { ticket: { principals: { joe: { ticket: 'x', role: 'c' } } } } },
      '"auth" gives the role c',
    ],
  ])('options that contradict each other are refused: %#', (options, sentence) => {
    expect(() => new House({ realms: { realm1: options } })).toThrow(sentence);
  });
});

describe('disclosure by permission', () => {
  const disclosing: RoleOptions = {
    name: 'user',
    permissions: [{ ...everything, disclose: { caller: true, publisher: true } }],
  };

  it('callers and publishers are made known without asking for it', async () => {
    const at = house([disclosing]);
    const backend = await at.joins('realm1', as('backend'));
    await backend.registers('a.proc');
    await backend.subscribes('a.topic');
    const user = await at.joins('realm1', as('user', 'joe'));
    user.calls('a.proc');
    user.publishes('a.topic');
    expect((await backend.gets(MessageKind.Invocation)).details).toEqual({
      caller: user.id,
      caller_authid: 'joe',
      caller_authrole: 'user',
    });
    expect((await backend.gets(MessageKind.Event)).details).toMatchObject({
      publisher: user.id,
      publisher_authid: 'joe',
    });
    const other = await at.joins('realm1', as('backend'));
    other.calls('a.proc');
    expect((await backend.gets(MessageKind.Invocation)).details).toEqual({});
  });

  it('has no effect in a realm that discloses nobody', async () => {
    const at = house([disclosing], { disclosure: 'never' });
    const backend = await at.joins('realm1', as('backend'));
    await backend.registers('a.proc');
    const user = await at.joins('realm1', as('user'));
    user.calls('a.proc');
    expect((await backend.gets(MessageKind.Invocation)).details).toEqual({});
  });
});

/** A backend that is the authorizer of the role `user`. */
async function withAuthorizer(
  role: Partial<RoleOptions> = {},
): Promise<{ at: House; backend: TestPeer; user: TestPeer }> {
  const at = house([{ name: 'user', authorizer: 'auth.decide', ...role }]);
  const backend = await at.joins('realm1', as('backend'));
  await backend.registers('auth.decide');
  await backend.registers('a.proc');
  const user = await at.joins('realm1', as('user', 'joe'));
  return { at, backend, user };
}

const asked = (backend: TestPeer): Promise<InvocationMessage> => backend.gets(MessageKind.Invocation);

describe('dynamic authorizers', () => {
  it('are told session, URI, action and options, and decide', async () => {
    const { backend, user } = await withAuthorizer();
    const request = user.next();
    user.sends(new SubscribeMessage(request, { match: 'prefix' }, 'a.'));
    const question = await asked(backend);
    expect(question.payload.args).toEqual([
      {
        session: user.id,
        realm: 'realm1',
        authid: 'joe',
        authrole: 'user',
        authmethod: 'anonymous',
        authprovider: 'function',
        authextra: {},
        transport: { type: 'memory' },
      },
      'a.',
      'subscribe',
      { match: 'prefix' },
    ]);
    backend.yields(question, [true]);
    await user.gets(MessageKind.Subscribed);
    user.calls('a.proc');
    backend.yields(await asked(backend), [false]);
    expect((await user.gets(MessageKind.Error)).error).toBe('wamp.error.not_authorized');
  });

  it('may disclose', async () => {
    const { backend, user } = await withAuthorizer();
    user.calls('a.proc');
    backend.yields(await asked(backend), [{ allow: true, disclose: true }]);
    expect((await asked(backend)).details).toMatchObject({ caller: user.id });
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a text', 'yes'],
    ['a number', 1],
    ['a dictionary without allow', { disclose: true }],
    ['allow as a text', { allow: 'true' }],
  ])('AUTHZ-003: an answer of %s refuses the request', async (_, answer) => {
    const { backend, user } = await withAuthorizer();
    user.calls('a.proc');
    backend.yields(await asked(backend), answer === undefined ? [] : [answer]);
    expect((await user.gets(MessageKind.Error)).error).toBe('wamp.error.authorization_failed');
    await backend.getsNothing();
  });

  it('AUTHZ-003: an authorizer that fails, leaves, is not there or is too slow refuses the request', async () => {
    const { at, backend, user } = await withAuthorizer();
    user.calls('a.proc');
    const { request } = await asked(backend);
    const failure = new ErrorMessage(MessageKind.Invocation, request, {}, 'db.down', Payload.of(['secret']));
    backend.sends(failure);
    expect((await user.gets(MessageKind.Error)).error).toBe('wamp.error.authorization_failed');
    user.calls('a.proc');
    await asked(backend);
    at.clock.advance(30_001);
    const late = await user.gets(MessageKind.Error);
    expect([late.error, late.payload.args]).toEqual([
      'wamp.error.authorization_failed',
      ['the permission could not be checked'],
    ]);
    user.calls('a.proc');
    await settled();
    backend.transport.terminate('gone');
    expect((await user.gets(MessageKind.Error)).error).toBe('wamp.error.authorization_failed');
    user.calls('a.proc');
    expect((await user.gets(MessageKind.Error)).error).toBe('wamp.error.authorization_failed');
  });

  it('AUTHZ-007: what was sent behind a request waits for its decision', async () => {
    const { backend, user } = await withAuthorizer({
      permissions: [{ uri: 'a.proc', allow: { call: true } }],
    });
    await backend.registers('b.proc');
    user.calls('b.proc', [1]);
    user.calls('a.proc', [2]);
    const question = await asked(backend);
    await backend.getsNothing();
    backend.yields(question, [true]);
    expect((await asked(backend)).payload.args).toEqual([1]);
    expect((await asked(backend)).payload.args).toEqual([2]);
  });

  it('a permission may have an authorizer of its own, asked about what it does not allow', async () => {
    const at = house([
      {
        name: 'user',
        permissions: [{ uri: 'a.', match: 'prefix', allow: { subscribe: true }, authorizer: 'auth.decide' }],
      },
    ]);
    const backend = await at.joins('realm1', as('backend'));
    await backend.registers('auth.decide');
    await backend.registers('a.proc');
    const user = await at.joins('realm1', as('user'));
    await user.subscribes('a.topic');
    user.calls('a.proc');
    backend.yields(await asked(backend), [true]);
    await asked(backend);
    expect(await user.failure('b.proc')).toBe('wamp.error.not_authorized');
  });
});

describe('AUTHZ-009: decisions that are kept', () => {
  const keep = { allow: true, cache: true };

  it('are those of one session, one action, one URI and one match policy', async () => {
    const { at, backend, user } = await withAuthorizer();
    const request = (): SubscribeMessage => new SubscribeMessage(user.next(), { match: 'prefix' }, 'a.proc');
    user.sends(request());
    backend.yields(await asked(backend), [keep]);
    await user.gets(MessageKind.Subscribed);
    user.sends(request());
    await user.gets(MessageKind.Subscribed);
    // Each of these differs in one thing, so each is a question of its own.
    user.sends(new SubscribeMessage(user.next(), {}, 'a.proc'));
    user.calls('a.proc');
    user.publishes('a.other');
    for (const answer of [keep, { allow: false, cache: true }, keep]) {
      const question = await asked(backend);
      expect(question.payload.args).toHaveLength(4);
      backend.yields(question, [answer]);
    }
    await user.gets(MessageKind.Subscribed);
    expect((await user.gets(MessageKind.Error)).error).toBe('wamp.error.not_authorized');
    const twin = await at.joins('realm1', as('user', 'joe'));
    twin.calls('a.proc');
    backend.yields(await asked(backend), [{ allow: true, cache: false }]);
    expect((await asked(backend)).payload.args).toEqual([]);
    user.calls('a.proc');
    expect((await user.gets(MessageKind.Error)).error).toBe('wamp.error.not_authorized');
  });

  it('are only those that the authorizer lets be kept, unless the permission says otherwise', async () => {
    const permissions = [
      { uri: 'always.', match: 'prefix', cache: true, authorizer: 'auth.decide' },
      { uri: 'never.', match: 'prefix', cache: false, authorizer: 'auth.decide' },
    ] as const;
    const { backend, user } = await withAuthorizer({ permissions });
    for (const [topic, answer, isKept] of [
      ['always.a', true, true],
      ['never.a', keep, false],
      ['other.a', true, false],
    ] as const) {
      user.sends(new SubscribeMessage(user.next(), {}, topic));
      backend.yields(await asked(backend), [answer]);
      await user.gets(MessageKind.Subscribed);
      user.sends(new SubscribeMessage(user.next(), {}, topic));
      if (!isKept) backend.yields(await asked(backend), [answer]);
      await user.gets(MessageKind.Subscribed);
    }
    await backend.getsNothing();
  });

  it('end after a while, and when the authorizer is another one', async () => {
    const { at, backend, user } = await withAuthorizer();
    const call = (): CallMessage => new CallMessage(user.next(), {}, 'b.none');
    const isAsked = async (): Promise<void> => {
      user.sends(call());
      backend.yields(await asked(backend), [keep]);
      expect((await user.gets(MessageKind.Error)).error).toBe('wamp.error.no_such_procedure');
    };
    await isAsked();
    user.sends(call());
    await user.gets(MessageKind.Error);
    at.clock.advance(60_001);
    await isAsked();
    user.sends(call());
    await user.gets(MessageKind.Error);
    const other = await at.joins('realm1', as('backend'));
    other.sends(new RegisterMessage(other.next(), { force_reregister: true }, 'auth.decide'));
    await other.gets(MessageKind.Registered);
    await settled();
    user.sends(call());
    other.yields(await asked(other), [{ allow: false }]);
    expect((await user.gets(MessageKind.Error)).error).toBe('wamp.error.not_authorized');
  });

  it('are bounded in number: the oldest is asked about again', async () => {
    const at = new House({
      realms: {
        realm1: {
          auth: byRole,
          roles: [
            { name: 'backend', permissions: [everything] },
            { name: 'user', authorizer: 'auth.decide' },
          ],
        },
      },
      limits: { decisionsPerSession: 2 },
    });
    const backend = await at.joins('realm1', as('backend'));
    await backend.registers('auth.decide');
    const user = await at.joins('realm1', as('user'));
    const subscribe = async (topic: string, isAsked: boolean): Promise<void> => {
      user.sends(new SubscribeMessage(user.next(), {}, topic));
      if (isAsked) backend.yields(await asked(backend), [keep]);
      await user.gets(MessageKind.Subscribed);
    };
    for (const topic of ['a', 'b', 'c']) await subscribe(topic, true);
    await subscribe('c', false);
    await subscribe('b', false);
    await subscribe('a', true);
  });
});

describe('trust levels', () => {
  const LEVELS: Dict = {
    caller: {},
    publisher: {},
    callee: { features: { call_trustlevels: true } },
    subscriber: { features: { publication_trustlevels: true } },
  };
  const one: RoleOptions = { name: 'one', trustLevel: 1, permissions: [everything] };
  const none: RoleOptions = { name: 'none', permissions: [everything] };

  /** What another session learns of the trust in one of this role. */
  async function levelsOf(role: string, more: RealmOptions = {}): Promise<unknown[]> {
    const at = house([one, none], more);
    const backend = await at.joins('realm1', { roles: LEVELS, authrole: 'backend' });
    await backend.registers('a.proc');
    await backend.subscribes('a.topic');
    const session = await at.joins('realm1', as(role));
    session.calls('a.proc');
    const invocation = await backend.gets(MessageKind.Invocation);
    session.publishes('a.topic');
    const event = await backend.gets(MessageKind.Event);
    return [invocation.details.trustlevel, event.details.trustlevel];
  }

  it('IDENT-011: are those of the role', async () => {
    expect(await levelsOf('one')).toEqual([1, 1]);
    expect(await levelsOf('none')).toEqual([undefined, undefined]);
  });

  it('IDENT-011: can be decided for each session; what is left open the role says', async () => {
    const trustLevelOf: RealmOptions['trustLevelOf'] = ({ authrole }) =>
      authrole === 'none' ? 7 : undefined;
    expect(await levelsOf('none', { trustLevelOf })).toEqual([7, 7]);
    expect(await levelsOf('one', { trustLevelOf })).toEqual([1, 1]);
  });

  it.each([-1, 0.5, NaN, 2 ** 60])('there is none of %d', async (level) => {
    expect(() => house([{ name: 'one', trustLevel: level }])).toThrow('the role one must be a whole number');
    expect(await levelsOf('one', { trustLevelOf: () => level })).toEqual([undefined, undefined]);
  });
});
