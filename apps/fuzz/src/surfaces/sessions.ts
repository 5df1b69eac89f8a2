/**
 * Every message in every state of a session. Witnesses of each format look at what reaches others: it has to be readable,
 * dictionaries have keys of text, and text never turns into bytes. The router must not fail, nor stop serving.
 */
import type { Format } from '@wamp/protocol';
import { nodeSerializers, Router } from '@wamp/router-server';
import { hostileDict, hostileMessage } from '../hostile-values.js';
import { damaged, type Input } from '../input.js';
import { decode, encode, FORMATS, plain } from '../oracle.js';
import type { Random } from '../random.js';
import { RawPeer, settled } from '../raw-peer.js';
import type { Surface } from '../surface.js';

const ROLES = {
  roles: {
    caller: {
      features: { progressive_call_results: true, call_canceling: true, progressive_call_invocations: true },
    },
    callee: {
      features: { progressive_call_results: true, call_canceling: true, progressive_call_invocations: true },
    },
    publisher: { features: { payload_passthru_mode: true } },
    subscriber: { features: { payload_passthru_mode: true } },
  },
};

const State = { BeforeHello: 0, Challenged: 1, Established: 2, Called: 3, Leaving: 4 } as const;
const STATES = 5;

/** The last request id that was used. */
let calls = 1_000;

const serializers = new Map(nodeSerializers().map((each) => [each.format, each] as const));

interface House {
  readonly router: Router;
  readonly failures: unknown[];
  readonly witnesses: readonly RawPeer[];
}

async function build(): Promise<House> {
  const failures: unknown[] = [];
  const router = new Router({
    realms: {
      realm1: {},
      guarded: { auth: { ticket: { principals: { joe: { ticket: 'secret', role: 'user' } } } } },
    },
    observer: {
      failed: (error) => failures.push(error),
      hookFailed: (_, error) => failures.push(error),
    },
  });
  const witnesses = FORMATS.map((format) => witness(router, format));
  await settled();
  return { router, failures, witnesses };
}

/** Registers, subscribes to everything, and echoes what it is called with. */
function witness(router: Router, format: Format): RawPeer {
  const peer = new RawPeer(router.openTransport(serializers.get(format)));
  peer.say([1, 'realm1', ROLES]);
  peer.say([64, 1, { invoke: 'roundrobin' }, 'of.witness']);
  peer.say([32, 2, { match: 'prefix' }, '']);
  peer.say([32, 3, {}, 'to.witness']);
  peer.say([32, 4, { match: 'prefix' }, 'com']);
  peer.onMessage = ([code, request, , , ...payload]) => {
    if (code === 68 && !isOpaque(payload)) peer.say([70, request, {}, ...payload]);
  };
  return peer;
}

function isOpaque([args, kwargs]: readonly unknown[]): boolean {
  const isDict =
    kwargs === undefined || (typeof kwargs === 'object' && kwargs !== null && !Array.isArray(kwargs));
  return (args !== undefined && !Array.isArray(args)) || !isDict;
}

/** The first chunk: format and state; the others are frames. */
export async function openSessions(): Promise<Surface> {
  let house = await build();
  let taken = 0;
  const leave = async (): Promise<void> => {
    for (const { transport } of house.witnesses) transport.terminate('enough');
    await settled();
    await house.router.close();
  };
  const renew = async (): Promise<void> => {
    await leave();
    house = await build();
  };
  return {
    make: (random) => {
      const at = random.below(3);
      const frames = random.list(6, () => frameFor(random, FORMATS[at]!));
      return [Uint8Array.of(at, random.below(STATES)), ...frames];
    },
    take: async (input) => {
      taken += 1;
      // Now and then anew, so that an input depends on few before it.
      if (taken % 500 === 0) await renew();
      const wrong = await act(house, input);
      if (wrong !== undefined) await renew();
      return wrong;
    },
    close: leave,
  };
}

/** HELLO, which decides most, more often than by chance. */
export function frameFor(random: Random, format: Format): Uint8Array {
  const isHello = random.oneIn(5);
  const list = isHello
    ? [
        1,
        random.of(['realm1', 'realm1', 'guarded', 'no.realm', null]),
        { ...ROLES, ...asDict(hostileDict(random, format !== 'json')) },
      ]
    : hostileMessage(random, format);
  const frame = encode(format, list);
  return random.oneIn(6) ? damaged(frame, random) : frame;
}

function asDict(value: Record<string, unknown> | Map<unknown, unknown>): Record<string, unknown> {
  return value instanceof Map ? Object.fromEntries(value as Map<string, unknown>) : value;
}

