import { MessageKind, type Dict } from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import type { Authorizer, Decision, RealmOptions } from '../src/index.js';
import { as, believing } from './claimed-identity.fixture.js';
import { House, plain, SERIALIZERS, settled, type TestPeer } from './test-peer.fixture.js';

const ADD = 'wamp.session.add_testament';
const FLUSH = 'wamp.session.flush_testaments';

const houseWith = (options: RealmOptions = {}, limits = {}): House =>
  new House({
    realms: { realm1: { authenticators: [believing], adminRoles: ['admin'], ...options } },
    limits,
  });

/** What came by now: topic, arguments. */
async function events(peer: TestPeer): Promise<unknown[]> {
  await settled();
  return peer.inbox
    .splice(0)
    .map((message) =>
      message.kind === MessageKind.Event ? [message.details.topic, ...message.payload.args] : plain(message),
    );
}

async function watcher(of: House, prefix = 'a.'): Promise<TestPeer> {
  const peer = await of.joins('realm1', as('watcher'));
  await peer.subscribes(prefix, { match: 'prefix' });
  return peer;
}

describe('testaments are published when their session ends', () => {
  it.each<[string, (peer: TestPeer, house: House) => unknown]>([
    ['TESTAMENT-001: its transport is lost', (peer) => peer.transport.terminate('gone')],
    ['TESTAMENT-006: it says GOODBYE', (peer) => peer.leaves()],
    ['it breaks the protocol', (peer) => peer.hello()],
    [
      'it is killed',
      async (peer, house) => {
        const admin = await house.joins('realm1', as('root', 'admin'));
        await admin.result('wamp.session.kill', [peer.id]);
      },
    ],
  ])('%s', async (_, end) => {
    const house = houseWith();
    const watching = await watcher(house);
    const peer = await house.joins('realm1', as('joe'));
    expect(await peer.result(ADD, ['a.gone', ['joe', 1], { why: 'x' }])).toEqual([]);
    await watching.getsNothing();
    await end(peer, house);
    const event = await watching.gets(MessageKind.Event);
    expect(event.payload.args).toEqual(['joe', 1]);
    expect(event.payload.kwargs).toEqual({ why: 'x' });
    expect(event.details).toEqual({ topic: 'a.gone' });
    await watching.getsNothing();
  });

  it.each(SERIALIZERS)(
    'and made in %s they are what they were, also without arguments',
    async (_, format) => {
      const house = houseWith();
      const watching = await watcher(house);
      const peer = await house.joins('realm1', as('joe'), format());
      await peer.result(ADD, ['a.full', [1, 2.5, 'é', null, { deep: [true] }], { k: [] }]);
      await peer.result(ADD, ['a.bare']);
      await peer.result(ADD, ['a.nothing', null, null], { publish_options: null, scope: null });
      await peer.result(ADD, ['a.empty', [], {}]);
      await peer.leaves();
      expect(await events(watching)).toEqual([
        ['a.full', 1, 2.5, 'é', null, { deep: [true] }],
        ['a.bare'],
        ['a.nothing'],
        ['a.empty'],
      ]);
    },
  );

  it('TESTAMENT-002, TESTAMENT-003: in the order in which they were made, the detached ones first', async () => {
    const house = houseWith();
    const watching = await watcher(house);
    const peer = await house.joins('realm1', as('joe'));
    await peer.result(ADD, ['a.one']);
    await peer.result(ADD, ['a.two', [], {}], { scope: 'detached' });
    await peer.result(ADD, ['a.three', [], {}], { scope: 'destroyed' });
    await peer.result(ADD, ['a.four', [], {}], { scope: 'detached' });
    peer.transport.terminate('gone');
    expect(await events(watching)).toEqual([['a.two'], ['a.four'], ['a.one'], ['a.three']]);
  });

  it('META-029: behind the events of its registrations and subscriptions, before on_leave', async () => {
    const house = houseWith();
    const peer = await house.joins('realm1', as('joe'));
    await peer.registers('a.proc');
    await peer.subscribes('a.topic');
    await peer.subscribes('a.gone');
    await peer.result(ADD, ['a.gone']);
    const watching = await watcher(house, 'wamp.');
    await watching.subscribes('a.gone');
    await events(watching);
    await peer.leaves();
    expect((await events(watching)).map((event) => (event as unknown[])[0])).toEqual([
      'wamp.registration.on_unregister',
      'wamp.registration.on_delete',
      'wamp.subscription.on_unsubscribe',
      'wamp.subscription.on_delete',
      'wamp.subscription.on_unsubscribe',
      undefined,
      'wamp.session.on_leave',
    ]);
    expect(peer.log.some((message) => message.kind === MessageKind.Event)).toBe(false);
  });

  it('TESTAMENT-010, META-011: not if all sessions are killed', async () => {
    const house = houseWith();
    const admin = await house.joins('realm1', as('root', 'admin'));
    await admin.subscribes('a.gone');
    const peer = await house.joins('realm1', as('joe'));
    await peer.result(ADD, ['a.gone']);
    expect(await admin.result('wamp.session.kill_all')).toEqual([1]);
    await admin.getsNothing();
  });
});

