import {
  GoodbyeMessage,
  MessageKind,
  SubscribeMessage,
  UnregisterMessage,
  UnsubscribeMessage,
  type Dict,
} from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import { BentTransport } from './bent-transport.fixture.js';
import { as, believing } from './claimed-identity.fixture.js';
import { House, plain, settled, type TestPeer } from './test-peer.fixture.js';

const house = (): House =>
  new House({ realms: { realm1: { authenticators: [believing], adminRoles: ['admin'] }, realm2: {} } });

/** The arguments of the events that came, in order, each with its topic. */
async function events(peer: TestPeer): Promise<unknown[]> {
  await settled();
  const found = peer.inbox.splice(0);
  return found.map((message) =>
    message.kind === MessageKind.Event ? [message.details.topic, ...message.payload.args] : plain(message),
  );
}

/** A session that listens to everything below a prefix. */
async function watcher(of: House, prefix: string, realm = 'realm1'): Promise<TestPeer> {
  const peer = await of.joins(realm, as('watcher', 'user'));
  await peer.subscribes(prefix, { match: 'prefix' });
  return peer;
}

describe('the router itself', () => {
  it('wamp.router.ping gives its arguments back to any role, without any callee', async () => {
    const h = house();
    const guest = await h.joins('realm1', as('a', 'guest'));
    expect(await guest.result('wamp.router.ping')).toEqual([]);
    expect(await guest.result('wamp.router.ping', [1, 'two', { three: [null] }])).toEqual([
      1,
      'two',
      { three: [null] },
    ]);
  });
});

