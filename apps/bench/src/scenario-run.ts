/** Which scenario is run against whom. */
import type { ScenarioName } from './load/scenario.js';
import type { ScenarioResult } from './result.js';
import { plainRelay } from './routers/floors.js';
import type { Subject } from './routers/subject.js';
import { reasonOf, ScenarioProcess, type RunSettings } from './runner.js';

/** For every router. */
const COMPARED: readonly ScenarioName[] = [
  'idle sessions',
  'register and unregister',
  'connect and leave',
  'calls in flight',
  'sessions leaving',
];
/** For ours alone: others may take very long, or fall over. */
const OURS: readonly ScenarioName[] = [
  'exact registrations',
  'prefix registrations',
  'wildcard registrations',
  'first-time URIs',
  'overload',
];

/**
 * @param subjects the first is ours
 * @param only those whose name contains this
 */
export async function runScenarios(
  subjects: readonly Subject[],
  settings: RunSettings,
  omitted: string[],
  only: string,
): Promise<ScenarioResult[]> {
  const [ours, ...others] = subjects;
  const routers = others.filter(({ kind }) => kind === 'router');
  const process = new ScenarioProcess(ours!, settings);
  const results: ScenarioResult[] = [];
  const add = async (name: string, subject: Subject, run: () => Promise<ScenarioResult>): Promise<void> => {
    try {
      results.push(await run());
    } catch (error) {
      omitted.push(`${name}, ${subject.name}: ${reasonOf(error)}`);
    }
  };
  try {
    for (const name of OURS.filter((one) => one.includes(only)))
      await add(name, ours!, () => process.run(name));
    for (const name of COMPARED.filter((one) => one.includes(only))) {
      await add(name, ours!, () => process.run(name));
      if (name === 'idle sessions') {
        await add(name, plainRelay, async () => ({
          ...(await runOnce('idle sockets', plainRelay, settings)),
          name,
        }));
      }
      for (const router of routers) await add(name, router, () => runOnce(name, router, settings));
    }
  } finally {
    await process.stop();
  }
  return results;
}

async function runOnce(name: ScenarioName, subject: Subject, settings: RunSettings): Promise<ScenarioResult> {
  const process = new ScenarioProcess(subject, settings);
  try {
    return await process.run(name);
  } finally {
    await process.stop();
  }
}
