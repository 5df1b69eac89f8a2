/** The shape of the cases: a name that is a sentence, and what is done. */

export interface Environment {
  /** Cuts every WebSocket at the router, as a broken line would. */
  readonly cutConnections: () => Promise<void>;
}

export type Cases = Readonly<Record<string, (environment: Environment) => Promise<void>>>;