describe('sessions', () => {
  it('META-001, META-002, META-030: coming and going is announced, once, also to a prefix subscription', async () => {
    const h = house();
    const watching = await watcher(h, 'wamp.session.');
    const admin = await h.joins('realm1', as('root', 'admin'));
    await events(watching);
    for (const end of ['goodbye', 'loss', 'violation', 'kill'] as const) {
      const peer = await h.joins('realm1', as('joe', 'guest'));
      const { id } = peer;
      expect(await events(watching)).toEqual([
        [
          'wamp.session.on_join',
          { session: id, authid: 'joe', authrole: 'guest', authmethod: 'anonymous', authprovider: 'test' },
        ],
      ]);
      if (end === 'goodbye') await peer.leaves();
      else if (end === 'loss') peer.transport.terminate('gone');
      else if (end === 'kill') await admin.result('wamp.session.kill', [id]);
      else peer.hello();
      expect(await events(watching)).toEqual([['wamp.session.on_leave', id, 'joe', 'guest']]);
    }
  });

  it('META-003: counting and listing, with and without a filter; the meta peer is not among them', async () => {
    const h = house();
    const one = await h.joins('realm1', as('a', 'user'));
    const two = await h.joins('realm1', as('b', 'guest'));
    const three = await h.joins('realm1', as('c', 'guest'));
    expect(await one.result('wamp.session.count')).toEqual([3]);
    expect(await one.result('wamp.session.count', [null])).toEqual([3]);
    expect(await one.result('wamp.session.count', [['guest']])).toEqual([2]);
    expect(await one.result('wamp.session.count', [['trusted']])).toEqual([0]);
    expect(await one.result('wamp.session.count', [[]])).toEqual([0]);
    expect(await one.result('wamp.session.list')).toEqual([[one.id, two.id, three.id]]);
    expect(await one.result('wamp.session.list', [['user', 'x']])).toEqual([[one.id]]);
  });

  it('META-004: getting one; an unknown one is refused', async () => {
    const h = house();
    const one = await h.joins('realm1', as('a', 'user'));
    expect(await one.result('wamp.session.get', [one.id])).toEqual([
      { session: one.id, authid: 'a', authrole: 'user', authmethod: 'anonymous', authprovider: 'test' },
    ]);
    expect(await one.failure('wamp.session.get', [4711])).toBe('wamp.error.no_such_session');
  });

  it('META-005, META-006: killing says GOODBYE, with reason and message if given', async () => {
    const h = house();
    const admin = await h.joins('realm1', as('root', 'admin'));
    const one = await h.joins('realm1', as('a', 'user'));
    const two = await h.joins('realm1', as('b', 'user'));
    expect(await admin.result('wamp.session.kill', [one.id])).toEqual([]);
    expect(plain(await one.gets(MessageKind.Goodbye))).toEqual(['GOODBYE', {}, 'wamp.close.killed']);
    await admin.result('wamp.session.kill', [two.id], { reason: 'com.bye', message: 'off you go' });
    expect(plain(await two.gets(MessageKind.Goodbye))).toEqual([
      'GOODBYE',
      { message: 'off you go' },
      'com.bye',
    ]);
    expect(await admin.result('wamp.session.count')).toEqual([1]);
    two.sends(new GoodbyeMessage({}, 'wamp.close.goodbye_and_out'));
    expect(await two.isClosed()).toBe(true);
    expect(await one.isClosed()).toBe(false);
    h.clock.advance(5_000);
    expect(await one.isClosed()).toBe(true);
  });

  it('META-007, META-008: killing oneself, nobody, or for a reason that is no URI, is refused', async () => {
    const h = house();
    const admin = await h.joins('realm1', as('root', 'admin'));
    const one = await h.joins('realm1', as('a', 'user'));
    expect(await admin.failure('wamp.session.kill', [admin.id])).toBe('wamp.error.no_such_session');
    expect(await admin.failure('wamp.session.kill', [4711])).toBe('wamp.error.no_such_session');
    for (const reason of ['', 'a b']) {
      for (const [name, argument] of [
        ['kill', one.id],
        ['kill_by_authid', 'a'],
        ['kill_by_authrole', 'user'],
        ['kill_all', null],
      ]) {
        expect(await admin.failure(`wamp.session.${name}`, [argument], { reason })).toBe(
          'wamp.error.invalid_uri',
        );
      }
    }
    expect(await admin.result('wamp.session.count')).toEqual([2]);
  });

  it('META-009, META-010: killing by authid and by authrole spares the caller', async () => {
    const h = house();
    const admin = await h.joins('realm1', as('root', 'admin'));
    const twin = await h.joins('realm1', as('root', 'admin'));
    const users = [await h.joins('realm1', as('a', 'user')), await h.joins('realm1', as('b', 'user'))];
    expect(await admin.result('wamp.session.kill_by_authid', ['root'])).toEqual([[twin.id]]);
    expect(await admin.result('wamp.session.kill_by_authrole', ['user'])).toEqual([2]);
    for (const peer of [twin, ...users]) await peer.gets(MessageKind.Goodbye);
    expect(await admin.result('wamp.session.list')).toEqual([[admin.id]]);
    expect(await admin.result('wamp.session.kill_by_authid', ['root'])).toEqual([[]]);
  });

  it('META-011: killing all spares the caller and is not announced', async () => {
    const h = house();
    const admin = await h.joins('realm1', as('root', 'admin'));
    await admin.subscribes('wamp.session.on_leave');
    for (let n = 0; n < 3; n += 1) await h.joins('realm1', as('a', 'user'));
    expect(await admin.result('wamp.session.kill_all')).toEqual([3]);
    await admin.getsNothing();
    expect(await admin.result('wamp.session.count')).toEqual([1]);
  });

  it('details can be added, changed and taken away, and are to be seen', async () => {
    const h = house();
    const admin = await h.joins('realm1', as('root', 'admin'));
    const peer = await h.joins('realm1', as('joe', 'user'));
    const known = {
      session: peer.id,
      authid: 'joe',
      authrole: 'user',
      authmethod: 'anonymous',
      authprovider: 'test',
    };
    const modify = 'wamp.session.modify_details';
    expect(await admin.result(modify, [peer.id, { room: 'attic', tags: ['a'] }])).toEqual([]);
    expect(await peer.result('wamp.session.get', [peer.id])).toEqual([
      { ...known, room: 'attic', tags: ['a'] },
    ]);
    await admin.result(modify, [peer.id, { room: 'cellar', tags: null, gone: null }]);
    expect(await peer.result('wamp.session.get', [peer.id])).toEqual([{ ...known, room: 'cellar' }]);
    await admin.result(modify, [peer.id, { room: null }]);
    expect(await peer.result('wamp.session.get', [peer.id])).toEqual([known]);
    expect(await peer.result('wamp.session.get', [admin.id])).toMatchObject([{ authid: 'root' }]);
  });

  it('META-027: who a session is cannot be changed, nor a session that is not there', async () => {
    const h = house();
    const admin = await h.joins('realm1', as('root', 'admin'));
    const peer = await h.joins('realm1', as('joe', 'user'));
    const modify = 'wamp.session.modify_details';
    for (const key of ['session', 'authid', 'authrole', 'authmethod', 'authprovider']) {
      for (const value of ['x', null]) {
        expect(await admin.failure(modify, [peer.id, { room: 1, [key]: value }])).toBe(
          'wamp.error.invalid_argument',
        );
      }
    }
    for (const args of [[], [peer.id], [peer.id, null], [peer.id, []], ['x', {}]]) {
      expect(await admin.failure(modify, args)).toBe('wamp.error.invalid_argument');
    }
    expect(await admin.failure(modify, [4711, {}])).toBe('wamp.error.no_such_session');
    expect(await peer.failure(modify, [peer.id, { room: 1 }])).toBe('wamp.error.not_authorized');
    expect(await admin.failure(modify, [peer.id, { room: 'x'.repeat(16 * 1024) }])).toBe(
      'wamp.error.limit_exceeded',
    );
    expect(JSON.stringify(await peer.result('wamp.session.get', [peer.id]))).not.toContain('room');
    const hostile = JSON.parse('{"__proto__":{"authid":"eve"},"constructor":1}') as Dict;
    await admin.result(modify, [peer.id, hostile]);
    const [details] = (await peer.result('wamp.session.get', [peer.id])) as [Dict];
    expect([details['authid'], Object.hasOwn(details, 'constructor')]).toEqual(['joe', true]);
  });

  it('only the roles that the realm names may kill and remove', async () => {
    const h = house();
    const user = await h.joins('realm1', as('a', 'user'));
    const other = await h.joins('realm1', as('b', 'user'));
    const registration = await other.registers('a.proc');
    const calls: [string, unknown[]][] = [
      ['wamp.session.kill', [other.id]],
      ['wamp.session.kill_by_authid', ['b']],
      ['wamp.session.kill_by_authrole', ['user']],
      ['wamp.session.kill_all', []],
      ['wamp.registration.remove_callee', [registration, other.id]],
      ['wamp.subscription.remove_subscriber', [1, other.id]],
    ];
    for (const [procedure, args] of calls) {
      expect(await user.failure(procedure, args)).toBe('wamp.error.not_authorized');
    }
    const guest = await h.joins('realm2');
    expect(await guest.failure('wamp.session.kill_all')).toBe('wamp.error.not_authorized');
    expect(await user.result('wamp.session.count')).toEqual([2]);
  });
});

