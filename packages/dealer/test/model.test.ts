/** Random programs of a few sessions, checked step by step against the model. */
import type { CallOptions, CancelMode, InvokePolicy, MatchPolicy } from '@wamp/protocol';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ALL_FEATURES } from '../src/testing/index.js';
import { DealerModel, type Peer } from './dealer-model.fixture.js';
import { calleeWithout } from './scenarios/scene.fixture.js';

type Command = (model: DealerModel) => void;

const FEATURES = [ALL_FEATURES, calleeWithout('call_canceling'), { ...ALL_FEATURES, callee: [] }];
const PROCEDURES = ['a.b', 'a.c', 'b.c'];
const PATTERNS: Record<MatchPolicy, readonly string[]> = {
  exact: PROCEDURES,
  prefix: ['a', 'a.b', ''],
  wildcard: ['a.', '.c', '.'],
};
const POLICIES: readonly InvokePolicy[] = [
  'single',
  'first',
  'last',
  'roundrobin',
  'random',
  'least_pending',
  'sticky',
];

const index = fc.nat({ max: 1000 });

/** One of the living sessions, or nothing if there is none. */
function pick<T>(from: readonly T[], at: number): T | undefined {
  return from.length === 0 ? undefined : from[at % from.length];
}

function withPeer(at: number, act: (model: DealerModel, peer: Peer) => void): Command {
  return (model) => {
    const peer = pick(model.living, at);
    if (peer !== undefined) act(model, peer);
  };
}

const join = fc.nat({ max: 2 }).map<Command>((which) => (model) => {
  if (model.living.length < 6) model.join(FEATURES[which]!);
});

const register = fc
  .record({
    who: index,
    match: fc.constantFrom<MatchPolicy>('exact', 'exact', 'prefix', 'wildcard'),
    uri: fc.nat({ max: 2 }),
    invoke: fc.constantFrom(...POLICIES),
    concurrency: fc.constantFrom(0, 0, 1, 1, 2),
  })
  .map<Command>(({ who, match, uri, invoke, concurrency }) =>
    withPeer(who, (model, peer) => model.register(peer, PATTERNS[match][uri]!, match, invoke, concurrency)),
  );

/** Everybody on one shared registration: where most of the rules about choosing meet. */
const share = fc
  .record({ invoke: fc.constantFrom(...POLICIES.slice(1)), concurrency: fc.constantFrom(0, 1, 2) })
  .map<Command>(({ invoke, concurrency }) => (model) => {
    for (const peer of model.living) model.register(peer, 'a.b', 'exact', invoke, concurrency);
  });

const unregister = fc.record({ who: index, which: index }).map<Command>(({ who, which }) =>
  withPeer(who, (model, peer) => {
    const entry = pick(model.entriesOf(peer), which);
    if (entry !== undefined) model.unregister(peer, entry);
  }),
);

const call = fc
  .record({
    who: index,
    procedure: fc.nat({ max: 2 }),
    options: fc.record<CallOptions>(
      {
        receive_progress: fc.boolean(),
        progress: fc.boolean(),
        timeout: fc.constantFrom(0, 5, 20, 100),
        disclose_me: fc.boolean(),
        rkey: fc.constantFrom('x', 'y', 1),
      },
      { requiredKeys: [] },
    ),
  })
  .map<Command>(({ who, procedure, options }) =>
    withPeer(who, (model, peer) => model.call(peer, PROCEDURES[procedure]!, options)),
  );

const proceed = fc
  .record({ who: index, which: index, isLast: fc.boolean() })
  .map<Command>(({ who, which, isLast }) =>
    withPeer(who, (model, peer) => {
      const chunked = peer.calls.filter((one) => one.options.progress === true && !one.callerDone);
      const one = pick(chunked, which);
      if (one !== undefined) model.continue(one, isLast);
    }),
  );

const answer = fc
  .record({ which: index, how: fc.constantFrom('progress', 'progress', 'result', 'result', 'error') })
  .map<Command>(({ which, how }) => (model) => {
    const invocation = pick(model.unanswered(), which);
    if (invocation !== undefined) model.answer(invocation, how);
  });

/** An answer to any invocation that there ever was. */
const answerLate = fc.record({ who: index, which: index }).map<Command>(({ who, which }) =>
  withPeer(who, (model, peer) => {
    const invocation = pick(peer.invocations, which);
    if (invocation !== undefined) model.answer(invocation, 'result');
  }),
);

const cancel = fc
  .record({
    who: index,
    which: index,
    mode: fc.constantFrom<CancelMode | undefined>('skip', 'kill', 'kill', 'killnowait', undefined),
  })
  .map<Command>(({ who, which, mode }) =>
    withPeer(who, (model, peer) => {
      const open = peer.calls.filter((one) => !one.isOver);
      const one = pick(open, which);
      if (one !== undefined) model.cancel(one, mode);
    }),
  );

const pass = fc.constantFrom(1, 5, 20, 100).map<Command>((ms) => (model) => model.pass(ms));
const drift = fc.constantFrom(1, 5, 20).map<Command>((ms) => (model) => model.drift(ms));
const leave = index.map<Command>((who) => withPeer(who, (model, peer) => model.leave(peer)));
const congest = fc
  .record({ who: index, isCongested: fc.boolean() })
  .map<Command>(({ who, isCongested }) => withPeer(who, (model, peer) => model.congest(peer, isCongested)));

const program = fc.record({
  peers: fc.array(fc.nat({ max: 2 }), { minLength: 2, maxLength: 6 }),
  policy: fc.option(fc.constantFrom(...POLICIES.slice(1)), { nil: undefined }),
  queueLimit: fc.constantFrom(0, 0, 2, 5),
  draws: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 5 }),
  commands: fc.array(
    fc.oneof(
      { weight: 2, arbitrary: join },
      { weight: 5, arbitrary: register },
      { weight: 2, arbitrary: share },
      { weight: 2, arbitrary: unregister },
      { weight: 14, arbitrary: call },
      { weight: 4, arbitrary: proceed },
      { weight: 9, arbitrary: answer },
      { weight: 2, arbitrary: answerLate },
      { weight: 4, arbitrary: cancel },
      { weight: 4, arbitrary: pass },
      { weight: 2, arbitrary: drift },
      { weight: 2, arbitrary: leave },
      { weight: 2, arbitrary: congest },
    ),
    { minLength: 30, maxLength: 100, size: 'max' },
  ),
});

it('random programs: every call one answer, nothing for strangers, ids in sequence, empty tables at rest', () => {
  let invocations = 0;
  fc.assert(
    fc.property(program, ({ peers, policy, queueLimit, draws, commands }) => {
      let drawn = 0;
      const model = new DealerModel(queueLimit, () => draws[(drawn += 1) % draws.length]!);
      for (const which of peers) model.join(FEATURES[which]!);
      // Half of the programs begin where most of the rules meet: with everybody at one shared registration.
      if (policy !== undefined) {
        for (const peer of model.living) model.register(peer, 'a.b', 'exact', policy, peer.number % 3);
      }
      for (const command of commands) command(model);
      model.finish();
      for (const peer of model.peers) invocations += peer.invocations.length;
    }),
    { numRuns: 3000 },
  );
  // Programs that never get as far as an INVOCATION would prove nothing.
  expect(invocations).toBeGreaterThan(5000);
});
