/** What one process of the load generator is to do; it is told as JSON. */
import type { CallSpec } from './call-load.js';
import type { EventSpec } from './event-load.js';
import type { RelaySpec } from './relay-load.js';
import type { ScenarioName, ScenarioSpec } from './scenario.js';

/** The processor time of this process counts. */
interface Observed {
  readonly pid: number;
}
interface Timed extends Observed {
  readonly warmMs: number;
  readonly durationMs: number;
}

export type Job =
  | (Timed & { readonly kind: 'calls'; readonly spec: CallSpec })
  | (Timed & { readonly kind: 'relayed calls'; readonly spec: RelaySpec })
  | (Timed & { readonly kind: 'events'; readonly spec: EventSpec })
  | (Timed & { readonly kind: 'relayed events'; readonly spec: EventSpec & { readonly isText: boolean } })
  | (Observed & { readonly kind: 'scenario'; readonly name: ScenarioName; readonly spec: ScenarioSpec });
