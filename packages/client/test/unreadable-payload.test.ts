/** Payloads that are well-formed, but hold a value that JavaScript cannot represent: the request fails, no session does. */
import { MessageKind } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { expect, it } from 'vitest';
import { ALL_FEATURES, joined, settle } from './scripted-router.fixture.js';

/** `[simple(0)]` in CBOR, a value that nobody has given a meaning */
const UNREADABLE = [0x81, 0xe0];
const EMPTY_DICT = 0xa0;
const PROGRESS = [0xa1, 0x68, ...new TextEncoder().encode('progress'), 0xf5];

it('an INVOCATION is refused, a RESULT rejects, progress and events are reported', async () => {
  const reported: string[] = [];
  const { client, router } = await joined(
    { onError: (_error, { where }) => reported.push(where) },
    ALL_FEATURES,
    cbor(),
  );
  const bytes = (...all: number[]): void => router.sendsBytes(Uint8Array.from(all));

  void client.register('a.b', () => 'never');
  await router.registers(7);
  bytes(0x85, 0x18, 68, 1, 7, EMPTY_DICT, ...UNREADABLE);
  expect(await router.gets(MessageKind.Error)).toMatchObject({
    request: 1,
    error: 'wamp.error.invalid_argument',
  });

  void client.subscribe('a.b', () => 'never');
  await router.subscribes(5);
  bytes(0x85, 0x18, 36, 5, 1, EMPTY_DICT, ...UNREADABLE);

  const call = client.call('a.b', [], { onProgress: () => reported.push('never') });
  const { request } = await router.gets(MessageKind.Call);
  bytes(0x84, 0x18, 50, request, ...PROGRESS, ...UNREADABLE);
  bytes(0x84, 0x18, 50, request, EMPTY_DICT, ...UNREADABLE);
  await expect(call).rejects.toMatchObject({ uri: 'wamp.error.invalid_argument' });
  expect(reported).toEqual(['event', 'progress']);

  void client.register('a.c', async (_args, { chunks }) => {
    for await (const chunk of chunks) expect(chunk).toBe(1);
  });
  await router.registers(8);
  bytes(0x85, 0x18, 68, 2, 8, ...PROGRESS, 0x81, 1);
  bytes(0x85, 0x18, 68, 2, 8, ...PROGRESS, ...UNREADABLE);
  expect(await router.gets(MessageKind.Error)).toMatchObject({
    request: 2,
    error: 'wamp.error.invalid_argument',
  });
  await settle();
  expect(router.unread).toEqual([]);
  expect(client.status.current).toBe('open');
});
