/** The progressive results of a call as state of a component. */
import type { Client, ProgressiveCall, StreamOptions } from '@wamp/client';
import { useCallback, useEffect, useState } from 'react';
import { useClient } from './provider.js';
import { useContentKey } from './request-key.js';

/** Begins the call; the signal is aborted when nobody wants it any more. */
export type Streaming<P, R> = (client: Client, signal: AbortSignal) => ProgressiveCall<P, R>;

export interface ProgressOptions extends Omit<StreamOptions, 'signal' | 'within'> {
  /** how many of the newest progressive results are kept in the state; default 100 */
  readonly keep?: number;
}

export interface ProgressState<P, R> {
  readonly status: 'pending' | 'done' | 'failed';
  /** the newest progressive results, the newest last */
  readonly progress: readonly P[];
  /** how many have come */
  readonly count: number;
  /** the final result */
  readonly result: R | undefined;
  readonly error: unknown;
  /** Begins anew. */
  readonly restart: () => void;
  /** Cancels the call; what has come stays. */
  readonly cancel: () => void;
}

type Followed<P, R> = Omit<ProgressState<P, R>, 'restart' | 'cancel'>;

const KEPT = 100;

/**
 * Calls a procedure for its progressive results when the component appears and when procedure, arguments or options change.
 */
export function useProgress<P = unknown, R = unknown>(
  procedure: string,
  args?: readonly unknown[],
  options?: ProgressOptions,
): ProgressState<P, R>;

/**
 * The same for any stream, for example of a contract: `useProgress((client, signal) => client.use(shop).report.stream([year],
 * { signal }), [year])`.
 * @param dependencies what the function uses; it is called again when their content changes
 */
export function useProgress<P, R>(
  streaming: Streaming<P, R>,
  dependencies: readonly unknown[],
  options?: Pick<ProgressOptions, 'keep'>,
): ProgressState<P, R>;
export function useProgress<P, R>(
  what: string | Streaming<P, R>,
  second: readonly unknown[] = [],
  { keep = KEPT, ...options }: ProgressOptions = {},
): ProgressState<P, R> {
  const client = useClient();
  const key = useContentKey(typeof what === 'string' ? [what, second, options] : second);
  const [round, setRound] = useState(0);
  const [running, setRunning] = useState<AbortController>();
  const [state, setState] = useState<Followed<P, R>>(nothing<P, R>);
  useEffect(() => {
    if (client === undefined) return;
    const unwanted = new AbortController();
    const stop = new AbortController();
    const signal = AbortSignal.any([unwanted.signal, stop.signal]);
    setRunning(stop);
    setState(nothing<P, R>());
    const update = (change: (state: Followed<P, R>) => Followed<P, R>): void => {
      if (!unwanted.signal.aborted) setState(change);
    };
    const begin = (): ProgressiveCall<P, R> =>
      typeof what === 'string'
        ? client.stream<P, R>(what, second, { ...options, signal })
        : what(client, signal);
    follow(begin, keep, update).catch((error: unknown) => {
      update((last) => ({ ...last, status: 'failed', error }));
    });
    return () => unwanted.abort();
    // The key stands for what is called with what.
  }, [client, key, round, keep]);
  const restart = useCallback(() => setRound((last) => last + 1), []);
  const cancel = useCallback(() => running?.abort(), [running]);
  return { ...state, restart, cancel };
}

function nothing<P, R>(): Followed<P, R> {
  return { status: 'pending', progress: [], count: 0, result: undefined, error: undefined };
}

async function follow<P, R>(
  begin: () => ProgressiveCall<P, R>,
  keep: number,
  update: (change: (state: Followed<P, R>) => Followed<P, R>) => void,
): Promise<void> {
  const call = begin();
  for await (const value of call) {
    update((last) => ({
      ...last,
      progress: keep > 0 ? [...last.progress, value].slice(-keep) : [],
      count: last.count + 1,
    }));
  }
  const result = await call.result;
  update((last) => ({ ...last, status: 'done', result }));
}
