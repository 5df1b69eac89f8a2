/**
 * What every event store must do, as one suite that each back-end runs:
 * `describe('…', () => itKeepsEvents({ it, expect }, () => …))`.
 */
import { EMPTY_DICT } from '@wamp/protocol';
import type { EventStore, HistoryRange, KeptHistory, Placement, RetentionLimits } from '../event-store.js';
import { sizeOf, type AudienceLists, type StoredEvent } from '../stored-event.js';

/** What the suite needs of a test runner; vitest and jest have it. */
export interface TestRunner {
  readonly it: (title: string, run: () => void) => void;
  readonly expect: (actual: unknown) => {
    toEqual: (expected: unknown) => void;
    toBe: (expected: unknown) => void;
    toBeDefined: () => void;
    toBeUndefined: () => void;
  };
}

const NONE = Number.MAX_SAFE_INTEGER;

/** No limits. */
export const UNBOUNDED: RetentionLimits = { restrictedPerTopic: NONE, bytesPerTopic: NONE, maxAgeMs: NONE };

export const EVERYTHING: HistoryRange = {
  firstPosition: Number.MIN_SAFE_INTEGER,
  lastPosition: Number.MAX_SAFE_INTEGER,
  firstTime: Number.MIN_SAFE_INTEGER,
  lastTime: Number.MAX_SAFE_INTEGER,
  topic: undefined,
  isReverse: false,
};

/** An event; its time is its publication id unless given. */
export function storedEvent(
  publication: number,
  topic: string,
  more: Partial<StoredEvent> = {},
): StoredEvent {
  const event = {
    publication,
    topic,
    publishedAt: publication,
    publisher: undefined,
    excludedSession: undefined,
    audience: undefined,
    passthru: EMPTY_DICT,
    payload: {
      format: 'cbor' as const,
      bytes: new Uint8Array([0x81, 0x01]),
      elements: 1 as const,
      isOpaque: false,
    },
    ...more,
  };
  return { ...event, size: more.size ?? sizeOf(event) };
}

export function kept(
  uri: string,
  match: KeptHistory['match'] = 'exact',
  limits: Partial<KeptHistory['limits']> = {},
): KeptHistory {
  return { uri, match, limits: { events: NONE, bytes: NONE, maxAgeMs: NONE, ...limits } };
}

export const retained = (limits: Partial<RetentionLimits> = {}): Placement => ({
  retention: { ...UNBOUNDED, ...limits },
  histories: [],
});
export const recorded = (...histories: KeptHistory[]): Placement => ({ retention: undefined, histories });

/** The publication ids of retained events. */
export function retainedIds(
  store: EventStore,
  uri: string,
  match: KeptHistory['match'] = 'exact',
  firstTime = Number.MIN_SAFE_INTEGER,
): number[] {
  return [...store.retained(uri, match, firstTime)].map(({ publication }) => publication);
}

/** The publication ids in a history. */
export function historyIds(
  store: EventStore,
  history: KeptHistory,
  range: Partial<HistoryRange> = {},
): number[] {
  return [...store.history(history, { ...EVERYTHING, ...range })].map(({ publication }) => publication);
}

const SECRET: AudienceLists = { eligible_authrole: ['admin'] };

/**
 * Defines the tests.
 * @param create makes an empty store
 */
export function itKeepsEvents(runner: TestRunner, create: () => EventStore): void {
  itGivesBackWhatItGot(runner, create);
  itRetainsEvents(runner, create);
  itRetainsWithinLimits(runner, create);
  itRecordsHistory(runner, create);
  itRecordsWithinLimits(runner, create);
}

function itGivesBackWhatItGot({ it, expect }: TestRunner, create: () => EventStore): void {
  it('gives back every field as it was', () => {
    const store = create();
    const history = kept('a', 'prefix');
    const events = [
      storedEvent(2 ** 53, 'a.ü', {
        publishedAt: 1_769_860_800_001,
        publisher: { session: 2 ** 53, authid: 'ann', authrole: 'user' },
        excludedSession: 2 ** 53 - 1,
        audience: {
          eligible: [1, 2 ** 53],
          eligible_authid: ['ann', '"'],
          eligible_authrole: [],
          exclude: [],
          exclude_authid: ['\u0000'],
          exclude_authrole: ['__proto__'],
        },
        passthru: { ppt_scheme: 'x_custom', ppt_keyid: 'k1' },
        payload: {
          format: 'msgpack',
          bytes: new Uint8Array([0x91, 0, 0x81, 0xa1, 0x6b, 0]),
          elements: 2,
          isOpaque: false,
        },
      }),
      storedEvent(1, 'a', {
        payload: { format: 'json', bytes: new Uint8Array(0), elements: 0, isOpaque: false },
      }),
      storedEvent(2, 'a.b', {
        passthru: { enc_algo: 'cryptobox', enc_key: null },
        payload: { format: 'cbor', bytes: new Uint8Array([0x41, 0]), elements: 1, isOpaque: true },
      }),
    ];
    for (const event of events) store.append(event, { retention: UNBOUNDED, histories: [history] });
    expect([...store.history(history, EVERYTHING)]).toEqual(events);
    expect([...store.retained('a', 'prefix', 0)]).toEqual(events.toReversed());
  });

  it('knows nothing at first', () => {
    const store = create();
    expect(retainedIds(store, 'a')).toEqual([]);
    expect(retainedIds(store, '', 'prefix')).toEqual([]);
    expect(historyIds(store, kept('a'))).toEqual([]);
    expect(store.positionOf(kept('a'), 1)).toBeUndefined();
  });
}