async function act(
  { router, failures, witnesses }: House,
  [head, ...frames]: Input,
): Promise<string | undefined> {
  const format = FORMATS[(head?.[0] ?? 0) % 3]!;
  const state = (head?.[1] ?? 0) % STATES;
  const peer = new RawPeer(router.openTransport(serializers.get(format)));
  for (const each of witnesses) each.take();
  enter(peer, state, witnesses[0]!);
  await settled(state === State.BeforeHello ? 0 : 2);
  for (const frame of frames) peer.sendRaw(frame);
  await settled();
  const wrong = wrongAtPeer(peer) ?? wrongAtWitnesses(witnesses, format, frames);
  peer.transport.terminate('enough');
  await settled(2);
  if (failures.length > 0) return `the router failed: ${String((failures[0] as Error).stack ?? failures[0])}`;
  return wrong ?? (await isServing(witnesses));
}

/** Brings the session into its state. */
function enter(peer: RawPeer, state: number, caller: RawPeer): void {
  if (state === State.BeforeHello) return;
  if (state === State.Challenged) {
    peer.say([1, 'guarded', { ...ROLES, authmethods: ['ticket'], authid: 'joe' }]);
    return;
  }
  peer.say([1, 'realm1', { ...ROLES, x_session_token: true, x_resume: true }]);
  if (state === State.Called) {
    peer.say([64, 1, {}, 'of.peer']);
    peer.say([32, 2, { match: 'prefix' }, 'to']);
    setImmediate(() => caller.say([48, (calls += 1), { receive_progress: true }, 'of.peer', [1], { a: 1 }]));
  }
  if (state === State.Leaving) peer.say([6, {}, 'wamp.close.close_realm']);
}

function wrongAtPeer(peer: RawPeer): string | undefined {
  for (const frame of peer.take()) {
    const wrong = unreadable(peer.format, frame);
    if (wrong !== undefined) return `the sender gets ${wrong}`;
  }
  return undefined;
}

function wrongAtWitnesses(witnesses: readonly RawPeer[], format: Format, frames: Input): string | undefined {
  const bytes = new Set<string>();
  for (const frame of frames) gatherBytes(frame, format, bytes);
  for (const witness of witnesses) {
    if (witness.isClosed) return `the ${witness.format} witness was thrown out`;
    for (const frame of witness.take()) {
      const wrong =
        unreadable(witness.format, frame) ??
        (format === 'json' ? undefined : forged(witness.format, frame, bytes));
      if (wrong !== undefined) return `the ${witness.format} witness gets ${wrong}`;
    }
  }
  return undefined;
}

/** Where dictionaries have to stand, by code. */
const DICTS: Readonly<Record<number, readonly number[]>> = {
  2: [2],
  3: [1],
  6: [1],
  8: [3, 6],
  36: [3, 5],
  50: [2, 4],
  68: [3, 5],
};

function unreadable(format: Format, frame: Uint8Array): string | undefined {
  let list: unknown[];
  try {
    list = decode(format, frame) as unknown[];
    if (!Array.isArray(list)) return 'something that is no list';
  } catch (error) {
    return `what cannot be read: ${String(error)}: ${Buffer.from(frame).toString('hex')}`;
  }
  for (const at of DICTS[list[0] as number] ?? []) {
    const dict = list[at];
    if (dict === undefined) continue;
    if (dict instanceof Map) {
      if ([...dict.keys()].every((key) => typeof key === 'string')) continue;
      return `a dictionary with keys that are no text: ${Buffer.from(frame).toString('hex')}`;
    }
    const isDict = typeof dict === 'object' && dict !== null && !Array.isArray(dict);
    if (!isDict && !isOpaque(list.slice(-2)))
      return `no dictionary at ${at}: ${Buffer.from(frame).toString('hex')}`;
  }
  return undefined;
}

/** Bytes that nobody sent: text of one format that has become bytes in another. */
function forged(format: Format, frame: Uint8Array, sent: ReadonlySet<string>): string | undefined {
  const got = new Set<string>();
  gatherBytes(frame, format, got);
  for (const each of got)
    if (!sent.has(each)) return `bytes that nobody sent: ${each}: ${Buffer.from(frame).toString('hex')}`;
  return undefined;
}

function gatherBytes(frame: Uint8Array, format: Format, into: Set<string>): void {
  let value: unknown;
  try {
    value = decode(format, frame);
  } catch {
    return;
  }
  for (const [, digits] of JSON.stringify(plain(format, value)).matchAll(/\["bytes","([0-9a-f]*)"\]/g))
    into.add(digits!);
}

async function isServing(witnesses: readonly RawPeer[]): Promise<string | undefined> {
  for (const each of witnesses) {
    each.take();
    each.say([48, (calls += 1), {}, 'wamp.session.count']);
  }
  await settled(3);
  for (const each of witnesses) {
    const isAnswered = each.take().some((frame) => (decode(each.format, frame) as unknown[])[0] === 50);
    if (!isAnswered) return `the ${each.format} witness gets no answers any more`;
  }
  return undefined;
}