describe('registrations', () => {
  it('META-012, META-015: the first REGISTER creates and registers; details show the effective values', async () => {
    const h = house();
    const watching = await watcher(h, 'wamp.registration.');
    const callee = await h.joins('realm1', as('c', 'user'));
    const id = await callee.registers('a.proc');
    const details = {
      id,
      created: '2026-01-01T00:00:00.000Z',
      uri: 'a.proc',
      match: 'exact',
      invoke: 'single',
    };
    expect(await events(watching)).toEqual([
      ['wamp.registration.on_create', callee.id, details],
      ['wamp.registration.on_register', callee.id, id],
    ]);
    expect(await watching.result('wamp.registration.get', [id])).toEqual([details]);
    callee.sends(new UnregisterMessage(callee.next(), id));
    expect(await events(watching)).toEqual([
      ['wamp.registration.on_unregister', callee.id, id],
      ['wamp.registration.on_delete', callee.id, id],
    ]);
  });

  it('META-013, META-014, META-019: callees come and go, and are listed in the order in which they came', async () => {
    const h = house();
    const [one, two] = [await h.joins('realm1', as('a', 'user')), await h.joins('realm1', as('b', 'user'))];
    const id = await one.registers('a.proc', { invoke: 'roundrobin' });
    const watching = await watcher(h, 'wamp.registration.');
    await two.registers('a.proc', { invoke: 'roundrobin' });
    expect(await events(watching)).toEqual([['wamp.registration.on_register', two.id, id]]);
    expect(await one.result('wamp.registration.list_callees', [id])).toEqual([[one.id, two.id]]);
    expect(await one.result('wamp.registration.count_callees', [id])).toEqual([2]);
    await one.leaves();
    expect(await events(watching)).toEqual([['wamp.registration.on_unregister', one.id, id]]);
    await two.leaves();
    expect(await events(watching)).toEqual([
      ['wamp.registration.on_unregister', two.id, id],
      ['wamp.registration.on_delete', two.id, id],
    ]);
  });

  it('META-016, META-017, META-018: listing, looking up and matching', async () => {
    const h = house();
    const peer = await h.joins('realm1', as('a', 'user'));
    const exact = await peer.registers('a.b.c');
    const prefix = await peer.registers('a.b', { match: 'prefix' });
    const wildcard = await peer.registers('a..c', { match: 'wildcard' });
    expect(await peer.result('wamp.registration.list')).toEqual([
      { exact: [exact], prefix: [prefix], wildcard: [wildcard] },
    ]);
    expect(await peer.result('wamp.registration.lookup', ['a.b.c'])).toEqual([exact]);
    expect(await peer.result('wamp.registration.lookup', ['a.b', { match: 'prefix' }])).toEqual([prefix]);
    expect(await peer.result('wamp.registration.lookup', ['a.b'])).toEqual([null]);
    expect(await peer.result('wamp.registration.match', ['a.b.c'])).toEqual([exact]);
    expect(await peer.result('wamp.registration.match', ['a.b.d'])).toEqual([prefix]);
    expect(await peer.result('wamp.registration.match', ['a.x.c'])).toEqual([wildcard]);
    expect(await peer.result('wamp.registration.match', ['z'])).toEqual([null]);
  });

  it('META-019: what does not exist is refused', async () => {
    const peer = await house().joins('realm1', as('a', 'user'));
    for (const name of ['get', 'list_callees', 'count_callees']) {
      expect(await peer.failure(`wamp.registration.${name}`, [4711])).toBe('wamp.error.no_such_registration');
    }
  });

  it("META-028: the router's own registrations are hidden from ordinary roles", async () => {
    const h = house();
    const user = await h.joins('realm1', as('a', 'user'));
    const admin = await h.joins('realm1', as('root', 'admin'));
    expect(await user.result('wamp.registration.list')).toEqual([{ exact: [], prefix: [], wildcard: [] }]);
    expect(await user.result('wamp.registration.lookup', ['wamp.session.count'])).toEqual([null]);
    expect(await user.result('wamp.registration.match', ['wamp.session.count'])).toEqual([null]);
    const [own] = (await admin.result('wamp.registration.match', ['wamp.session.count'])) as [number];
    expect(own).toBeGreaterThan(0);
    expect(await user.failure('wamp.registration.get', [own])).toBe('wamp.error.not_authorized');
    const [listed] = (await admin.result('wamp.registration.list')) as [{ exact: number[] }];
    expect(listed.exact).toContain(own);
    expect(await admin.result('wamp.registration.get', [own])).toMatchObject([
      { uri: 'wamp.session.count', match: 'exact' },
    ]);
    expect(await admin.failure('wamp.registration.remove_callee', [own, 1])).toBe(
      'wamp.error.not_authorized',
    );
  });

  it('META-031: removing a callee tells it, and it is called no more', async () => {
    const h = house();
    const admin = await h.joins('realm1', as('root', 'admin'));
    const callee = await h.joins('realm1', as('a', 'user'));
    const id = await callee.registers('a.proc');
    expect(await admin.failure('wamp.registration.remove_callee', [id, admin.id])).toBe(
      'wamp.error.no_such_session',
    );
    expect(await admin.failure('wamp.registration.remove_callee', [4711, callee.id])).toBe(
      'wamp.error.no_such_registration',
    );
    await admin.result('wamp.registration.remove_callee', [id, callee.id], { reason: 'com.why' });
    expect(await callee.gets(MessageKind.Unregistered)).toMatchObject({
      request: 0,
      details: { registration: id, reason: 'com.why' },
    });
    expect(await admin.failure('a.proc')).toBe('wamp.error.no_such_procedure');
  });
});

