/** Finding what is registered for a URI, among few and among very many. */
import { UriTable, type MatchPolicy } from '@wamp/protocol';
import type { Benchmark } from './benchmark.js';

const uriOf = (match: MatchPolicy, number: number): string =>
  match === 'prefix'
    ? `com.many.item${number}.`
    : match === 'wildcard'
      ? `com..item${number}.get`
      : `com.many.item${number}.get`;

function ofPolicy(match: MatchPolicy, count: number): Benchmark[] {
  const table = new UriTable<number>();
  for (let number = 0; number < count; number += 1) table.set(match, uriOf(match, number), number);
  const called = calledUri(match, count - 1, 0);
  let next = 0;
  return [
    { name: `${match}, ${count} entries: the same URI`, run: () => table.best(called) },
    {
      name: `${match}, ${count} entries: a new URI each time`,
      run: () => {
        next += 1;
        return table.best(calledUri(match, next % count, next));
      },
    },
  ];
}

/** A URI for which that entry is found; with exact entries there is one, with patterns very many. */
function calledUri(match: MatchPolicy, number: number, variant: number): string {
  if (match === 'exact') return `com.many.item${number}.get`;
  return match === 'prefix' ? `com.many.item${number}.get${variant}` : `com.many${variant}.item${number}.get`;
}

/** @param most entries */
export const uriTableBenchmarks = (most: number): Benchmark[] =>
  (['exact', 'prefix', 'wildcard'] as const).flatMap((match) =>
    [1, most].flatMap((count) => ofPolicy(match, count)),
  );
