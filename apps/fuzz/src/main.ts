/**
 * Throws hostile input at every inbound surface of the router, and says what did not stand.
 *
 *   node apps/fuzz/dist/main.js [--seconds 30] [--seed 1] [--surface NAME]    for each surface, or one
 *   node apps/fuzz/dist/main.js --surface NAME --replay HEX,HEX,…              one input again
 *
 * The same seed makes the same inputs. A finding is printed with its input, minimised; the exit status is 1 then.
 */
import { inspect, parseArgs } from 'node:util';
import { minimised, parse, show, type Input } from './input.js';
import { Random } from './random.js';
import type { Surface } from './surface.js';
import { openCodecs } from './surfaces/codecs.js';
import { openConfiguration } from './surfaces/configuration.js';
import { openSessions } from './surfaces/sessions.js';
import { openHttp, openLongPoll, openRawSocket, openWebSocket } from './surfaces/wires.js';

const SURFACES: Readonly<Record<string, () => Promise<Surface>>> = {
  codecs: openCodecs,
  sessions: openSessions,
  websocket: openWebSocket,
  rawsocket: openRawSocket,
  http: openHttp,
  longpoll: openLongPoll,
  configuration: openConfiguration,
};

/** Different findings that are shown of one surface; a broken surface has hundreds of the same. */
const MOST_FINDINGS = 5;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    executions: { type: 'string' },
    seed: { type: 'string', default: '1' },
    surface: { type: 'string' },
    replay: { type: 'string' },
  },
});

/** What was thrown where nobody was waiting: a finding as any other. */
const stray: unknown[] = [];
process.on('uncaughtException', (error) => stray.push(error));
process.on('unhandledRejection', (error) => stray.push(error));

async function taken(surface: Surface, input: Input): Promise<string | undefined> {
  const wrong = await surface.take(input).catch((error: unknown) => `the surface threw ${String(error)}`);
  const thrown = stray.splice(0)[0];
  return thrown === undefined ? wrong : `uncaught: ${inspect(thrown)}`;
}

/** What makes two findings the same one: how they begin. */
const kindOf = (sentence: string): string => sentence.slice(0, 40).replaceAll(/[0-9a-f]{4,}/g, '…');

async function run(name: string, seed: number, seconds: number, executions: number): Promise<number> {
  const surface = await SURFACES[name]!();
  const random = new Random(seed);
  const ends = performance.now() + seconds * 1_000;
  const kinds = new Set<string>();
  let count = 0;
  for (; count < executions && performance.now() < ends && kinds.size < MOST_FINDINGS; count += 1) {
    const input = surface.make(random);
    const wrong = await taken(surface, input);
    if (wrong === undefined || kinds.has(kindOf(wrong))) continue;
    kinds.add(kindOf(wrong));
    const small = await minimised(input, async (candidate) => {
      const again = await taken(surface, candidate);
      return again !== undefined && kindOf(again) === kindOf(wrong);
    });
    console.log(`  FOUND: ${(await taken(surface, small)) ?? wrong}`);
    console.log(`  again: node apps/fuzz/dist/main.js --surface ${name} --replay ${show(small)}`);
  }
  await surface.close();
  console.log(`${name}: ${count} executions, ${kinds.size} findings (seed ${seed})`);
  return kinds.size;
}

const names = values.surface === undefined ? Object.keys(SURFACES) : [values.surface];
const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
const executions = values.executions === undefined ? Infinity : Number(values.executions);
if (!names.every((name) => Object.hasOwn(SURFACES, name)) || !(seconds > 0) || !Number.isSafeInteger(seed)) {
  console.error(`--surface is one of ${Object.keys(SURFACES).join(', ')}; --seconds and --seed are numbers`);
  process.exit(2);
}

if (values.replay === undefined) {
  let findings = 0;
  for (const name of names) findings += await run(name, seed, seconds, executions);
  process.exit(findings === 0 ? 0 : 1);
} else {
  const surface = await SURFACES[names[0]!]!();
  const wrong = await taken(surface, parse(values.replay));
  console.log(wrong ?? 'nothing is wrong');
  process.exit(wrong === undefined ? 0 : 1);
}