describe('subscriptions', () => {
  it('META-020, META-025: subscribing is announced; to the meta events themselves it is not', async () => {
    const h = house();
    const watching = await watcher(h, 'wamp.subscription.');
    const peer = await h.joins('realm1', as('a', 'user'));
    await peer.subscribes('wamp.session.on_join');
    await peer.subscribes('wamp.', { match: 'prefix' });
    await peer.leaves();
    expect(await events(watching)).toEqual([]);
    const other = await h.joins('realm1', as('b', 'user'));
    const id = await other.subscribes('a.topic');
    expect(await events(watching)).toEqual([
      [
        'wamp.subscription.on_create',
        other.id,
        { id, created: '2026-01-01T00:00:00.000Z', uri: 'a.topic', match: 'exact' },
      ],
      ['wamp.subscription.on_subscribe', other.id, id],
    ]);
    other.sends(new UnsubscribeMessage(other.next(), id));
    expect(await events(watching)).toEqual([
      ['wamp.subscription.on_unsubscribe', other.id, id],
      ['wamp.subscription.on_delete', other.id, id],
    ]);
  });

  it('META-021: the end of a session ends its subscriptions, and the last one deletes', async () => {
    const h = house();
    const [one, two] = [await h.joins('realm1', as('a', 'user')), await h.joins('realm1', as('b', 'user'))];
    const id = await one.subscribes('a.topic');
    await two.subscribes('a.topic');
    const watching = await watcher(h, 'wamp.subscription.');
    await one.leaves();
    expect(await events(watching)).toEqual([['wamp.subscription.on_unsubscribe', one.id, id]]);
    two.transport.terminate('gone');
    expect(await events(watching)).toEqual([
      ['wamp.subscription.on_unsubscribe', two.id, id],
      ['wamp.subscription.on_delete', two.id, id],
    ]);
  });

  it('META-022, META-023, META-024: listing, looking up, matching, getting and counting', async () => {
    const h = house();
    const peer = await h.joins('realm1', as('a', 'user'));
    const other = await h.joins('realm1', as('b', 'user'));
    const exact = await peer.subscribes('a.b.c');
    const prefix = await peer.subscribes('a.b', { match: 'prefix' });
    const wildcard = await peer.subscribes('a..c', { match: 'wildcard' });
    await other.subscribes('a.b.c');
    expect(await peer.result('wamp.subscription.list')).toEqual([
      { exact: [exact], prefix: [prefix], wildcard: [wildcard] },
    ]);
    expect(await peer.result('wamp.subscription.lookup', ['a.b.c'])).toEqual([exact]);
    expect(await peer.result('wamp.subscription.lookup', ['a..c', { match: 'wildcard' }])).toEqual([
      wildcard,
    ]);
    expect(await peer.result('wamp.subscription.lookup', ['z'])).toEqual([null]);
    const [matching] = (await peer.result('wamp.subscription.match', ['a.b.c'])) as [number[]];
    expect(new Set(matching)).toEqual(new Set([exact, prefix, wildcard]));
    expect(await peer.result('wamp.subscription.match', ['z'])).toEqual([null]);
    expect(await peer.result('wamp.subscription.get', [prefix])).toMatchObject([
      { id: prefix, uri: 'a.b', match: 'prefix' },
    ]);
    const [listed] = (await peer.result('wamp.subscription.list_subscribers', [exact])) as [number[]];
    expect(new Set(listed)).toEqual(new Set([peer.id, other.id]));
    expect(await peer.result('wamp.subscription.count_subscribers', [exact])).toEqual([2]);
    for (const name of ['get', 'list_subscribers', 'count_subscribers']) {
      expect(await peer.failure(`wamp.subscription.${name}`, [4711])).toBe('wamp.error.no_such_subscription');
    }
  });

  it('META-031: removing a subscriber tells it, and it gets no more events', async () => {
    const h = house();
    const admin = await h.joins('realm1', as('root', 'admin'));
    const peer = await h.joins('realm1', as('a', 'user'));
    const id = await peer.subscribes('a.topic');
    expect(await admin.failure('wamp.subscription.remove_subscriber', [id, admin.id])).toBe(
      'wamp.error.no_such_session',
    );
    expect(await admin.failure('wamp.subscription.remove_subscriber', [4711, peer.id])).toBe(
      'wamp.error.no_such_subscription',
    );
    await admin.result('wamp.subscription.remove_subscriber', [id, peer.id]);
    expect(await peer.gets(MessageKind.Unsubscribed)).toMatchObject({
      request: 0,
      details: { subscription: id },
    });
    admin.publishes('a.topic');
    await peer.getsNothing();
  });
});

