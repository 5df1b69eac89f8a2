/** What has to compile for users of the client, and what must not. Checked by tsc, never run. */
import { expectTypeOf } from 'vitest';
import {
  connect,
  Result,
  WampError,
  type Authenticator,
  type Client,
  type Invocation,
  type ReceivedEvent,
  type Registration,
  type SessionEnd,
} from './index.js';
import { cbor } from './serializers/cbor.js';
import { wampPassthru, type PassthruCodec } from './passthru.js';

declare const client: Client;

expectTypeOf(
  connect('ws://localhost', { realm: 'realm1', serializers: [cbor()] }),
).resolves.toEqualTypeOf<Client>();
// @ts-expect-error -- a realm is needed
void connect('ws://localhost', {});

expectTypeOf(client.call('a.b')).resolves.toBeUnknown();
expectTypeOf(client.call<number>('a.b', [1, 2])).resolves.toBeNumber();
expectTypeOf(client.call('a.b', [], { raw: true })).resolves.toEqualTypeOf<Result>();
// @ts-expect-error -- arguments are a list
void client.call('a.b', 'x');
// @ts-expect-error -- there is no such mode
void client.call('a.b', [], { cancelMode: 'softly' });

const stream = client.stream<number, string>('a.b');
expectTypeOf(stream.result).resolves.toBeString();
for await (const value of stream) expectTypeOf(value).toBeNumber();
// @ts-expect-error -- a stream has its own way to tell of progress
client.stream('a.b', [], { onProgress: () => undefined });

expectTypeOf(client.upload<number>('a.b', new Set([1]))).resolves.toBeNumber();
async function* chunks(): AsyncGenerator<string, number> {
  yield 'x';
  return 1;
}
void client.upload('a.b', chunks());

// handlers need no annotations, and may have them
expectTypeOf(client.register('a.b', ([a, b]) => Math.max(a, b))).resolves.toEqualTypeOf<Registration>();
void client.register('a.b', ([a, b]: [number, number]) => a + b, { invoke: 'roundrobin' });
void client.register('a.b', async (args, invocation) => {
  expectTypeOf(invocation).toEqualTypeOf<Invocation>();
  expectTypeOf(invocation.signal).toEqualTypeOf<AbortSignal>();
  return new Result([args[0]], { k: 1 });
});
void client.register('a.b', (args, invocation) => client.call('a.c', args, { within: invocation }));
void client.register('a.b', async function* ([n]: [number], { signal }) {
  for (let i = 0; i < n && !signal.aborted; i++) yield i;
  return 'end';
});
void client.register('a.b', () => {
  throw new WampError('com.example.error', ['text'], { k: 1 }, { cause: 1 });
});
// @ts-expect-error -- a policy that no router knows
void client.register('a.b', () => 1, { invoke: 'nearest' });

void client.subscribe('a.b', ([price]: [number], event) => {
  expectTypeOf(price).toBeNumber();
  expectTypeOf(event).toEqualTypeOf<ReceivedEvent>();
});
expectTypeOf(client.publish('a.b')).resolves.toEqualTypeOf<number | undefined>();
expectTypeOf(client.publish('a.b', [], { acknowledge: true })).resolves.toBeNumber();

void client.publish('a.b', [], { passthru: 'wamp' });
expectTypeOf(wampPassthru()).toEqualTypeOf<PassthruCodec>();
// @ts-expect-error -- a cipher needs keys
wampPassthru({ cipher: 'aes256gcm' });
// @ts-expect-error -- there is no such cipher
wampPassthru({ cipher: 'rot13', keys: new Map(), keyId: 'k' });

expectTypeOf(client.closed).resolves.toEqualTypeOf<SessionEnd>();
expectTypeOf(client).toExtend<AsyncDisposable>();

export const ticket: Authenticator = { method: 'ticket', authid: 'joe', onChallenge: () => 'secret' };
