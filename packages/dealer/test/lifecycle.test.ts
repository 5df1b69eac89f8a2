/** The life of a call, cell by cell: every state and every event, with exactly what the dealer sends. */
import { MessageKind, kindName, type Message } from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import { CallEvent, CallState, transition } from '../src/invocation-lifecycle.js';
import {
  call,
  cancel,
  DealerWorld,
  fails,
  register,
  unregister,
  yields,
  type ScenarioPeer,
} from '../src/testing/index.js';
import { calleeWithout, callerWithout } from './scenarios/scene.fixture.js';
import { ALL_FEATURES } from '../src/testing/index.js';

type State = Exclude<keyof typeof CallState, 'Closed'>;
type Event = keyof typeof CallEvent;

interface Cast {
  readonly world: DealerWorld;
  readonly caller: ScenarioPeer;
  readonly callee: ScenarioPeer;
  readonly spare: ScenarioPeer;
  /** CALL.Request of the call that is looked at */
  readonly request: number;
  /** INVOCATION.Request of that call */
  readonly id: number;
}

const progress = { progress: true };
const ppt = { ppt_scheme: 'x_mine' };
const TIMEOUT_MS = 100;

/** What makes an event happen. An event that needs the caller to lack a feature says so. */
const EVENTS: Record<
  Event,
  { readonly callerLacks?: string; readonly callerForgets?: true; readonly happens: (cast: Cast) => void }
> = {
  Progress: { happens: ({ callee, id }) => callee.sends(yields([1], { options: progress, invocation: id })) },
  Result: { happens: ({ callee, id }) => callee.sends(yields([1], { invocation: id })) },
  Error: { happens: ({ callee, id }) => callee.sends(fails('com.bad', { invocation: id })) },
  Unavailable: {
    happens: ({ callee, id }) => callee.sends(fails('wamp.error.unavailable', { invocation: id })),
  },
  Undeliverable: {
    callerLacks: 'payload_passthru_mode',
    happens: ({ callee, id }) =>
      callee.sends(yields([1], { options: { ...progress, ...ppt }, invocation: id })),
  },
  Skip: { happens: ({ caller, request }) => caller.sends(cancel('skip', request)) },
  KillNoWait: { happens: ({ caller, request }) => caller.sends(cancel('killnowait', request)) },
  Kill: { happens: ({ caller, request }) => caller.sends(cancel('kill', request)) },
  Deadline: { happens: ({ world }) => world.passes(TIMEOUT_MS) },
  CallerGone: { happens: ({ caller }) => caller.leaves() },
  CalleeGone: { happens: ({ callee }) => callee.leaves() },
  ForgottenSkip: {
    callerForgets: true,
    happens: ({ caller, request }) => caller.sends(cancel('skip', request)),
  },
  Chunk: { happens: ({ caller, request }) => caller.sends(call('com.proc', { request, options: progress })) },
};

interface Cell {
  readonly sends: readonly string[];
  /** true if the call goes on */
  readonly stays?: true;
}

const nothing: Cell = { sends: [], stays: true };
const over = (...sends: readonly string[]): Cell => ({ sends });
const on = (...sends: readonly string[]): Cell => ({ sends, stays: true });

const RESULT = 'caller RESULT';
const PROGRESS = 'caller RESULT progress';
const CANCELED = 'caller ERROR wamp.error.canceled';
const TIMEOUT = 'caller ERROR wamp.error.timeout';
const BAD = 'caller ERROR com.bad';
const UNAVAILABLE = 'caller ERROR wamp.error.unavailable';
const UNSUPPORTED = 'caller ERROR wamp.error.feature_not_supported';
const KILL = 'callee INTERRUPT kill';
const KILLNOWAIT = 'callee INTERRUPT killnowait';

