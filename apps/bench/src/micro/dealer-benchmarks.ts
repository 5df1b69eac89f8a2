/** A routed call in the dealer alone: CALL and YIELD in, INVOCATION and RESULT out. */
import { Dealer } from '@wamp/dealer';
import {
  CallMessage,
  EMPTY_DICT,
  MessageKind,
  Payload,
  PeerFeatures,
  RegisterMessage,
  YieldMessage,
  type Message,
} from '@wamp/protocol';
import type { Benchmark } from './benchmark.js';

export function dealerBenchmarks(): Benchmark[] {
  let last: Message | undefined = undefined;
  const outbox = {
    send: (_owner: string, message: Message) => void (last = message),
    abort: (_owner: string, violation: Error) => {
      throw violation;
    },
    registrationEvent: () => undefined,
  };
  const dealer = new Dealer<string>(outbox, { random: () => 0.5 });
  const features = PeerFeatures.ofClient({ roles: { caller: {}, callee: {} } });
  const seat = (session: number) => ({
    identity: { session, authid: `peer-${session}`, authrole: 'user' },
    features,
  });
  const [callee, caller] = [dealer.attach('callee', seat(1)), dealer.attach('caller', seat(2))];
  const payload = Payload.of(['x']);
  let request = 0;
  for (const [procedure, options] of [
    ['com.example.add', EMPTY_DICT],
    ['com.example.tree.', { match: 'prefix' }],
  ] as const) {
    dealer.register(callee, new RegisterMessage((request += 1), options, procedure), 0);
  }
  let calls = 0;
  const call =
    (procedure: string, options = EMPTY_DICT) =>
    (): void => {
      calls += 1;
      dealer.call(caller, new CallMessage(calls, options, procedure, payload), 0);
      if (last?.kind !== MessageKind.Invocation) throw new Error('no invocation');
      dealer.yield(callee, new YieldMessage(last.request, EMPTY_DICT, payload), 0);
    };
  return [
    { name: 'dealer: a call', run: call('com.example.add') },
    { name: 'dealer: a call by prefix', run: call('com.example.tree.leaf') },
    { name: 'dealer: a call with a timeout', run: call('com.example.add', { timeout: 60_000 }) },
  ];
}
