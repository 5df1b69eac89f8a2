/** A process of the load generator: does one job, told as JSON in the first argument, and prints the result as JSON. */
import { prepareCalls, startCalls } from './call-load.js';
import { startEvents, startRelayedEvents } from './event-load.js';
import { callsInFlight, overload } from './flood-scenarios.js';
import type { Job } from './job.js';
import { Measurement, type Measured } from './measurement.js';
import {
  exactRegistrations,
  firstTimeUris,
  prefixRegistrations,
  wildcardRegistrations,
} from './registration-scenarios.js';
import { startRelay } from './relay-load.js';
import type { Row, Scenario, ScenarioName } from './scenario.js';
import {
  connectAndLeave,
  idleSessions,
  idleSockets,
  registerAndUnregister,
  sessionsLeaving,
} from './session-scenarios.js';

const SCENARIOS: Readonly<Record<ScenarioName, Scenario>> = {
  'exact registrations': exactRegistrations,
  'prefix registrations': prefixRegistrations,
  'wildcard registrations': wildcardRegistrations,
  'first-time URIs': firstTimeUris,
  'idle sessions': idleSessions,
  'idle sockets': idleSockets,
  'register and unregister': registerAndUnregister,
  'connect and leave': connectAndLeave,
  'calls in flight': callsInFlight,
  overload,
  'sessions leaving': sessionsLeaving,
};

async function perform(job: Job): Promise<Measured | readonly Row[]> {
  if (job.kind === 'scenario') return SCENARIOS[job.name](job.spec, job.pid);
  const measurement = new Measurement();
  switch (job.kind) {
    case 'calls':
      startCalls(await prepareCalls(job.spec, measurement, 'com.example.bench.echo'), job.spec.depth);
      break;
    case 'relayed calls':
      await startRelay(job.spec, measurement);
      break;
    case 'events':
      await startEvents(job.spec, measurement);
      break;
    case 'relayed events':
      await startRelayedEvents(job.spec, measurement);
      break;
  }
  return measurement.take(job.pid, job.warmMs, job.durationMs);
}

const result = await perform(JSON.parse(process.argv[2]!) as Job);
process.stdout.write(JSON.stringify(result), () => process.exit(0));