it('META-026, SESS-031: meta events and listings stay in their realm', async () => {
  const h = house();
  const watching = await watcher(h, 'wamp.', 'realm2');
  const elsewhere = await h.joins('realm1', as('a', 'user'));
  await elsewhere.registers('a.proc');
  await elsewhere.subscribes('a.topic');
  await elsewhere.leaves();
  expect(await events(watching)).toEqual([]);
  expect(await watching.result('wamp.session.list')).toEqual([[watching.id]]);
});

it('META-027: missing or wrong-typed arguments are refused as such', async () => {
  const h = house();
  const admin = await h.joins('realm1', as('root', 'admin'));
  const wrong: [string, unknown[], { [key: string]: unknown }?][] = [
    ['wamp.session.count', ['user']],
    ['wamp.session.count', [[1]]],
    ['wamp.session.list', [{}]],
    ['wamp.session.get', []],
    ['wamp.session.get', ['1']],
    ['wamp.session.get', [0]],
    ['wamp.session.get', [1.5]],
    ['wamp.session.kill', []],
    ['wamp.session.kill', [admin.id], { reason: 5 }],
    ['wamp.session.kill', [1], { message: 5 }],
    ['wamp.session.kill_by_authid', [1]],
    ['wamp.session.kill_by_authrole', []],
    ['wamp.registration.lookup', []],
    ['wamp.registration.lookup', ['a', 'exact']],
    ['wamp.registration.lookup', ['a', { match: 'regex' }]],
    ['wamp.registration.match', [1]],
    ['wamp.registration.get', [null]],
    ['wamp.registration.list_callees', [-1]],
    ['wamp.registration.count_callees', [true]],
    ['wamp.registration.remove_callee', [1]],
    ['wamp.subscription.lookup', [1]],
    ['wamp.subscription.match', []],
    ['wamp.subscription.get', ['x']],
    ['wamp.subscription.list_subscribers', []],
    ['wamp.subscription.count_subscribers', []],
    ['wamp.subscription.remove_subscriber', ['a', 'b']],
  ];
  for (const [procedure, args, kwargs] of wrong) {
    expect([procedure, args, await admin.failure(procedure, args, kwargs)]).toEqual([
      procedure,
      args,
      'wamp.error.invalid_argument',
    ]);
  }
});

