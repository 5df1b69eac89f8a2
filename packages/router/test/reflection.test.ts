import { MessageKind, RegisterMessage, type Dict } from '@wamp/protocol';
import { expect, it } from 'vitest';
import { believing } from './claimed-identity.fixture.js';
import { ALL_FEATURES, House, SERIALIZERS } from './test-peer.fixture.js';

const house = (): House =>
  new House({ realms: { realm1: { authenticators: [believing], adminRoles: ['admin'] } } });

const LIST = 'wamp.reflection.procedure.list';
const DESCRIBE = 'wamp.reflection.procedure.describe';

const DESCRIPTION = {
  description: 'Adds two numbers — quickly.',
  args: { type: 'array', items: { type: 'number' }, minItems: 2 },
  kwargs: { type: 'object', properties: { round: { type: 'boolean', default: null } } },
  result: { type: 'number', maximum: 1.5 },
  progress: true,
  errors: { 'com.error.overflow': { type: 'string' } },
};

it('the procedures of a realm are listed with their match policies, those of the router hidden', async () => {
  const h = house();
  const peer = await h.joins();
  expect(await peer.result(LIST)).toEqual([[]]);
  await peer.registers('a.proc', { invoke: 'roundrobin' });
  await peer.registers('a', { match: 'prefix' });
  await peer.registers('a..c', { match: 'wildcard' });
  const other = await h.joins();
  await other.registers('a.proc', { invoke: 'roundrobin' });
  const own = [
    { uri: 'a.proc', match: 'exact' },
    { uri: 'a', match: 'prefix' },
    { uri: 'a..c', match: 'wildcard' },
  ];
  expect(await peer.result(LIST)).toEqual([own]);
  const admin = await h.joins('realm1', { roles: ALL_FEATURES, authrole: 'admin' });
  const [all] = (await admin.result(LIST)) as [Dict[]];
  expect(all).toEqual(expect.arrayContaining([...own, { uri: LIST, match: 'exact' }]));
});

it.each(SERIALIZERS)('a callee publishes over %s what its procedure is', async (_, format) => {
  const h = house();
  const callee = await h.joins('realm1', undefined, format());
  await callee.registers('a.proc', { x_describe: { ...DESCRIPTION, secret: 1 }, invoke: 'random' });
  const details = { uri: 'a.proc', match: 'exact', invoke: 'random', callees: 1, ...DESCRIPTION };
  for (const [, other] of SERIALIZERS) {
    const peer = await h.joins('realm1', undefined, other());
    expect(await peer.result(DESCRIBE, ['a.proc'])).toEqual([details]);
  }
  const second = await h.joins();
  await second.registers('a.proc', { x_describe: { description: 'other' }, invoke: 'random' });
  expect(await second.result(DESCRIBE, ['a.proc', {}])).toEqual([{ ...details, callees: 2 }]);
});

it('a procedure without a description is described by what the router knows', async () => {
  const peer = await house().joins();
  await peer.registers('a', { match: 'prefix' });
  expect(await peer.result(DESCRIBE, ['a', { match: 'prefix' }])).toEqual([
    { uri: 'a', match: 'prefix', invoke: 'single', callees: 1 },
  ]);
});

it('what does not exist, or is not to be seen, is no such procedure', async () => {
  const h = house();
  const peer = await h.joins();
  await peer.registers('a', { match: 'prefix' });
  for (const args of [['b'], ['a'], ['a.b', { match: 'prefix' }], [LIST]]) {
    expect(await peer.failure(DESCRIBE, args)).toBe('wamp.error.no_such_procedure');
  }
  const admin = await h.joins('realm1', { roles: ALL_FEATURES, authrole: 'admin' });
  expect(await admin.result(DESCRIBE, [LIST])).toMatchObject([{ uri: LIST, callees: 1 }]);
});

it('META-027: missing or wrong-typed arguments are refused as such', async () => {
  const peer = await house().joins();
  for (const args of [[], [1], ['a', 'exact'], ['a', { match: 'regex' }]]) {
    expect(await peer.failure(DESCRIBE, args)).toBe('wamp.error.invalid_argument');
  }
});

it('a description that is too long, or none, refuses the registration', async () => {
  const peer = await house().joins();
  for (const [x_describe, uri] of [
    [{ description: 'x'.repeat(16 * 1024) }, 'wamp.error.limit_exceeded'],
    ['adds', 'wamp.error.invalid_argument'],
  ] as const) {
    const request = peer.next();
    peer.sends(new RegisterMessage(request, { x_describe }, 'a.proc'));
    expect(await peer.isRefused(MessageKind.Register, request)).toBe(uri);
  }
  expect(await peer.result(LIST)).toEqual([[]]);
});

it('a description cannot stand in for what the router knows', async () => {
  const peer = await house().joins();
  await peer.registers('a.proc', {
    x_describe: JSON.parse('{"uri":"wamp.x","callees":99,"__proto__":{"match":"prefix"}}') as Dict,
  });
  expect(await peer.result(DESCRIBE, ['a.proc'])).toEqual([
    { uri: 'a.proc', match: 'exact', invoke: 'single', callees: 1 },
  ]);
});
