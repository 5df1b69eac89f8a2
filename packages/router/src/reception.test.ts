import { expect, it } from 'vitest';
import { Reception } from './reception.js';

/** Time that only work takes, and turns that only the test begins. */
function scene(): {
  reception: Reception;
  work: (name: string, ms: number) => void;
  done: string[];
  turn: () => void;
} {
  let now = 0;
  const turns: (() => void)[] = [];
  const done: string[] = [];
  const reception = new Reception(
    (later) => turns.push(later),
    () => now,
    2,
  );
  const work = (name: string, ms: number): void => {
    reception.run(() => {
      now += ms;
      done.push(name);
    });
  };
  return { reception, work, done, turn: () => turns.shift()?.() };
}

it('works at once while there is time in this turn', () => {
  const { reception, work, done } = scene();
  for (const name of ['a', 'b']) work(name, 1);
  expect(done).toEqual(['a', 'b']);
  expect(reception.isBusy).toBe(true);
});

it('puts the rest off, turn by turn and in order', () => {
  const { reception, work, done, turn } = scene();
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) work(name, 1.5);
  expect(done).toEqual(['a', 'b']);
  turn();
  expect(done).toEqual(['a', 'b', 'c', 'd']);
  work('g', 1.5);
  turn();
  expect(done).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  turn();
  turn();
  expect(done.at(-1)).toBe('g');
  expect(reception.isBusy).toBe(false);
  work('h', 0);
  expect(done.at(-1)).toBe('h');
});

it('work that throws has taken its time too', () => {
  const { reception, work, done, turn } = scene();
  work('a', 1);
  expect(() => {
    reception.run(() => {
      throw new Error('no');
    });
  }).toThrow('no');
  work('b', 1);
  work('c', 1);
  expect(done).toEqual(['a', 'b']);
  turn();
  expect(done).toEqual(['a', 'b', 'c']);
});