it('META-029: at the end of a session registrations go first, then subscriptions, then the session', async () => {
  const h = house();
  const watching = await watcher(h, 'wamp.');
  const peer = await h.joins('realm1', as('a', 'user'));
  await peer.registers('a.proc');
  await peer.subscribes('a.topic');
  await events(watching);
  await peer.leaves();
  expect((await events(watching)).map((event) => (event as string[])[0])).toEqual([
    'wamp.registration.on_unregister',
    'wamp.registration.on_delete',
    'wamp.subscription.on_unsubscribe',
    'wamp.subscription.on_delete',
    'wamp.session.on_leave',
  ]);
});

it('a reply comes before the meta events that its request brings about, also to whoever listens to itself', async () => {
  const h = house();
  const peer = await watcher(h, 'wamp.registration.');
  const id = await peer.registers('a.proc');
  expect(await events(peer)).toMatchObject([
    ['wamp.registration.on_create', peer.id, { id }],
    ['wamp.registration.on_register', peer.id, id],
  ]);
});

it('meta procedures are told who calls, whatever the realm says about disclosure', async () => {
  const h = new House({
    realms: { realm1: { authenticators: [believing], adminRoles: ['admin'], disclosure: 'never' } },
  });
  const admin = await h.joins('realm1', as('root', 'admin'));
  await h.joins('realm1', as('a', 'user'));
  expect(await admin.result('wamp.session.kill_all')).toEqual([1]);
});

it('who subscribes in the middle of it all does not hear of what was before', async () => {
  const h = house();
  let transport: BentTransport | undefined;
  const peer = h.peerOver((inner) => (transport = new BentTransport(inner)));
  await peer.joins('realm1', as('a', 'user'));
  // The SUBSCRIBE comes in while REGISTERED is being sent: behind the REGISTER, before its events would be published.
  transport!.duringSend = () => {
    const subscribe = new SubscribeMessage(2, { match: 'prefix' }, 'wamp.registration.');
    transport!.receiver!.receive(peer.serializer.encode(subscribe));
  };
  await peer.registers('a.proc');
  await peer.gets(MessageKind.Subscribed);
  expect(await events(peer)).toEqual([]);
});

it('IDENT-008: the meta peer is nobody that subscribers could know, whatever the realm discloses', async () => {
  const h = new House({ realms: { realm1: { disclosure: 'always' } } });
  const watching = await h.joins();
  await watching.subscribes('wamp.session.on_join');
  const peer = await h.joins();
  expect((await watching.gets(MessageKind.Event)).details).toEqual({});
  await watching.subscribes('a.topic');
  peer.publishes('a.topic');
  expect((await watching.gets(MessageKind.Event)).details).toMatchObject({ publisher: peer.id });
});
