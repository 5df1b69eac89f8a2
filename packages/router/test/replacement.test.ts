import { MessageKind, RegisterMessage, type Dict } from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import type { Authenticator, LeaveCause } from '../src/index.js';
import { ALL_FEATURES, House, settled, type TestPeer } from './test-peer.fixture.js';

/** Lets everybody in as the authid that they claim, and tells nobody apart by the method. */
const believing = (method: string): Authenticator => ({
  method,
  begin: ({ authid, formerAuthid }) => ({
    type: 'accepted',
    principal: { authid: authid ?? formerAuthid ?? 'nobody', authrole: 'user', authprovider: 'test' },
  }),
});

const asking = (more: Dict = {}): Dict => ({ roles: ALL_FEATURES, x_session_token: true, ...more });

const tokenOf = (peer: TestPeer): string => peer.welcome!.details['x_session_token'] as string;

const replacing = (peer: TestPeer, more: Dict = {}): Dict =>
  asking({ x_replaces: { session: peer.id, token: tokenOf(peer) }, ...more });

it('a client that asks gets a token of its session, of its own each; others see nothing new', async () => {
  const house = new House();
  const [one, two, other] = [
    await house.joins('realm1', asking()),
    await house.joins('realm1', asking()),
    await house.joins(),
  ];
  expect(tokenOf(one)).toMatch(/^[A-Za-z0-9_-]{32}$/);
  expect(tokenOf(two)).not.toBe(tokenOf(one));
  expect(Object.keys(other.welcome!.details).sort()).toEqual(
    ['agent', 'authid', 'authmethod', 'authprovider', 'authrole', 'realm', 'roles'].sort(),
  );
  const vague = await house.joins('realm1', { roles: ALL_FEATURES, x_session_token: 1 });
  expect(vague.welcome!.details).not.toHaveProperty('x_session_token');
  expect(JSON.stringify(await other.result('wamp.session.get', [one.id]))).not.toContain(tokenOf(one));
});

it('fault 26: a client that comes back with its token replaces its former session at once', async () => {
  const left: [number, LeaveCause][] = [];
  const house = new House({
    realms: { realm1: {} },
    observer: { sessionLeft: ({ session }, cause) => left.push([session, cause]) },
  });
  const former = await house.joins('realm1', asking());
  const caller = await house.joins();
  await former.registers('a.proc');
  const call = caller.calls('a.proc');
  await former.gets(MessageKind.Invocation);
  await caller.subscribes('wamp.session.', { match: 'prefix' });

  const again = await house.joins('realm1', replacing(former));
  again.sends(new RegisterMessage(1, {}, 'a.proc'));
  await again.gets(MessageKind.Registered);
  expect(await caller.isRefused(MessageKind.Call, call)).toBe('wamp.error.canceled');
  expect(left).toEqual([[former.id, 'replaced']]);
  expect((await former.gets(MessageKind.Goodbye)).reason).toBe('wamp.close.killed');
  const topics = [await caller.gets(MessageKind.Event), await caller.gets(MessageKind.Event)];
  expect(topics.map(({ details }) => details.topic)).toEqual([
    'wamp.session.on_leave',
    'wamp.session.on_join',
  ]);
  expect(house.router.stats()).toMatchObject({
    sessions: 2,
    totals: { sessionsReplaced: 1, replacementsRefused: 0, failures: 0 },
  });
  // An anonymous client is the same one as before.
  expect(again.welcome!.details['authid']).toBe(former.welcome!.details['authid']);
  expect(tokenOf(again)).not.toBe(tokenOf(former));
});

it('a peer that does not take its GOODBYE is cut off', async () => {
  const house = new House();
  const former = await house.joins('realm1', asking());
  await house.joins('realm1', replacing(former));
  house.clock.advance(5_000);
  expect(await former.isClosed()).toBe(true);
});

describe('a newcomer that cannot prove that the session was its own joins as any other', () => {
  const realms = {
    realm1: { authenticators: [believing('anonymous'), believing('ticket')] },
    realm2: { authenticators: [believing('anonymous')] },
  };
  const as = (authid: string, more: Dict = {}): Dict => asking({ authid, ...more });

  it.each<[string, string, (former: TestPeer) => Dict, number]>([
    [
      'a wrong token',
      'realm1',
      (former) => as('joe', { x_replaces: { session: former.id, token: 'x'.repeat(32) } }),
      1,
    ],
    ['another authid', 'realm1', (former) => replacing(former, { authid: 'eve' }), 1],
    ['another realm', 'realm2', (former) => replacing(former, { authid: 'joe' }), 0],
    [
      'an unknown session',
      'realm1',
      (former) => as('joe', { x_replaces: { session: former.id + 1, token: tokenOf(former) } }),
      0,
    ],
    ['nonsense', 'realm1', () => as('joe', { x_replaces: 'everything' }), 0],
  ])('%s', async (_, realm, details, refused) => {
    const named: number[] = [];
    const house = new House({
      realms,
      observer: { replacementRefused: (newcomer, { session }) => named.push(newcomer.session, session) },
    });
    const former = await house.joins('realm1', as('joe'));
    const newcomer = await house.joins(realm, details(former));
    expect(house.router.stats()).toMatchObject({
      sessions: 2,
      totals: { sessionsReplaced: 0, replacementsRefused: refused },
    });
    expect(named).toEqual(refused === 1 ? [newcomer.id, former.id] : []);
    await former.getsNothing();
  });

  it('a session that never asked for a token cannot be replaced', async () => {
    const house = new House({ realms });
    const former = await house.joins('realm1', { roles: ALL_FEATURES, authid: 'joe' });
    for (const token of ['', 'undefined', 'A']) {
      await house.joins('realm1', as('joe', { x_replaces: { session: former.id, token } }));
    }
    expect(house.router.stats().totals.sessionsReplaced).toBe(0);
    await former.getsNothing();
  });

  it('the former authid is lent only to the method that gave it', async () => {
    const house = new House({ realms });
    const former = await house.joins('realm1', as('joe', { authmethods: ['ticket'] }));
    const other = await house.joins('realm1', replacing(former, { authmethods: ['anonymous'] }));
    expect(other.welcome!.details['authid']).toBe('nobody');
    expect(house.router.stats().sessions).toBe(2);
    const same = await house.joins('realm1', replacing(former, { authmethods: ['ticket'] }));
    expect(same.welcome!.details['authid']).toBe('joe');
    expect(house.router.stats().totals.sessionsReplaced).toBe(1);
  });
});

it('a session is replaced once; a second newcomer with the same token is just one more', async () => {
  const house = new House();
  const former = await house.joins('realm1', asking());
  const again = await house.joins('realm1', replacing(former));
  await house.joins('realm1', replacing(former));
  await settled();
  expect(house.router.stats()).toMatchObject({
    sessions: 2,
    totals: { sessionsReplaced: 1, replacementsRefused: 0 },
  });
  await again.getsNothing();
});
