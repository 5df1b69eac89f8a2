/** What every scenario gets and gives. */

/** A row of a scenario's result: named numbers. */
export type Row = Readonly<Record<string, number | string>>;

export type ScenarioName =
  | 'exact registrations'
  | 'prefix registrations'
  | 'wildcard registrations'
  | 'first-time URIs'
  | 'idle sessions'
  | 'idle sockets'
  | 'register and unregister'
  | 'connect and leave'
  | 'calls in flight'
  | 'overload'
  | 'sessions leaving';

export interface ScenarioSpec {
  readonly url: string;
  /** 1 for the real thing; less to see that it works */
  readonly scale: number;
}

export type Scenario = (spec: ScenarioSpec, pid: number) => Promise<readonly Row[]>;

/** A number at that scale, at least a little. */
export function scaled(number: number, { scale }: ScenarioSpec, least = 4): number {
  return Math.max(Math.min(number, least), Math.round(number * scale));
}

/** Milliseconds at that scale. */
export function durationOf(ms: number, spec: ScenarioSpec): number {
  return Math.max(60, Math.round(ms * spec.scale));
}