describe('flushing', () => {
  it.each([
    ['TESTAMENT-004: takes the destroyed ones by default', undefined, [['a.detached']]],
    ['TESTAMENT-004: takes the destroyed ones', { scope: 'destroyed' }, [['a.detached']]],
    ['TESTAMENT-005: takes the detached ones', { scope: 'detached' }, [['a.destroyed']]],
  ])('%s', async (_, kwargs, left) => {
    const house = houseWith();
    const watching = await watcher(house);
    const peer = await house.joins('realm1', as('joe'));
    await peer.result(ADD, ['a.destroyed']);
    await peer.result(ADD, ['a.detached'], { scope: 'detached' });
    expect(await peer.result(FLUSH, [], kwargs)).toEqual([]);
    await peer.leaves();
    expect(await events(watching)).toEqual(left);
  });

  it('TESTAMENT-011: is for the own ones only, and is no error where there are none', async () => {
    const house = houseWith();
    const watching = await watcher(house);
    const [peer, other] = [await house.joins('realm1', as('joe')), await house.joins('realm1', as('joe'))];
    await peer.result(ADD, ['a.gone']);
    expect(await other.result(FLUSH)).toEqual([]);
    await other.leaves();
    await watching.getsNothing();
    await peer.leaves();
    expect(await events(watching)).toEqual([['a.gone']]);
  });
});

describe('the options of the publication', () => {
  it('TESTAMENT-007: choose who gets it; acknowledge is ignored', async () => {
    const house = houseWith();
    const [one, two] = [await watcher(house), await watcher(house)];
    const peer = await house.joins('realm1', as('joe'));
    const add = async (topic: string, publish_options: Dict): Promise<unknown> =>
      peer.result(ADD, [topic, [], {}], { publish_options });
    await add('a.eligible', { eligible: [one.id], acknowledge: true });
    await add('a.excluded', { exclude: [one.id] });
    await add('a.roles', { eligible_authrole: ['nobody'], exclude_me: false });
    await add('a.null', { exclude: null });
    await peer.leaves();
    expect(await events(one)).toEqual([['a.eligible'], ['a.null']]);
    expect(await events(two)).toEqual([['a.excluded'], ['a.null']]);
    expect(peer.log.some((message) => message.kind === MessageKind.Published)).toBe(false);
  });

  it('it is published as the session that has ended', async () => {
    const house = houseWith();
    const watching = await watcher(house);
    const peer = await house.joins('realm1', as('joe', 'guest'));
    await peer.result(ADD, ['a.gone'], { publish_options: { disclose_me: true } });
    await peer.leaves();
    expect((await watching.gets(MessageKind.Event)).details).toEqual({
      topic: 'a.gone',
      publisher: peer.id,
      publisher_authid: 'joe',
      publisher_authrole: 'guest',
    });
  });

  it('passthru attributes are for those that announced it', async () => {
    const house = houseWith();
    const watching = await watcher(house);
    const publish_options = { ppt_scheme: 'x_my' };
    const plainPeer = await house.joins('realm1', { roles: { caller: {}, publisher: {} } });
    expect(await plainPeer.failure(ADD, ['a.gone', [], {}], { publish_options })).toBe(
      'wamp.error.invalid_argument',
    );
    const peer = await house.joins('realm1', as('joe'));
    await peer.result(ADD, ['a.gone', ['x'], {}], { publish_options });
    await peer.leaves();
    expect((await watching.gets(MessageKind.Event)).details).toMatchObject({ ppt_scheme: 'x_my' });
  });
});