function itRetainsEvents({ it, expect }: TestRunner, create: () => EventStore): void {
  it('RETAIN-003: retains the last event for everybody, and the newer ones that are not', () => {
    const store = create();
    store.append(storedEvent(1, 'a', { audience: SECRET }), retained());
    store.append(storedEvent(2, 'a'), retained());
    expect(retainedIds(store, 'a')).toEqual([2]);
    store.append(storedEvent(3, 'a', { audience: SECRET }), retained());
    store.append(storedEvent(4, 'a', { audience: {} }), retained());
    expect(retainedIds(store, 'a')).toEqual([4, 3, 2]);
    store.append(storedEvent(5, 'a'), retained());
    expect(retainedIds(store, 'a')).toEqual([5]);
  });

  it('retains nothing that is for a history only', () => {
    const store = create();
    store.append(storedEvent(1, 'a'), recorded(kept('a')));
    expect(retainedIds(store, 'a')).toEqual([]);
  });

  it('RETAIN-008: finds retained events by pattern, newest first over all topics', () => {
    const store = create();
    const topics = ['a.b', 'b.b', 'a.c', 'a', 'ab', 'a.b.c'];
    for (const [at, topic] of topics.entries()) store.append(storedEvent(at + 1, topic), retained());
    store.append(storedEvent(7, 'a.b'), retained());
    expect(retainedIds(store, '', 'prefix')).toEqual([7, 6, 5, 4, 3, 2]);
    expect(retainedIds(store, 'a.', 'prefix')).toEqual([7, 6, 3]);
    expect(retainedIds(store, 'a.', 'wildcard')).toEqual([7, 3]);
    expect(retainedIds(store, '.b', 'wildcard')).toEqual([7, 2]);
    expect(retainedIds(store, 'a.')).toEqual([]);
  });

  it('takes a topic literally, whatever is special to a storage', () => {
    const store = create();
    const topics = ['a%', 'a_', 'ab', 'A_', "a'", 'a*', 'a?', '__proto__', '\ud83d\ude00x', '\uffeex'];
    for (const [at, topic] of topics.entries()) store.append(storedEvent(at + 1, topic), retained());
    for (const [at, topic] of topics.entries()) {
      expect(retainedIds(store, topic)).toEqual([at + 1]);
      expect(retainedIds(store, topic, 'prefix')).toEqual([at + 1]);
      expect(retainedIds(store, topic, 'wildcard')).toEqual([at + 1]);
    }
  });

  it('leaves out what is older than asked for, and can be read in part', () => {
    const store = create();
    for (const id of [1, 2, 3]) store.append(storedEvent(id, 'a', { audience: SECRET }), retained());
    expect(retainedIds(store, 'a', 'exact', 2)).toEqual([3, 2]);
    expect(retainedIds(store, '', 'prefix', 2)).toEqual([3, 2]);
    for (const event of store.retained('', 'prefix', 0)) {
      expect(event.publication).toBe(3);
      break;
    }
    store.append(storedEvent(4, 'a'), retained());
    expect(retainedIds(store, 'a')).toEqual([4]);
  });
}

function itRetainsWithinLimits({ it, expect }: TestRunner, create: () => EventStore): void {
  it('forgets the oldest of too many restricted events, and keeps the one for everybody', () => {
    const store = create();
    const limits = retained({ restrictedPerTopic: 2 });
    store.append(storedEvent(1, 'a'), limits);
    for (const id of [2, 3, 4]) store.append(storedEvent(id, 'a', { audience: SECRET }), limits);
    expect(retainedIds(store, 'a')).toEqual([4, 3, 1]);
    for (const id of [5, 6, 7]) store.append(storedEvent(id, 'b', { audience: SECRET }), limits);
    expect(retainedIds(store, 'b')).toEqual([7, 6]);
  });

  it('forgets the oldest restricted events of a topic that has too many bytes', () => {
    const store = create();
    const limits = retained({ bytesPerTopic: 1_000 });
    store.append(storedEvent(1, 'a', { size: 500 }), limits);
    store.append(storedEvent(2, 'a', { size: 300, audience: SECRET }), limits);
    store.append(storedEvent(3, 'a', { size: 300, audience: SECRET }), limits);
    expect(retainedIds(store, 'a')).toEqual([3, 1]);
    store.append(storedEvent(4, 'a', { size: 600, audience: SECRET }), limits);
    expect(retainedIds(store, 'a')).toEqual([1]);
  });

  it('does not retain an event that is too large; if it was for everybody, those before it are out of date', () => {
    const store = create();
    const limits = retained({ bytesPerTopic: 1_000 });
    store.append(storedEvent(1, 'a', { size: 500 }), limits);
    store.append(storedEvent(2, 'a', { size: 1_001, audience: SECRET }), limits);
    expect(retainedIds(store, 'a')).toEqual([1]);
    store.append(storedEvent(3, 'a', { size: 1_001 }), limits);
    expect(retainedIds(store, 'a')).toEqual([]);
    store.append(storedEvent(4, 'a', { size: 1_000 }), limits);
    expect(retainedIds(store, 'a')).toEqual([4]);
  });
}

