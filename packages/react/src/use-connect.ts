/** A client that lives as long as its component. */
import { connect, type Client, type ConnectOptions } from '@wamp/client';
import { useEffect, useState } from 'react';

export interface Connecting {
  /** undefined until the session stands */
  readonly client: Client | undefined;
  /** why there is none; undefined while it is being tried */
  readonly error: unknown;
}

const CONNECTING: Connecting = { client: undefined, error: undefined };

/**
 * Connects when the component appears, closes when it goes, and connects anew when target or realm change.
 * @param options as for `connect`; only a change of `realm` counts. Default of `reconnect` here: true
 */
export function useConnect(target: string | URL, options: ConnectOptions): Connecting {
  const [state, setState] = useState(CONNECTING);
  const address = String(target);
  const { realm } = options;
  useEffect(() => {
    const gone = new AbortController();
    const opened = connect(address, { reconnect: true, ...options, signal: gone.signal });
    opened.then(
      (client) => {
        if (!gone.signal.aborted) setState({ client, error: undefined });
      },
      (error: unknown) => {
        if (!gone.signal.aborted) setState({ client: undefined, error });
      },
    );
    return () => {
      gone.abort();
      setState(CONNECTING);
      opened.then((client) => client.close()).catch(() => undefined);
    };
    // The other options are what the first render said: they are rarely memoized.
  }, [address, realm]);
  return state;
}
