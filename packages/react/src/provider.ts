/**
 * The client that a tree of components uses. Owns the context; opens and closes nothing (see use-connect.ts).
 */
import type { Client } from '@wamp/client';
import { createContext, createElement, useContext, type ReactElement, type ReactNode } from 'react';

const ClientContext = createContext<Client | undefined>(undefined);

export interface WampProviderProps {
  /** undefined while there is none yet: hooks below wait for it */
  readonly client: Client | undefined;
  readonly children?: ReactNode;
}

/** Gives a client to all components below. */
export function WampProvider({ client, children }: WampProviderProps): ReactElement {
  return createElement(ClientContext.Provider, { value: client }, children);
}

/** The client of the nearest {@link WampProvider}; undefined while it has none. */
export function useClient(): Client | undefined {
  return useContext(ClientContext);
}
