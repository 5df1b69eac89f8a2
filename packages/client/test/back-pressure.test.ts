import { InvocationMessage, MessageKind, Payload, ResultMessage } from '@wamp/protocol';
import { expect, it } from 'vitest';
import { joined, settle } from './scripted-router.fixture.js';

const HALF = 'x'.repeat(600_000);

it('a generator waits while too much is on its way, and goes on when the router reads again', async () => {
  const { client, router } = await joined();
  let yielded = 0;
  const registering = client.register('a.b', async function* () {
    for (; yielded < 10; yielded++) yield HALF;
    return 'end';
  });
  await router.registers(7);
  await registering;
  router.pauses();
  router.sends(new InvocationMessage(1, 7, { receive_progress: true }));
  await settle();
  expect(yielded).toBeLessThan(3);
  router.resumes();
  for (let i = 0; i < 10; i++) await router.gets(MessageKind.Yield);
  expect((await router.gets(MessageKind.Yield)).payload.args).toEqual(['end']);
});

it('an upload waits in the same way', async () => {
  const { client, router } = await joined();
  let taken = 0;
  const chunks = function* (): Generator<string> {
    for (; taken < 10; taken++) yield HALF;
  };
  router.pauses();
  const upload = client.upload('a.b', chunks());
  await settle();
  expect(taken).toBeLessThan(3);
  router.resumes();
  for (let i = 0; i < 10; i++) await router.gets(MessageKind.Call);
  const { request } = await router.gets(MessageKind.Call);
  router.sends(new ResultMessage(request, {}, Payload.of([taken])));
  expect(await upload).toBe(10);
});

it('a generator that waits is let go when the session ends', async () => {
  const { client, router } = await joined();
  let left = false;
  const registering = client.register('a.b', async function* () {
    try {
      for (;;) yield HALF;
    } finally {
      left = true;
    }
  });
  await router.registers(7);
  await registering;
  router.pauses();
  router.sends(new InvocationMessage(1, 7, { receive_progress: true }));
  await settle();
  router.cuts();
  await client.closed;
  await settle();
  expect(left).toBe(true);
});
