import { describe, expect, it } from 'vitest';
import { MemoryEventStore } from './memory-event-store.js';
import {
  historyIds,
  itKeepsEvents,
  kept,
  recorded,
  retained,
  retainedIds,
  storedEvent,
} from './testing/index.js';

describe('the store in memory', () => {
  itKeepsEvents({ it, expect }, () => new MemoryEventStore());

  it('forgets the oldest retained events of all topics beyond their number', () => {
    const store = new MemoryEventStore({ retainedEvents: 3 });
    for (const [at, topic] of ['a', 'b', 'c', 'a', 'd'].entries()) {
      store.append(storedEvent(at + 1, topic), retained());
    }
    expect(retainedIds(store, '', 'prefix')).toEqual([5, 4, 3]);
    expect(retainedIds(store, 'b')).toEqual([]);
  });

  it('forgets the oldest retained events of all topics beyond their bytes', () => {
    const store = new MemoryEventStore({ retainedBytes: 1_000 });
    store.append(storedEvent(1, 'a', { size: 400 }), retained());
    store.append(storedEvent(2, 'b', { size: 400 }), retained());
    store.append(storedEvent(3, 'a', { size: 400 }), retained());
    expect(retainedIds(store, '', 'prefix')).toEqual([3, 2]);
    store.append(storedEvent(4, 'c', { size: 600 }), retained());
    expect(retainedIds(store, '', 'prefix')).toEqual([4, 3]);
  });

  it('forgets retained events that are too old with the next one that is retained', () => {
    const store = new MemoryEventStore();
    store.append(storedEvent(1, 'a'), retained({ maxAgeMs: 10 }));
    store.append(storedEvent(5, 'b'), retained({ maxAgeMs: 10 }));
    store.append(storedEvent(12, 'c'), retained({ maxAgeMs: 10 }));
    expect(retainedIds(store, '', 'prefix')).toEqual([12, 5]);
  });

  it('forgets the oldest events of all histories beyond their number', () => {
    const store = new MemoryEventStore({ historyEvents: 4 });
    const [one, other] = [kept('a'), kept('b')];
    store.append(storedEvent(1, 'a'), recorded(one));
    for (const id of [2, 3]) store.append(storedEvent(id, 'b'), recorded(other));
    for (const id of [4, 5]) store.append(storedEvent(id, 'a'), recorded(one));
    expect([historyIds(store, one), historyIds(store, other)]).toEqual([
      [4, 5],
      [2, 3],
    ]);
    for (const id of [6, 7, 8]) store.append(storedEvent(id, 'a'), recorded(one));
    expect([historyIds(store, one), historyIds(store, other)]).toEqual([[5, 6, 7, 8], []]);
  });

  it('forgets the oldest events of all histories beyond their bytes', () => {
    const store = new MemoryEventStore({ historyBytes: 1_000 });
    const [one, other] = [kept('a'), kept('', 'prefix')];
    store.append(storedEvent(1, 'a', { size: 300 }), recorded(one, other));
    store.append(storedEvent(2, 'a', { size: 300 }), recorded(other));
    store.append(storedEvent(3, 'a', { size: 300 }), recorded(other));
    expect([historyIds(store, one), historyIds(store, other)]).toEqual([[], [1, 2, 3]]);
  });
});