/** Expected with a callee that can be interrupted. */
const CANCELING: Record<Event, Record<'Active' | 'Killing', Cell>> = {
  Progress: { Active: on(PROGRESS), Killing: nothing },
  Result: { Active: over(RESULT), Killing: over(RESULT) },
  Error: { Active: over(BAD), Killing: over(BAD) },
  Unavailable: { Active: on('spare INVOCATION'), Killing: over(UNAVAILABLE) },
  Undeliverable: { Active: over(UNSUPPORTED, KILLNOWAIT), Killing: over(UNSUPPORTED) },
  Skip: { Active: over(CANCELED), Killing: over(CANCELED) },
  KillNoWait: { Active: over(CANCELED, KILLNOWAIT), Killing: over(CANCELED) },
  Kill: { Active: on(KILL), Killing: nothing },
  Deadline: { Active: over(TIMEOUT, KILLNOWAIT), Killing: over(TIMEOUT) },
  CallerGone: { Active: over(KILLNOWAIT), Killing: over() },
  CalleeGone: { Active: over(CANCELED), Killing: over(CANCELED) },
  Chunk: { Active: on('callee INVOCATION progress'), Killing: nothing },
  ForgottenSkip: { Active: over(), Killing: over() },
};

/** Expected with a callee that cannot; `Killing` is out of its reach. */
const NOT_CANCELING: Record<Event, Cell> = {
  Progress: on(PROGRESS),
  Result: over(RESULT),
  Error: over(BAD),
  Unavailable: on('spare INVOCATION'),
  Undeliverable: over(UNSUPPORTED),
  Skip: over(CANCELED),
  KillNoWait: over(CANCELED),
  Kill: over(CANCELED),
  Deadline: over(TIMEOUT),
  CallerGone: over(),
  CalleeGone: over(CANCELED),
  Chunk: nothing,
  ForgottenSkip: over(),
};

/** Expected of a call that waits; events that need an INVOCATION are out of its reach. */
const QUEUED: Partial<Record<Event, Cell>> = {
  Skip: over(CANCELED),
  KillNoWait: over(CANCELED),
  Kill: over(CANCELED),
  Deadline: over(TIMEOUT),
  CallerGone: over(),
  CalleeGone: over(CANCELED),
  ForgottenSkip: over(),
};

/** A call in the wanted state; everything that was sent on the way is forgotten. */
function prepare(state: State, event: Event, canCancel: boolean): Cast {
  const isQueued = state === 'Queued';
  const world = new DealerWorld({ reroute: true, limits: { queuedCallsPerRegistration: 5 } });
  const { callerLacks: lacks, callerForgets = false } = EVENTS[event];
  const calleeFeatures = canCancel ? ALL_FEATURES : calleeWithout('call_canceling');
  const callee = world.joins({ features: calleeFeatures });
  const spare = world.joins();
  const caller = world.joins({
    features: lacks === undefined ? ALL_FEATURES : callerWithout(lacks),
    forgetsCanceledCalls: callerForgets,
  });
  const blocker = world.joins();
  callee.sends(register('com.proc', { invoke: 'first', ...(isQueued && { concurrency: 1 }) }));
  if (!isQueued) spare.sends(register('com.proc', { invoke: 'first' }));
  else blocker.sends(call('com.proc'));
  const options = {
    receive_progress: true,
    timeout: TIMEOUT_MS,
    ...(event === 'Chunk' && progress),
  };
  const request = caller.sends(call('com.proc', { options }));
  if (state === 'Killing') caller.sends(cancel('kill', request));
  const id = 1;
  world.history.length = 0;
  return { world, caller, callee, spare, request, id };
}

function told(message: Message): string {
  const name = kindName(message.kind);
  if (message.kind === MessageKind.Error) return `${name} ${message.error}`;
  if (message.kind === MessageKind.Interrupt) return `${name} ${message.options.mode}`;
  if (message.kind === MessageKind.Result || message.kind === MessageKind.Invocation) {
    return message.details.progress === true ? `${name} progress` : name;
  }
  return name;
}