describe('what cannot be published is refused when it is made', () => {
  it.each<[string, unknown[], Dict?]>([
    ['no topic', []],
    ['a topic that is no string', [1]],
    ['arguments that are no list', ['a.b', {}]],
    ['keyword arguments that are no dictionary', ['a.b', [], []]],
    ['options that are no dictionary', ['a.b', [], {}], { publish_options: [] }],
    ['an option of a wrong type', ['a.b', [], {}], { publish_options: { exclude: 'x' } }],
    ['a scope that does not exist', ['a.b', [], {}], { scope: 'later' }],
    ['a scope that is no string', ['a.b', [], {}], { scope: 1 }],
  ])('TESTAMENT-008, META-027: %s', async (_, args, kwargs) => {
    const peer = await houseWith().joins('realm1', as('joe'));
    expect(await peer.failure(ADD, args, kwargs)).toBe('wamp.error.invalid_argument');
  });

  it('TESTAMENT-008: flushing a scope that does not exist', async () => {
    const peer = await houseWith().joins('realm1', as('joe'));
    expect(await peer.failure(FLUSH, [], { scope: 'all' })).toBe('wamp.error.invalid_argument');
  });

  it.each(['wamp.session.on_join', 'wamp', 'a b', '', 'a..b'])(
    'TESTAMENT-009: the topic %j is refused',
    async (topic) => {
      const peer = await houseWith().joins('realm1', as('joe'));
      expect(await peer.failure(ADD, [topic, [], {}])).toBe('wamp.error.invalid_uri');
    },
  );

  it('disclosure where it is not allowed', async () => {
    const peer = await houseWith({ disclosure: 'never' }).joins('realm1', as('joe'));
    expect(await peer.failure(ADD, ['a.b'], { publish_options: { disclose_me: true } })).toBe(
      'wamp.error.option_disallowed.disclose_me',
    );
  });
});

