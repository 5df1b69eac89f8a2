/** A subscription that lives as long as its component. */
import type { Client, EventHandler, SubscribeOptions, Subscription } from '@wamp/client';
import { useEffect, useRef, useState } from 'react';
import { useClient } from './provider.js';
import { useContentKey } from './request-key.js';

/** A topic of a contract, or anything else that can be subscribed like one. */
export interface TopicLike<Input, Event> {
  readonly uri: string;
  subscribe(
    handler: (input: Input, event: Event) => unknown,
    options?: Omit<SubscribeOptions, 'match'>,
  ): Promise<Subscription>;
}

export interface SubscriptionState {
  readonly status: 'pending' | 'active' | 'failed';
  /** why the router refused it */
  readonly error: unknown;
}

const PENDING: SubscriptionState = { status: 'pending', error: undefined };

type Options = Omit<SubscribeOptions, 'signal' | 'onRevoked'>;

/**
 * Receives the events of a topic while the component is there. The handler may be another one at each render; it does
 * not have to be memoized.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- so that `([a, b]) => …` needs no annotations
export function useSubscription<A extends readonly unknown[] = any[]>(
  topic: string,
  handler: EventHandler<A>,
  options?: Options,
): SubscriptionState;

/** The same for a topic of a contract: `useSubscription((client) => client.use(shop).priceChanged, ([sku, price]) => …)`. */
export function useSubscription<Input, Event>(
  topic: (client: Client) => TopicLike<Input, Event>,
  handler: (input: Input, event: Event) => unknown,
  options?: Omit<Options, 'match'>,
): SubscriptionState;
export function useSubscription(
  topic: string | ((client: Client) => TopicLike<unknown, unknown>),
  handler: (...given: never[]) => unknown,
  options: Options = {},
): SubscriptionState {
  const client = useClient();
  const key = useContentKey([typeof topic === 'string' ? topic : client && topic(client).uri, options]);
  const newest = useRef(handler);
  const [state, setState] = useState(PENDING);
  useEffect(() => {
    newest.current = handler;
  });
  useEffect(() => {
    if (client === undefined) return;
    const gone = new AbortController();
    const { signal } = gone;
    const receive = (...given: unknown[]): unknown =>
      signal.aborted ? undefined : newest.current(...(given as never[]));
    const how = { ...options, signal };
    setState(PENDING);
    const subscribed =
      typeof topic === 'string'
        ? client.subscribe(topic, receive, how)
        : topic(client).subscribe(receive, how);
    subscribed.then(
      () => {
        if (!signal.aborted) setState({ status: 'active', error: undefined });
      },
      (error: unknown) => {
        if (!signal.aborted) setState({ status: 'failed', error });
      },
    );
    return () => {
      gone.abort();
      subscribed.then((subscription) => subscription.unsubscribe()).catch(() => undefined);
    };
    // The key stands for topic and options.
  }, [client, key]);
  return state;
}
