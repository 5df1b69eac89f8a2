/**
 * Calls that are more than a question and an answer, between unmodified clients of others and ours: progress, cancel in
 * each mode, timeouts, patterns, shared registrations, callees that are lost. Serializers are mixed on purpose.
 */
import type { CancelMode } from '@wamp/protocol';
import { Router } from '@wamp/router';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { listen, type RouterServer } from '../../src/listen.js';
import { autobahnPeer } from './autobahn-peer.fixture.js';
import {
  Failure,
  reply,
  type InvocationSeen,
  type MakePeer,
  type Peer,
  type Reply,
  type SharedPolicy,
} from './interop-peer.fixture.js';
import { ours } from './ours-peer.fixture.js';
import { wampyPeer } from './wampy-peer.fixture.js';

const failureOf = (work: Promise<unknown>): Promise<Failure> =>
  work.then(
    () => {
      throw new Error('it should have failed');
    },
    (error: unknown) => {
      expect(error).toBeInstanceOf(Failure);
      return error as Failure;
    },
  );

/** A procedure that starts, and ends when the test says so. */
class Slow {
  readonly seen: InvocationSeen[] = [];
  readonly #finish: ((answer: Reply) => void)[] = [];
  #started: () => void = () => undefined;
  readonly started = new Promise<void>((resolve) => (this.#started = resolve));

  readonly handler = (seen: InvocationSeen): Promise<Reply> => {
    this.seen.push(seen);
    seen.progress?.(reply(['started']));
    this.#started();
    return new Promise((resolve) => this.#finish.push(resolve));
  };

  /** Answers everything, however late. */
  finish(): void {
    for (const finish of this.#finish.splice(0)) finish(reply(['too late']));
  }
}

let router: Router;
let server: RouterServer;
const joined: Peer[] = [];
const violations: string[] = [];

async function join(make: MakePeer, url = server.url): Promise<Peer> {
  const peer = await make(url);
  joined.push(peer);
  return peer;
}

const openCalls = (): number => router.stats().realms.get('realm1')!.openCalls;

beforeEach(async () => {
  violations.length = 0;
  router = new Router({
    realms: { realm1: {} },
    observer: { violated: (code, sentence) => violations.push(`${code}: ${sentence}`) },
  });
  server = await listen(router, { port: 0 });
});
afterEach(async () => {
  expect(openCalls()).toBe(0);
  await router.close();
  await server.close({ graceMs: 50 });
  await Promise.all(joined.splice(0).map(({ gone }) => gone));
  expect(violations).toEqual([]);
});

const PAIRS: readonly [string, MakePeer, MakePeer][] = [
  ['autobahn (msgpack) calls @wamp/client (cbor)', ours('cbor'), autobahnPeer('msgpack')],
  ['autobahn (cbor) calls @wamp/client (json)', ours('json'), autobahnPeer('cbor')],
  ['@wamp/client (cbor) calls autobahn (json)', autobahnPeer('json'), ours('cbor')],
  ['wampy (json) calls @wamp/client (msgpack)', ours('msgpack'), wampyPeer('json')],
  ['wampy (cbor) calls @wamp/client (json)', ours('json'), wampyPeer('cbor')],
  ['@wamp/client (json) calls wampy (msgpack)', wampyPeer('msgpack'), ours('json')],
  ['wampy (msgpack) calls autobahn (cbor)', autobahnPeer('cbor'), wampyPeer('msgpack')],
  ['autobahn (json) calls wampy (cbor)', wampyPeer('cbor'), autobahnPeer('json')],
];

describe.each(PAIRS)('%s', (_title, makeCallee, makeCaller) => {
  let callee: Peer;
  let caller: Peer;
  beforeEach(async () => {
    callee = await join(makeCallee);
    caller = await join(makeCaller);
    await callee.register('com.example.alive', () => reply(['yes']));
  });
  /** Both sessions have survived, and what was sent before has arrived. */
  const bothLive = async (): Promise<void> => {
    expect(await caller.call('com.example.alive')).toEqual(reply(['yes']));
  };

  it('PCR-005, PCR-006, PCR-007: 200 progressive results arrive in order, before the final one', async () => {
    await callee.register('com.example.count', ({ args, progress }) => {
      for (let i = 0; i < (args[0] as number); i++) progress?.(reply([i]));
      return reply(['done']);
    });
    const parts: unknown[] = [];
    const result = await caller.call('com.example.count', reply([200]), (part) => parts.push(part.args[0]));
    expect(parts).toEqual(Array.from({ length: 200 }, (_, i) => i));
    expect(result).toEqual(reply(['done']));
    // A caller that has not asked for them gets none.
    expect(await caller.call('com.example.count', reply([3]))).toEqual(reply(['done']));
  });

  it.each<CancelMode | 'none'>(['skip', 'kill', 'killnowait', 'none'])(
    'CANCEL-001, CANCEL-002, CANCEL-007…010, mode %s: the caller gets canceled, the late answer reaches nobody, both live',
    async (mode) => {
      const slow = new Slow();
      await callee.register('com.example.slow', slow.handler);
      const lack = caller.lacks['cancel without waiting'];
      if (lack !== undefined && mode !== 'kill') {
        const call = caller
          .callAndCancel('com.example.slow', slow.started, mode)
          .catch((error: unknown) => error);
        // It rejects by itself, and the router spares it the answer that it could not take.
        expect(await call).toMatchObject({ message: 'Cancelled' });
        // Once this is answered, CANCEL has arrived: a RESULT that crosses it would close autobahn's connection still.
        await bothLive();
        slow.finish();
        await bothLive();
        expect(openCalls()).toBe(0);
        return;
      }
      const failure = await failureOf(caller.callAndCancel('com.example.slow', slow.started, mode));
      expect(failure.uri).toBe('wamp.error.canceled');
      await bothLive();
      expect(slow.seen[0]!.signal?.aborted).toBe(
        callee.name === '@wamp/client' ? mode !== 'skip' : undefined,
      );
      slow.finish();
      await bothLive();
    },
  );

  it('TIMEOUT-001, TIMEOUT-005: the callee never answers, the caller gets wamp.error.timeout, both live', async () => {
    const slow = new Slow();
    await callee.register('com.example.slow', slow.handler);
    const failure = await failureOf(caller.call('com.example.slow', reply(), undefined, 50));
    expect(failure.uri).toBe('wamp.error.timeout');
    slow.finish();
    await bothLive();
  });

  it('patterns: exact before the longest prefix before wildcards, whoever registered', async () => {
    const other = await join(makeCallee);
    const who = (name: string) => (): Reply => reply([name]);
    await callee.register('com.example', who('short prefix'), { match: 'prefix' });
    await other.register('com..get', who('wildcard'), { match: 'wildcard' });
    await other.register('com.example.thing', who('long prefix'), { match: 'prefix' });
    await callee.register('com.example.thing.get', who('exact'));
    const answers: unknown[] = [];
    for (const procedure of [
      'com.example.thing.get',
      'com.example.thing.set',
      'com.example.set',
      'com.other.get',
    ]) {
      answers.push((await caller.call(procedure)).args[0]);
    }
    expect(answers).toEqual(['exact', 'long prefix', 'short prefix', 'wildcard']);
  });

  it.each<SharedPolicy>(['first', 'last', 'roundrobin', 'random'])(
    'shared, %s: the policy chooses, another policy is refused, and who has left is not called',
    async (invoke) => {
      const members = [callee, await join(makeCallee)];
      for (const [index, member] of members.entries()) {
        await member.register('com.example.shared', () => reply([index]), { invoke });
      }
      const stranger = await join(makeCallee);
      const refused = stranger.register('com.example.shared', () => reply(), {
        invoke: invoke === 'first' ? 'last' : 'first',
      });
      expect((await failureOf(refused)).uri).toBe('wamp.error.procedure_already_exists');
      const called: unknown[] = [];
      for (let i = 0; i < 6; i++) called.push((await caller.call('com.example.shared')).args[0]);
      if (invoke === 'first') expect(called).toEqual([0, 0, 0, 0, 0, 0]);
      if (invoke === 'last') expect(called).toEqual([1, 1, 1, 1, 1, 1]);
      if (invoke === 'roundrobin') expect(called).toEqual([0, 1, 0, 1, 0, 1]);
      await Promise.all([members[1]!.leave(), members[1]!.gone]);
      for (let i = 0; i < 4; i++) expect(await caller.call('com.example.shared')).toEqual(reply([0]));
    },
  );

  it('RPC-019: a callee that leaves in the middle of a progressive call: its parts, then canceled', async () => {
    const slow = new Slow();
    const leaving = await join(makeCallee);
    await leaving.register('com.example.slow', slow.handler);
    const parts: unknown[] = [];
    let heard: () => void = () => undefined;
    const first = new Promise<void>((resolve) => (heard = resolve));
    const call = failureOf(
      caller.call('com.example.slow', reply(), (part) => {
        parts.push(part.args[0]);
        heard();
      }),
    );
    await first;
    if (leaving.lose === undefined) await leaving.leave();
    else leaving.lose();
    expect((await call).uri).toBe('wamp.error.canceled');
    expect(parts).toEqual(['started']);
    await bothLive();
  });
});

/** Stands between a client and the router and writes down what both say, as JSON. */
class Wiretap {
  readonly url: string;
  readonly fromClient: unknown[][] = [];
  /** code and reason with which the client closed */
  readonly closed: Promise<[number, string]>;
  readonly #server: WebSocketServer;

  /** @param change what becomes of a client's message on the way */
  constructor(target: string, change = (message: unknown[]): unknown[] => message) {
    this.#server = new WebSocketServer({ port: 0, handleProtocols: (offered) => [...offered][0]! });
    this.url = `ws://localhost:${(this.#server.address() as { port: number }).port}/ws`;
    this.closed = new Promise((resolve) => {
      this.#server.on('connection', (client) => {
        const up = new WebSocket(target, [client.protocol]);
        const opened = new Promise<void>((open) => up.on('open', open));
        client.on('message', (data: Buffer) => {
          const message = JSON.parse(data.toString()) as unknown[];
          this.fromClient.push(message);
          void opened.then(() => up.send(JSON.stringify(change(message))));
        });
        up.on('message', (data: Buffer) => client.send(data.toString()));
        client.on('close', (code, reason) => {
          resolve([code, reason.toString()]);
          up.close();
        });
        up.on('close', () => client.close());
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

describe('what autobahn sends when it cancels', () => {
  it.each<[CancelMode | undefined, Record<string, unknown>]>([
    [undefined, {}],
    ['skip', { mode: 'skip' }],
    ['killnowait', { mode: 'killnowait' }],
  ])('mode %s: it forgets the call; the router sends it no ERROR, and it goes on', async (mode, options) => {
    const slow = new Slow();
    const callee = await join(ours('json'));
    await callee.register('com.example.slow', slow.handler);
    const tap = new Wiretap(server.url);
    const caller = await join(autobahnPeer('json'), tap.url);
    const call = caller.callAndCancel('com.example.slow', slow.started, mode ?? 'none');
    expect(await call.catch((error: unknown) => error)).toMatchObject({ message: 'Cancelled' });
    await callee.register('com.example.alive', () => reply(['yes']));
    expect(await caller.call('com.example.alive')).toEqual(reply(['yes']));
    expect(tap.fromClient.find(([kind]) => kind === 49)).toEqual([49, 1, options]);
    await caller.leave();
    await tap.close();
  });

  it('from a router that does not know it, the ERROR that is due makes it close with 3002', async () => {
    const slow = new Slow();
    const callee = await join(ours('json'));
    await callee.register('com.example.slow', slow.handler);
    // On the way HELLO gets an agent, so that our router takes it for any other client.
    const tap = new Wiretap(server.url, (message) =>
      message[0] === 1 ? [1, message[1], { ...(message[2] as object), agent: 'unknown' }] : message,
    );
    const caller = await join(autobahnPeer('json'), tap.url);
    const call = caller.callAndCancel('com.example.slow', slow.started, 'none');
    expect(await call.catch((error: unknown) => error)).toMatchObject({ message: 'Cancelled' });
    expect(await tap.closed).toEqual([
      3002,
      expect.stringContaining('CALL-ERROR received for non-pending request ID 1'),
    ]);
    await tap.close();
  });

  it('mode kill: it waits for the answer, and goes on', async () => {
    const slow = new Slow();
    const callee = await join(ours('json'));
    await callee.register('com.example.slow', slow.handler);
    const tap = new Wiretap(server.url);
    const caller = await join(autobahnPeer('json'), tap.url);
    const failure = await failureOf(caller.callAndCancel('com.example.slow', slow.started, 'kill'));
    expect(failure.uri).toBe('wamp.error.canceled');
    await callee.register('com.example.alive', () => reply(['yes']));
    expect(await caller.call('com.example.alive')).toEqual(reply(['yes']));
    await caller.leave();
    await tap.close();
  });

  it('its HELLO names no agent; its caller cancels, its callee has progress and cannot be interrupted', async () => {
    const tap = new Wiretap(server.url);
    const peer = await join(autobahnPeer('json'), tap.url);
    const [kind, realm, details] = tap.fromClient[0] as [number, string, Record<string, unknown>];
    expect([kind, realm]).toEqual([1, 'realm1']);
    expect(Object.keys(details)).toEqual(['roles']);
    expect(details['roles']).toMatchObject({
      caller: {
        features: { caller_identification: true, call_canceling: true, progressive_call_results: true },
      },
      callee: {
        features: {
          caller_identification: true,
          pattern_based_registration: true,
          shared_registration: true,
          progressive_call_results: true,
          registration_revocation: true,
        },
      },
    });
    expect(JSON.stringify((details['roles'] as Record<string, unknown>)['callee'])).not.toContain('cancel');
    await peer.leave();
    await tap.close();
  });
});