describe('permission', () => {
  const guarded = (authorize: Authorizer['authorize']): House =>
    houseWith({
      authorizer: {
        authorize: (session, action, uri, match) =>
          action === 'publish' ? authorize(session, action, uri, match) : 'allowed',
      },
    });

  it.each<[string, () => Decision | Promise<Decision>, string]>([
    ['denied', () => 'denied', 'not_authorized'],
    ['denied later', () => Promise.resolve('denied'), 'not_authorized'],
    [
      'not decided',
      () => {
        throw new Error('x');
      },
      'authorization_failed',
    ],
    ['not decided later', () => Promise.reject(new Error('x')), 'authorization_failed'],
    ['nonsense', () => 'yes' as never, 'authorization_failed'],
  ])('TESTAMENT-009: a topic that is %s is refused when the testament is made', async (_, decide, error) => {
    const house = guarded(decide);
    const watching = await watcher(house);
    const peer = await house.joins('realm1', as('joe'));
    expect(await peer.failure(ADD, ['a.gone'])).toBe(`wamp.error.${error}`);
    await peer.leaves();
    await watching.getsNothing();
    const { totals } = house.router.stats();
    expect([totals.denials, totals.hookFailures]).toEqual(error === 'not_authorized' ? [1, 0] : [0, 1]);
  });

  it('is asked again when the testament is published, for each, as the session', async () => {
    const asked: [string, string][] = [];
    let isOver = false;
    const house = guarded((session, _, uri) => {
      asked.push([session.authid, uri]);
      return isOver && uri === 'a.two' ? 'denied' : 'allowed';
    });
    const watching = await watcher(house);
    const peer = await house.joins('realm1', as('joe'));
    for (const topic of ['a.one', 'a.two', 'a.three']) await peer.result(ADD, [topic]);
    isOver = true;
    await peer.leaves();
    expect(await events(watching)).toEqual([['a.one'], ['a.three']]);
    expect(asked.slice(3)).toEqual([
      ['joe', 'a.one'],
      ['joe', 'a.two'],
      ['joe', 'a.three'],
    ]);
  });

  it('that takes its time delays the testaments and on_leave, nobody else', async () => {
    const open: ((decision: Decision) => void)[] = [];
    const house = guarded(() => new Promise<Decision>((resolve) => open.push(resolve)));
    const watching = await watcher(house);
    await watching.subscribes('wamp.session.on_leave');
    const peer = await house.joins('realm1', as('joe'));
    const requests = [peer.calls(ADD, ['a.one']), peer.calls(ADD, ['a.two'])];
    await settled();
    for (const decide of open.splice(0)) decide('allowed');
    for (const request of requests) expect((await peer.gets(MessageKind.Result)).request).toBe(request);
    peer.transport.terminate('gone');
    await watching.getsNothing();
    expect(await watching.result('wamp.session.count')).toEqual([1]);
    open[1]!('allowed');
    await watching.getsNothing();
    open[0]!('allowed');
    const [one, two, left] = (await events(watching)) as unknown[][];
    expect([one, two]).toEqual([['a.one'], ['a.two']]);
    expect(left?.slice(1)).toEqual([peer.id, 'joe', 'user']);
  });

  it('that never comes loses the testament, not the end of the session', async () => {
    let isOver = false;
    const house = guarded(() => (isOver ? new Promise<Decision>(() => undefined) : 'allowed'));
    const watching = await watcher(house, 'wamp.session.on_leave');
    const peer = await house.joins('realm1', as('joe'));
    await peer.result(ADD, ['a.gone']);
    isOver = true;
    peer.transport.terminate('gone');
    await watching.getsNothing();
    house.clock.advance(30_000);
    expect(await events(watching)).toEqual([['wamp.session.on_leave', peer.id, 'joe', 'user']]);
    expect(house.router.stats().totals).toMatchObject({ sessionsLeft: 1, hookFailures: 1, failures: 0 });
    expect(house.clock.running).toBe(0);
  });

  it('that comes after the session has ended makes no testament', async () => {
    let decide: ((decision: Decision) => void) | undefined;
    const house = guarded(() => new Promise<Decision>((resolve) => (decide = resolve)));
    const watching = await watcher(house);
    const peer = await house.joins('realm1', as('joe'));
    peer.calls(ADD, ['a.gone']);
    await settled();
    peer.transport.terminate('gone');
    await settled();
    decide!('allowed');
    await watching.getsNothing();
    expect(house.router.stats().totals.failures).toBe(0);
  });
});

describe('limits', () => {
  it('so many testaments, both scopes together; flushing makes room', async () => {
    const house = houseWith({}, { testaments: 2 });
    const peer = await house.joins('realm1', as('joe'));
    await peer.result(ADD, ['a.one'], { scope: 'detached' });
    await peer.result(ADD, ['a.two']);
    expect(await peer.failure(ADD, ['a.three'])).toBe('wamp.error.limit_exceeded');
    await peer.result(FLUSH);
    await peer.result(ADD, ['a.three']);
  });

  it('so many bytes, topic, arguments and options together; flushing makes room', async () => {
    const house = houseWith({}, { testamentBytes: 1_000 });
    const peer = await house.joins('realm1', as('joe'));
    const long = 'x'.repeat(1_000);
    expect(await peer.failure(ADD, [`a.${long}`])).toBe('wamp.error.limit_exceeded');
    expect(await peer.failure(ADD, ['a.b', [long]])).toBe('wamp.error.limit_exceeded');
    expect(await peer.failure(ADD, ['a.b', [], { long }])).toBe('wamp.error.limit_exceeded');
    expect(await peer.failure(ADD, ['a.b'], { publish_options: { x_more: long } })).toBe(
      'wamp.error.limit_exceeded',
    );
    await peer.result(ADD, ['a.b', [long.slice(0, 600)]]);
    expect(await peer.failure(ADD, ['a.b', [long.slice(0, 600)]])).toBe('wamp.error.limit_exceeded');
    await peer.result(FLUSH);
    await peer.result(ADD, ['a.b', [long.slice(0, 600)]]);
  });
});
