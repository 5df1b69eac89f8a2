/** What a callee says of its procedure can be looked up by anybody who may call. */
import { expect, it } from 'vitest';
import { connect } from '@wamp/client';
import { Router } from '@wamp/router-server';

it('procedures are listed, and described as their callees published them', async () => {
  const router = new Router({ realms: { realm1: {} } });
  const callee = await connect(router.openTransport(), { realm: 'realm1' });
  const caller = await connect(router.openTransport(), { realm: 'realm1' });
  const args = { type: 'array', prefixItems: [{ type: 'number' }, { type: 'number' }] };
  await callee.register('com.example.add', ([a, b]) => Number(a) + Number(b), {
    invoke: 'roundrobin',
    describe: { description: 'Adds two numbers.', args },
  });
  expect(await caller.call('wamp.reflection.procedure.list')).toEqual([
    { uri: 'com.example.add', match: 'exact' },
  ]);
  expect(await caller.call('wamp.reflection.procedure.describe', ['com.example.add'])).toEqual({
    uri: 'com.example.add',
    match: 'exact',
    invoke: 'roundrobin',
    callees: 1,
    description: 'Adds two numbers.',
    args,
  });
  await expect(caller.call('wamp.reflection.procedure.describe', ['com.example.none'])).rejects.toThrow(
    'wamp.error.no_such_procedure',
  );
  await router.close();
});