function itRecordsHistory({ it, expect }: TestRunner, create: () => EventStore): void {
  it('HIST-001, HIST-003: keeps histories apart, by URI and match policy, each in the order of arrival', () => {
    const store = create();
    const [exact, prefix, other] = [kept('a'), kept('a', 'prefix'), kept('b')];
    store.append(storedEvent(3, 'a'), recorded(exact, prefix));
    store.append(storedEvent(1, 'a.b'), recorded(prefix));
    store.append(storedEvent(2, 'a'), recorded(exact, prefix));
    expect(historyIds(store, exact)).toEqual([3, 2]);
    expect(historyIds(store, prefix)).toEqual([3, 1, 2]);
    expect(historyIds(store, prefix, { isReverse: true })).toEqual([2, 1, 3]);
    expect(historyIds(store, other)).toEqual([]);
  });

  it('HIST-002, HIST-005: finds events by topic and time, bounds included', () => {
    const store = create();
    const history = kept('', 'prefix');
    for (const id of [1, 2, 3, 4]) store.append(storedEvent(id, id % 2 ? 'odd' : 'even'), recorded(history));
    store.append(storedEvent(5, 'odd', { publishedAt: 2 }), recorded(history));
    expect(historyIds(store, history, { topic: 'odd' })).toEqual([1, 3, 5]);
    expect(historyIds(store, history, { firstTime: 2, lastTime: 3 })).toEqual([2, 3, 5]);
    expect(historyIds(store, history, { firstTime: 2, lastTime: 3, isReverse: true })).toEqual([5, 3, 2]);
    expect(historyIds(store, history, { topic: 'even', lastTime: 3 })).toEqual([2]);
  });

  it('HIST-006: finds events by position', () => {
    const store = create();
    const [history, other] = [kept('a'), kept('b')];
    for (const id of [10, 30, 20]) {
      store.append(storedEvent(id, 'a'), recorded(history));
      store.append(storedEvent(id + 1, 'b'), recorded(other));
    }
    const [first, second, third] = [10, 30, 20].map((id) => store.positionOf(history, id)!);
    expect(first! < second! && second! < third!).toBe(true);
    expect([first, second, third].every(Number.isSafeInteger)).toBe(true);
    expect(historyIds(store, history, { firstPosition: second! })).toEqual([30, 20]);
    expect(historyIds(store, history, { firstPosition: second! + 1 })).toEqual([20]);
    expect(historyIds(store, history, { lastPosition: second! })).toEqual([10, 30]);
    expect(historyIds(store, history, { lastPosition: second! - 1, isReverse: true })).toEqual([10]);
    expect(store.positionOf(history, 11)).toBeUndefined();
  });
}

function itRecordsWithinLimits({ it, expect }: TestRunner, create: () => EventStore): void {
  it('forgets the oldest events of a history beyond its number, bytes and age', () => {
    const store = create();
    const [few, small, young] = [
      kept('a', 'exact', { events: 2 }),
      kept('a', 'prefix', { bytes: 1_000 }),
      kept('a', 'wildcard', { maxAgeMs: 2 }),
    ];
    for (const id of [1, 2, 3, 4, 5]) {
      store.append(storedEvent(id, 'a', { size: 400 }), recorded(few, small, young));
    }
    expect(historyIds(store, few)).toEqual([4, 5]);
    expect(historyIds(store, small)).toEqual([4, 5]);
    expect(historyIds(store, young)).toEqual([3, 4, 5]);
    expect(store.positionOf(few, 3)).toBeUndefined();
    expect(store.positionOf(young, 3)).toBeDefined();
  });

  it('does not record an event that is larger than the whole history may be', () => {
    const store = create();
    const history = kept('a', 'exact', { bytes: 1_000 });
    store.append(storedEvent(1, 'a', { size: 600 }), recorded(history));
    store.append(storedEvent(2, 'a', { size: 1_001 }), recorded(history));
    expect(historyIds(store, history)).toEqual([1]);
  });

  it('keeps on as before after many events have come and gone', () => {
    const store = create();
    const history = kept('a', 'exact', { events: 10 });
    for (let id = 1; id <= 500; id++) {
      store.append(storedEvent(id, `t.${id % 5}`), { retention: UNBOUNDED, histories: [history] });
    }
    expect(historyIds(store, history)).toEqual([491, 492, 493, 494, 495, 496, 497, 498, 499, 500]);
    expect(historyIds(store, history, { isReverse: true, topic: 't.1' })).toEqual([496, 491]);
    expect(retainedIds(store, 't', 'prefix')).toEqual([500, 499, 498, 497, 496]);
  });
}
