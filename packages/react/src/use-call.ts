/** The result of a call as state of a component. */
import type { CallOptions, Client } from '@wamp/client';
import { useCallback, useEffect, useState } from 'react';
import { useClient } from './provider.js';
import { useContentKey } from './request-key.js';

/** Makes the call; the signal is aborted when nobody wants the result any more. */
export type Calling<T> = (client: Client, signal: AbortSignal) => Promise<T>;

export interface CallState<T> {
  readonly status: 'pending' | 'done' | 'failed';
  /** the last result; while a further call is pending, that of the one before */
  readonly data: T | undefined;
  /** what the last call failed with */
  readonly error: unknown;
  /** Calls again. */
  readonly reload: () => void;
}

type Settled<T> = Omit<CallState<T>, 'reload'>;

/**
 * Calls a procedure when the component appears and when procedure, arguments or options change. A call that is not wanted
 * any more is canceled.
 */
export function useCall<T = unknown>(
  procedure: string,
  args?: readonly unknown[],
  options?: Omit<CallOptions, 'signal' | 'within' | 'onProgress'>,
): CallState<T>;

/**
 * The same for any call, for example of a contract: `useCall((client, signal) => client.use(shop).total({ currency },
 * { signal }), [currency])`.
 * @param dependencies what the function uses; it is called again when their content changes
 */
export function useCall<T>(calling: Calling<T>, dependencies: readonly unknown[]): CallState<T>;
export function useCall<T>(
  what: string | Calling<T>,
  second: readonly unknown[] = [],
  options: CallOptions = {},
): CallState<T> {
  const client = useClient();
  const key = useContentKey(typeof what === 'string' ? [what, second, options] : second);
  const [round, setRound] = useState(0);
  const [state, setState] = useState<Settled<T>>({ status: 'pending', data: undefined, error: undefined });
  useEffect(() => {
    if (client === undefined) return;
    const unwanted = new AbortController();
    const { signal } = unwanted;
    setState(({ data }) => ({ status: 'pending', data, error: undefined }));
    const call =
      typeof what === 'string'
        ? client.call<T>(what, second, { ...options, signal })
        : begin(() => what(client, signal));
    call.then(
      (data) => {
        if (!signal.aborted) setState({ status: 'done', data, error: undefined });
      },
      (error: unknown) => {
        if (!signal.aborted) setState(({ data }) => ({ status: 'failed', data, error }));
      },
    );
    return () => unwanted.abort();
    // The key stands for what is called with what.
  }, [client, key, round]);
  const reload = useCallback(() => setRound((last) => last + 1), []);
  return { ...state, reload };
}

/** What is thrown at once counts as a failed call, and does not break the component. */
async function begin<T>(calling: () => Promise<T>): Promise<T> {
  return calling();
}