/** What was sent, as `who what`, to the cast only. */
function sent({ world, caller, callee, spare }: Cast): string[] {
  const names = new Map([
    [caller, 'caller'],
    [callee, 'callee'],
    [spare, 'spare'],
  ]);
  return world.history.flatMap((entry) =>
    entry.type === 'send' && names.has(entry.owner)
      ? [`${names.get(entry.owner)} ${told(entry.message)}`]
      : [],
  );
}

function check(cast: Cast, event: Event, expected: Cell): void {
  EVENTS[event].happens(cast);
  expect(sent(cast)).toEqual(expected.sends);
  expect(cast.caller.session.calls.has(cast.request)).toBe(expected.stays === true);
  cast.world.history.length = 0;
  if (expected.stays !== true) {
    cast.world.passes(10 * TIMEOUT_MS);
    if (cast.callee.session.wasInvoked(cast.id) && event !== 'CalleeGone') {
      cast.callee.sends(yields([], { invocation: cast.id }));
    }
    expect(sent(cast).filter((line) => line.startsWith('caller'))).toEqual([]);
  }
  expect([cast.caller, cast.callee, cast.spare].map((peer) => peer.violation)).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
}

const events = Object.keys(CallEvent) as Event[];

describe('a callee that can be interrupted', () => {
  for (const event of events) {
    for (const state of ['Active', 'Killing'] as const) {
      const cell = CANCELING[event][state];
      it(`${state}, ${event}: ${cell.sends.join(', ') || 'nothing'}${cell.stays ? '' : '; over'}`, () => {
        check(prepare(state, event, true), event, cell);
      });
    }
  }
});

describe('a callee that cannot be interrupted', () => {
  for (const event of events.filter((name) => name !== 'Chunk')) {
    const cell = NOT_CANCELING[event];
    it(`Active, ${event}: ${cell.sends.join(', ') || 'nothing'}${cell.stays ? '' : '; over'}`, () => {
      check(prepare('Active', event, false), event, cell);
    });
  }
});

describe('a call that waits', () => {
  for (const [event, cell] of Object.entries(QUEUED) as [Event, Cell][]) {
    it(`Queued, ${event}: ${cell.sends.join(', ') || 'nothing'}; over`, () => {
      const cast = prepare('Queued', event, true);
      if (event !== 'CalleeGone') {
        // The blocker's call is number 1; this one has no number and gets none.
        check(cast, event, cell);
        return;
      }
      cast.callee.sends(unregister());
      expect(sent(cast)).toEqual(['callee UNREGISTERED', ...cell.sends]);
    });
  }
});

describe('the table itself', () => {
  it('nothing happens to a call that is over', () => {
    for (const event of events) {
      expect(transition(CallState.Closed, CallEvent[event])).toMatchObject({
        reply: 'none',
        interrupt: 'none',
        invoke: 'none',
        next: CallState.Closed,
      });
    }
  });

  it('a call that waits has no callee to interrupt or to answer', () => {
    for (const event of events) {
      expect(transition(CallState.Queued, CallEvent[event])).toMatchObject({
        interrupt: 'none',
        invoke: 'none',
      });
    }
  });

  it('every way out of a state gives the caller one answer, except that it has gone', () => {
    for (const state of [CallState.Queued, CallState.Active, CallState.Killing]) {
      for (const event of events) {
        const step = transition(state, CallEvent[event]);
        const isFinal = step.next === CallState.Closed;
        const answers = step.reply !== 'none' && step.reply !== 'progress';
        expect(answers).toBe(isFinal && event !== 'CallerGone' && event !== 'ForgottenSkip');
      }
    }
  });

  it('every state and event has a cell', () => {
    for (const event of events) {
      for (const state of [CallState.Queued, CallState.Active, CallState.Killing]) {
        expect(transition(state, CallEvent[event])).toBeDefined();
      }
    }
  });
});
