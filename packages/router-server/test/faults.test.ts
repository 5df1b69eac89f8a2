/**
 * Faults that other WAMP systems have, by their numbers in our list: each against a whole router, with clients that join,
 * call and leave. The dealer's own tests show many of them once more, closer to the code.
 */
import { connect, ConnectionLostError, type Client } from '@wamp/client';
import {
  AbortMessage,
  CallMessage,
  CancelMessage,
  createTransportPair,
  ErrorMessage,
  HelloMessage,
  MessageKind,
  Payload,
  RegisterMessage,
  SubscribeMessage,
  UnregisterMessage,
  UnsubscribeMessage,
  PublishMessage,
  YieldMessage,
  type Dict,
  type RegisterOptions,
} from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { json } from '@wamp/protocol/json';
import { Router, type RouterOptions } from '@wamp/router';
import { afterEach, describe, expect, it } from 'vitest';
import { listen } from '../src/listen.js';
import { ALL_ROLES, MessagePeer, settled, UNINTERRUPTIBLE } from './message-peer.fixture.js';
import { clientFrame, Opcode, RawPeer } from './raw-peer.fixture.js';

const CANCELED = 'wamp.error.canceled';
const TIMEOUT = 'wamp.error.timeout';
const FULL = 'crossbar.error.max_concurrency_reached';
const progress = { progress: true };

/** A router, whatever joins it, and what went wrong in it. */
class Scene {
  readonly router: Router;
  readonly failures: unknown[] = [];
  readonly violations: string[] = [];
  readonly #clients: Client[] = [];

  constructor(options: Partial<RouterOptions> = {}) {
    this.router = new Router({
      realms: { realm1: {} },
      observer: {
        failed: (error) => this.failures.push(error),
        violated: (_code, sentence) => this.violations.push(sentence),
      },
      ...options,
    });
  }

  async peer(roles: Dict = ALL_ROLES): Promise<MessagePeer> {
    return new MessagePeer(this.router.openTransport()).joins(roles);
  }

  async client(): Promise<Client> {
    const client = await connect(this.router.openTransport(), { realm: 'realm1' });
    this.#clients.push(client);
    return client;
  }

  /** A callee with one procedure, and a caller. */
  async pair(options: RegisterOptions = {}, roles: Dict = ALL_ROLES): Promise<[MessagePeer, MessagePeer]> {
    const callee = await this.peer(roles);
    await callee.registers('com.proc', options);
    return [callee, await this.peer()];
  }

  /** What the tables of the realm hold, the router's own registrations left out. */
  get tables(): Record<'sessions' | 'openCalls' | 'queuedCalls', number> {
    const { sessions, openCalls, queuedCalls } = this.router.stats().realms.get('realm1')!;
    return { sessions, openCalls, queuedCalls };
  }

  async end(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    await this.router.close();
    expect(this.failures).toEqual([]);
  }
}

let scene: Scene;
const setScene = (options?: Partial<RouterOptions>): Scene => (scene = new Scene(options));
afterEach(() => scene.end());

describe('the end of a call', () => {
  it('fault 1: CANCEL kill, then the callee disconnects: one ERROR, and nothing stays', async () => {
    const [callee, caller] = await setScene().pair();
    const request = caller.calls('com.proc');
    await callee.gets(MessageKind.Invocation);
    caller.sends(new CancelMessage(request, { mode: 'kill' }));
    expect((await callee.gets(MessageKind.Interrupt)).options.mode).toBe('kill');
    callee.transport.terminate('gone');
    expect(await caller.getsError(request)).toBe(CANCELED);
    await caller.getsNothing();
    expect(scene.tables).toEqual({ sessions: 1, openCalls: 0, queuedCalls: 0 });
  });

  it('fault 2: a CALL refused for a feature, a payload mode or disclosure leaves no record', async () => {
    const roles = { caller: {}, callee: {} };
    const [callee] = await setScene({ realms: { realm1: { disclosure: 'never' } } }).pair({}, roles);
    const caller = await scene.peer({
      caller: { features: { progressive_call_invocations: true, payload_passthru_mode: true } },
    });
    const refusals: string[] = [];
    for (const options of [progress, { ppt_scheme: 'x_mine' }, { disclose_me: true }]) {
      refusals.push(await caller.getsError(caller.calls('com.proc', [], options)));
      expect(scene.tables.openCalls).toBe(0);
    }
    expect(refusals).toEqual([
      'wamp.error.feature_not_supported',
      'wamp.error.feature_not_supported',
      'wamp.error.option_disallowed.disclose_me',
    ]);
    await callee.getsNothing();
    const call = caller.calls('com.proc', [1]);
    callee.yields(await callee.gets(MessageKind.Invocation), [2]);
    expect(await caller.getsResult(call)).toEqual([2]);
  });

  it('fault 3: a chunk that follows the end of the registration goes to the same callee, under the first options', async () => {
    const [callee, caller] = await setScene().pair();
    const request = caller.calls('com.proc', [0], { ...progress, receive_progress: true });
    const first = await callee.gets(MessageKind.Invocation);
    callee.sends(new UnregisterMessage(callee.next(), first.registration));
    await callee.gets(MessageKind.Unregistered);
    const other = await scene.peer();
    await other.registers('com.proc');
    caller.sends(
      new CallMessage(request, { ...progress, timeout: 1 }, 'com.proc', Payload.of([1])),
      new CallMessage(request, {}, 'com.proc', Payload.of([2])),
    );
    for (const [chunk, isLast] of [
      [1, false],
      [2, true],
    ] as const) {
      const next = await callee.gets(MessageKind.Invocation);
      expect(next.request).toBe(first.request);
      expect(next.payload.args).toEqual([chunk]);
      expect(next.details).toEqual(isLast ? { receive_progress: true } : first.details);
    }
    await new Promise((resolve) => setTimeout(resolve, 20)); // the chunk's own timeout would have struck
    await other.getsNothing();
    callee.yields(first, ['all']);
    expect(await caller.getsResult(request)).toEqual(['all']);
    expect(scene.tables.openCalls).toBe(0);
  });

  it('fault 5: skip, or a callee that cannot be interrupted: canceled at once, the late YIELD is dropped', async () => {
    const [callee, caller] = await setScene().pair();
    const dull = await scene.peer(UNINTERRUPTIBLE);
    await dull.registers('com.dull');
    for (const [procedure, peer, mode] of [
      ['com.proc', callee, 'skip'],
      ['com.dull', dull, 'skip'],
      ['com.dull', dull, 'kill'],
      ['com.dull', dull, 'killnowait'],
      ['com.dull', dull, undefined],
    ] as const) {
      const request = caller.calls(procedure);
      const invocation = await peer.gets(MessageKind.Invocation);
      caller.sends(new CancelMessage(request, mode === undefined ? {} : { mode }));
      expect(await caller.getsError(request)).toBe(CANCELED);
      peer.yields(invocation, ['too late']);
      await peer.getsNothing();
      await caller.getsNothing();
    }
    expect(scene.tables.openCalls).toBe(0);
  });

  it('fault 6: timeout is in milliseconds, answers wamp.error.timeout, and gives the slot back', async () => {
    const [callee, caller] = await setScene().pair({ concurrency: 1 });
    const request = caller.calls('com.proc', [], { timeout: 30 });
    await callee.gets(MessageKind.Invocation);
    expect(await caller.getsError(caller.calls('com.proc'))).toBe(FULL);
    expect(await caller.getsError(request)).toBe(TIMEOUT);
    expect((await callee.gets(MessageKind.Interrupt)).options.mode).toBe('killnowait');
    const next = caller.calls('com.proc');
    callee.yields(await callee.gets(MessageKind.Invocation));
    await caller.getsResult(next);
  });

  it("fault 8: YIELD or ERROR for somebody else's invocation has no effect on that call", async () => {
    const [callee, caller] = await setScene().pair();
    const other = await scene.peer();
    await other.registers('com.other');
    const done = caller.calls('com.other');
    other.yields(await other.gets(MessageKind.Invocation));
    await caller.getsResult(done);
    const request = caller.calls('com.proc');
    const invocation = await callee.gets(MessageKind.Invocation);
    // The other callee has had an invocation with the same id.
    expect(invocation.request).toBe(1);
    other.sends(
      new YieldMessage(1, {}, Payload.of(['forged'])),
      new ErrorMessage(MessageKind.Invocation, 1, {}, 'com.forged'),
    );
    await caller.getsNothing();
    callee.yields(invocation, ['mine']);
    expect(await caller.getsResult(request)).toEqual(['mine']);
    expect(other.how).toBeUndefined();
  });

  it('fault 12: the callee leaves mid-call: its callers get their ERROR at once, progressive calls too', async () => {
    for (const goes of ['lost', 'GOODBYE'] as const) {
      const callee = await setScene().client();
      let invoked = 0;
      await callee.register('com.proc', async (_args, invocation) => {
        invocation.progress(1);
        invoked += 1;
        await new Promise(() => undefined);
      });
      const caller = await scene.peer();
      const plain = caller.calls('com.proc');
      const streaming = caller.calls('com.proc', [], { receive_progress: true });
      const chunked = caller.calls('com.proc', [], progress);
      expect((await caller.gets(MessageKind.Result)).details).toEqual(progress);
      while (invoked < 3) await settled(1);
      if (goes === 'lost') await callee.close({ signal: AbortSignal.abort() });
      else await callee.close();
      for (const request of [plain, streaming, chunked])
        expect(await caller.getsError(request)).toBe(CANCELED);
      // A chunk that was under way is discarded.
      caller.sends(new CallMessage(chunked, {}, 'com.proc'));
      await caller.getsNothing();
      expect(scene.tables).toEqual({ sessions: 1, openCalls: 0, queuedCalls: 0 });
      if (goes === 'lost') await scene.end();
    }
  });

  it('fault 14: a callee that answers from within the delivery of its INVOCATION is heard', async () => {
    setScene();
    const [calleeEnd, routerEnd] = createTransportPair(cbor());
    // The router sends, and has the answer before its own send returns.
    const receivers: { receive(frame: Uint8Array): void }[] = [];
    const codec = cbor();
    scene.router.attach({
      serializer: routerEnd.serializer,
      info: routerEnd.info,
      get bufferedBytes() {
        return routerEnd.bufferedBytes;
      },
      maxSendBytes: Infinity,
      open: (receiver) => {
        receivers.push(receiver);
        routerEnd.open(receiver);
      },
      send: (frame) => {
        const message = codec.decode(frame.slice());
        if (message.kind === MessageKind.Invocation) {
          receivers[0]!.receive(codec.encode(new YieldMessage(message.request, {}, Payload.of(['quick']))));
        }
        routerEnd.send(frame);
      },
      pause: () => routerEnd.pause(),
      resume: () => routerEnd.resume(),
      close: (cause, reason) => routerEnd.close(cause, reason),
      terminate: (reason) => routerEnd.terminate(reason),
    });
    const callee = await new MessagePeer(calleeEnd).joins();
    await callee.registers('com.proc', { concurrency: 1 });
    const caller = await scene.client();
    for (let count = 0; count < 3; count += 1) expect(await caller.call('com.proc')).toBe('quick');
    expect(scene.tables.openCalls).toBe(0);
  });

  it('fault 17: a caller that leaves with concurrency slots taken gives them back', async () => {
    const [callee, caller] = await setScene().pair({ concurrency: 2 });
    caller.calls('com.proc');
    caller.calls('com.proc');
    const first = [await callee.gets(MessageKind.Invocation), await callee.gets(MessageKind.Invocation)];
    caller.transport.terminate('gone');
    for (const { request } of first) {
      expect(await callee.gets(MessageKind.Interrupt)).toMatchObject({
        request,
        options: { mode: 'killnowait' },
      });
    }
    const next = await scene.peer();
    const requests = [next.calls('com.proc'), next.calls('com.proc')];
    for (const request of requests) {
      callee.yields(await callee.gets(MessageKind.Invocation), [request]);
      expect(await next.getsResult(request)).toEqual([request]);
    }
  });

  it('fault 18: progressive results do not count as completions for concurrency', async () => {
    const [callee, caller] = await setScene().pair({ concurrency: 1 });
    const request = caller.calls('com.proc', [], { receive_progress: true });
    const invocation = await callee.gets(MessageKind.Invocation);
    for (let count = 0; count < 3; count += 1) {
      callee.yields(invocation, [count], progress);
      expect((await caller.gets(MessageKind.Result)).payload.args).toEqual([count]);
      expect(await caller.getsError(caller.calls('com.proc'))).toBe(FULL);
    }
    callee.yields(invocation);
    await caller.getsResult(request);
    const next = caller.calls('com.proc');
    callee.yields(await callee.gets(MessageKind.Invocation));
    await caller.getsResult(next);
  });

  it('fault 19: a callee that never announced call_canceling never gets INTERRUPT', async () => {
    const [callee, caller] = await setScene().pair({}, UNINTERRUPTIBLE);
    for (const mode of ['skip', 'kill', 'killnowait'] as const) {
      const request = caller.calls('com.proc');
      caller.sends(new CancelMessage(request, { mode }));
      expect(await caller.getsError(request)).toBe(CANCELED);
    }
    const late = caller.calls('com.proc', [], { timeout: 10 });
    expect(await caller.getsError(late)).toBe(TIMEOUT);
    caller.calls('com.proc');
    await settled();
    caller.transport.terminate('gone');
    for (let count = 0; count < 5; count += 1) await callee.gets(MessageKind.Invocation);
    await callee.getsNothing();
  });

  it('fault 20: no EVENT after UNSUBSCRIBED, no INVOCATION after UNREGISTERED, no second final answer', async () => {
    const [callee, caller] = await setScene().pair();
    callee.sends(new SubscribeMessage(callee.next(), {}, 'com.topic'));
    const { subscription } = await callee.gets(MessageKind.Subscribed);
    const request = caller.calls('com.proc');
    const invocation = await callee.gets(MessageKind.Invocation);
    callee.sends(
      new UnsubscribeMessage(callee.next(), subscription),
      new UnregisterMessage(callee.next(), invocation.registration),
    );
    await callee.gets(MessageKind.Unsubscribed);
    await callee.gets(MessageKind.Unregistered);
    caller.sends(new PublishMessage(caller.next(), {}, 'com.topic'));
    expect(await caller.getsError(caller.calls('com.proc'))).toBe('wamp.error.no_such_procedure');
    callee.yields(invocation, ['first']);
    callee.yields(invocation, ['second']);
    callee.sends(new ErrorMessage(MessageKind.Invocation, invocation.request, {}, 'com.bad'));
    expect(await caller.getsResult(request)).toEqual(['first']);
    await caller.getsNothing();
    await callee.getsNothing();
    expect(scene.violations).toEqual([]);
  });

  it('fault 21: progressive results of a callee without call_canceling are forwarded', async () => {
    const [callee, caller] = await setScene().pair({}, UNINTERRUPTIBLE);
    const request = caller.calls('com.proc', [], { receive_progress: true });
    const invocation = await callee.gets(MessageKind.Invocation);
    expect(invocation.details.receive_progress).toBe(true);
    callee.yields(invocation, [1], progress);
    expect(await caller.gets(MessageKind.Result)).toMatchObject({ request, details: progress });
    callee.yields(invocation, [2]);
    expect(await caller.getsResult(request)).toEqual([2]);
  });
});

describe('registrations', () => {
  it('fault 4: a..c and .bb.c both match a.bb.c: a..c is called, whoever came first', async () => {
    for (const order of [
      ['a..c', '.bb.c'],
      ['.bb.c', 'a..c'],
    ]) {
      const callee = await setScene().client();
      for (const pattern of order) await callee.register(pattern, () => pattern, { match: 'wildcard' });
      const caller = await scene.client();
      for (let count = 0; count < 3; count += 1) expect(await caller.call('a.bb.c')).toBe('a..c');
      expect(await caller.call('b.bb.c')).toBe('.bb.c');
      if (order[0] === 'a..c') await scene.end();
    }
  });

  it('fault 7: REGISTER denied by authorization says only not_authorized: existing names do not leak', async () => {
    setScene({
      realms: {
        realm1: {
          authorizer: {
            authorize: (session, action) =>
              action === 'register' && session.agent !== 'callee' ? 'denied' : 'allowed',
          },
        },
      },
    });
    const callee = new MessagePeer(scene.router.openTransport());
    callee.sends(new HelloMessage('realm1', { roles: ALL_ROLES, agent: 'callee' }));
    await callee.gets(MessageKind.Welcome);
    await callee.registers('com.existing');
    const spy = await scene.peer();
    const answers: ErrorMessage[] = [];
    for (const [uri, options] of [
      ['com.existing', {}],
      ['com.existing', { invoke: 'roundrobin' }],
      ['com.existing', { force_reregister: true }],
      ['com.free', {}],
      ['wamp.session.count', {}],
    ] as [string, RegisterOptions][]) {
      spy.sends(new RegisterMessage(spy.next(), options, uri));
      answers.push(await spy.gets(MessageKind.Error));
    }
    for (const { error, details, payload } of answers) {
      expect(error).toBe('wamp.error.not_authorized');
      // Nothing but the name that was asked for may tell one answer from another.
      expect(details).toEqual(answers[0]!.details);
      expect(payload.args).toEqual(answers[0]!.payload.args);
      expect(payload.kwargs).toEqual({});
    }
    const call = spy.calls('com.existing');
    callee.yields(await callee.gets(MessageKind.Invocation));
    await spy.getsResult(call);
  });

  it('fault 9: UNREGISTER of an unknown or foreign id is refused, and everything lives', async () => {
    const callee = await setScene().peer();
    const registration = await callee.registers('com.proc');
    const other = await scene.peer();
    for (const id of [registration, 4711, 2 ** 53]) {
      const request = other.next();
      other.sends(new UnregisterMessage(request, id));
      expect(await other.getsError(request, MessageKind.Unregister)).toBe('wamp.error.no_such_registration');
    }
    const call = other.calls('com.proc');
    callee.yields(await callee.gets(MessageKind.Invocation));
    await other.getsResult(call);
  });

  it('fault 10: one member of a shared registration unregisters, and gets no further call', async () => {
    for (const invoke of ['first', 'last', 'roundrobin', 'random'] as const) {
      const members = await Promise.all([setScene().client(), scene.client(), scene.client()]);
      const registrations = [];
      for (const [index, member] of members.entries()) {
        registrations.push(await member.register('com.proc', () => index, { invoke }));
      }
      const caller = await scene.client();
      const leaving = invoke === 'last' ? 2 : 0;
      await caller.call('com.proc');
      await registrations[leaving]!.unregister();
      for (let count = 0; count < 20; count += 1) expect(await caller.call('com.proc')).not.toBe(leaving);
      if (invoke !== 'random') await scene.end();
    }
  });

  it('fault 11: exact, prefix and wildcard registrations of one URI coexist', async () => {
    const callee = await setScene().client();
    const exact = await callee.register('com.proc', () => 'exact');
    const prefix = await callee.register('com.proc', () => 'prefix', { match: 'prefix' });
    await callee.register('com.proc', () => 'wildcard', { match: 'wildcard' });
    const caller = await scene.client();
    expect(await caller.call('com.proc')).toBe('exact');
    expect(await caller.call('com.proc.more')).toBe('prefix');
    await exact.unregister();
    expect(await caller.call('com.proc')).toBe('prefix');
    await prefix.unregister();
    expect(await caller.call('com.proc')).toBe('wildcard');
  });

  it('fault 26: who answers no ping loses the procedure to the next who wants it; who answers keeps it', async () => {
    setScene({ realms: { realm1: { probeMs: 50 } } });
    const server = await listen(scene.router, { port: 0 });
    // It speaks WAMP, and nothing else: it is what a half-open connection looks like from here.
    const silent = await RawPeer.upgraded(server.port, 'wamp.2.json');
    const says = (message: unknown[]): void => {
      silent.socket.write(clientFrame(Opcode.text, Buffer.from(JSON.stringify(message))));
    };
    says([1, 'realm1', { roles: { callee: {} } }]);
    says([64, 1, {}, 'com.proc']);
    await silent.until(() => silent.received.includes('[65,1,'));
    const again = await connect(server.url, { realm: 'realm1' });
    await again.register('com.proc', () => 'again');
    await silent.until(() => silent.isClosed);
    const third = await connect(server.url, { realm: 'realm1' });
    await expect(third.register('com.proc', () => 'third')).rejects.toMatchObject({
      uri: 'wamp.error.procedure_already_exists',
    });
    expect(await third.call('com.proc')).toBe('again');
    expect(scene.tables.sessions).toBe(2);
    await Promise.all([again.close(), third.close()]);
    await server.close({ graceMs: 50 });
  });
});

describe('load and hostility', () => {
  it('fault 13: a caller that does not read delays nobody else, and what it is sent stays bounded', async () => {
    setScene({ limits: { outboundLowBytes: 50_000, outboundHighBytes: 5_000_000 } });
    const callee = await scene.client();
    const text = 'x'.repeat(10_000);
    let served = 0;
    await callee.register('com.large', () => {
      served += 1;
      return text;
    });
    await callee.register('com.small', ([n]: [number]) => n);
    const [callerEnd, routerEnd] = createTransportPair(cbor());
    scene.router.attach(routerEnd);
    const slow = await new MessagePeer(callerEnd).joins();
    const other = await scene.client();
    slow.transport.pause();
    for (let count = 0; count < 200; count += 1) {
      slow.calls('com.large');
      expect(await other.call('com.small', [count])).toBe(count);
      expect(routerEnd.bufferedBytes).toBeLessThan(50_000 + 2 * 10_100);
    }
    expect(served).toBeLessThan(10);
    slow.transport.resume();
    for (let count = 0; count < 200; count += 1) await slow.gets(MessageKind.Result);
    expect(served).toBe(200);
    expect(scene.tables.openCalls).toBe(0);
  });

  it('fault 13: a caller that has asked for too much and does not read is cut; the others are served', async () => {
    setScene({ limits: { outboundLowBytes: 50_000, outboundHighBytes: 500_000 } });
    const callee = await scene.client();
    const text = 'x'.repeat(10_000);
    await callee.register('com.large', () => text);
    await callee.register('com.small', ([n]: [number]) => n);
    const slow = await scene.peer();
    const other = await scene.client();
    slow.transport.pause();
    for (let count = 0; count < 200; count += 1) slow.calls('com.large');
    for (let count = 0; count < 20; count += 1) expect(await other.call('com.small', [count])).toBe(count);
    expect((await slow.ends()).wasClean).toBe(false);
    await settled();
    expect(scene.tables).toEqual({ sessions: 2, openCalls: 0, queuedCalls: 0 });
  });

  it('fault 15: 10,000 sessions leave at once, with registrations and open calls: routing goes on', async () => {
    setScene();
    const callee = await scene.client();
    await callee.register('com.add', ([a, b]: [number, number]) => a + b);
    await callee.register('com.hang', () => new Promise(() => undefined));
    const caller = await scene.client();
    const crowd: MessagePeer[] = [];
    for (let count = 0; count < 10_000; count += 1) {
      const guest = new MessagePeer(scene.router.openTransport());
      guest.sends(
        new HelloMessage('realm1', { roles: ALL_ROLES }),
        new RegisterMessage(1, { invoke: 'roundrobin' }, 'com.crowd'),
        new SubscribeMessage(2, {}, 'com.topic'),
        new CallMessage(3, {}, count % 2 === 0 ? 'com.hang' : 'com.crowd'),
      );
      crowd.push(guest);
      if (count % 500 === 499) await settled(2);
    }
    // Logins take turns with other work.
    while (scene.tables.openCalls < 10_000) await settled(2);
    expect(await caller.call('com.add', [1, 1])).toBe(2);
    const { sessions, openCalls } = scene.tables;
    expect(sessions).toBe(10_002);
    expect(openCalls).toBe(10_000);
    const sums: Promise<unknown>[] = [];
    for (const [index, guest] of crowd.entries()) {
      guest.transport.terminate('gone');
      if (index % 1000 === 0) sums.push(caller.call('com.add', [index, 1]));
    }
    expect(await Promise.all(sums)).toEqual(sums.map((_, index) => index * 1000 + 1));
    await settled();
    expect(scene.tables).toEqual({ sessions: 2, openCalls: 0, queuedCalls: 0 });
    await expect(caller.call('com.crowd')).rejects.toMatchObject({ uri: 'wamp.error.no_such_procedure' });
  });

  it.each<[string, unknown, string]>([
    ['an unknown one', 'com.none', 'wamp.error.no_such_realm'],
    ['the empty string', '', 'wamp.error.'],
    ['spaces', 'realm 1', 'wamp.error.'],
    ['an empty component', 'realm..1', 'wamp.error.'],
    ['a pattern', 'realm#', 'wamp.error.'],
    ['__proto__', '__proto__', 'wamp.error.no_such_realm'],
    ['constructor', 'constructor', 'wamp.error.no_such_realm'],
    ['a name of a megabyte', 'r'.repeat(1_000_000), 'wamp.error.'],
    ['a control character', 'realm1\u0000', 'wamp.error.'],
    ['a number', 1, 'wamp.error.protocol_violation'],
    ['a list', ['realm1'], 'wamp.error.protocol_violation'],
  ])(
    'fault 16: a realm name that is %s is answered with ABORT, and the router lives',
    async (_, realm, reason) => {
      setScene();
      const odd = new MessagePeer(scene.router.openTransport(json()));
      odd.transport.send(new TextEncoder().encode(JSON.stringify([1, realm, { roles: ALL_ROLES }])));
      expect((await odd.gets(MessageKind.Abort)).reason).toMatch(
        new RegExp(`^${reason.replaceAll('.', '\\.')}`),
      );
      await odd.ends();
      expect((await scene.peer()).how).toBeUndefined();
    },
  );

  it('fault 16: garbage, huge frames and deep nesting end that connection, and the router lives', async () => {
    setScene();
    const server = await listen(scene.router, { port: 0, maxMessageBytes: 100_000, closeTimeoutMs: 100 });
    const client = await connect(server.url, { realm: 'realm1' });
    await client.register('com.proc', () => 'alive');
    const closeCodes: unknown[] = [];
    for (const payload of [
      Buffer.from('%PDF-1.7'),
      Buffer.from('['.repeat(90_000)),
      Buffer.from(`[1,"realm1",${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}]`),
      Buffer.alloc(100_001, 0x20),
    ]) {
      const peer = await RawPeer.upgraded(server.port, 'wamp.2.json');
      peer.socket.write(clientFrame(Opcode.text, payload));
      await peer.until(() => peer.closeCode !== undefined);
      closeCodes.push(peer.closeCode);
      peer.socket.destroy();
      expect(await client.call('com.proc')).toBe('alive');
    }
    expect(closeCodes).toEqual([1002, 1002, 1002, 1009]);
    await client.close();
    await server.close({ graceMs: 50 });
  });
});

describe('our client', () => {
  it('fault 22: the connection is lost with calls pending: every one rejects with ConnectionLostError', async () => {
    setScene();
    const server = await listen(scene.router, { port: 0 });
    const callee = await scene.client();
    let invoked = 0;
    await callee.register('com.hang', () => {
      invoked += 1;
      return new Promise(() => undefined);
    });
    const client = await connect(server.url, { realm: 'realm1' });
    const calls = Array.from({ length: 5 }, () => client.call('com.hang').catch((error: unknown) => error));
    calls.push(client.call('com.hang', [], { timeoutMs: 60_000 }).catch((error: unknown) => error));
    calls.push(client.stream('com.hang').result.catch((error: unknown) => error));
    while (invoked < calls.length) await settled(1);
    await server.close({ graceMs: 0 });
    for (const error of await Promise.all(calls)) expect(error).toBeInstanceOf(ConnectionLostError);
    await expect(client.call('com.hang')).rejects.toBeInstanceOf(ConnectionLostError);
    await settled();
    expect(scene.tables.openCalls).toBe(0);
  });

  it('fault 23: the router restarts (GOODBYE, no port, ABORT): registrations and subscriptions come back', async () => {
    let server = await listen(setScene().router, { port: 0 });
    const { port, url } = server;
    const options = { realm: 'realm1', reconnect: { minDelayMs: 5, maxDelayMs: 20 } };
    const [backend, caller] = [await connect(url, options), await connect(url, options)];
    const heard: unknown[] = [];
    const registration = await backend.register('com.add', ([a, b]: [number, number]) => a + b);
    await backend.subscribe('com.topic', ([news]) => heard.push(news));
    expect(await caller.call('com.add', [1, 2])).toBe(3);

    await scene.end();
    await server.close({ graceMs: 50 });
    expect([backend.status.current, caller.status.current]).toEqual(['reconnecting', 'reconnecting']);
    await expect(caller.call('com.add', [1, 2])).rejects.toBeInstanceOf(ConnectionLostError);

    // A router that shuts down still, or not yet takes anybody, answers HELLO with ABORT.
    let aborted = 0;
    const refusing = await listen(
      {
        attach: (transport) => {
          aborted += 1;
          const abort = new AbortMessage({}, 'wamp.close.system_shutdown');
          const nothing = (): void => undefined;
          transport.open({
            receive: () => {
              transport.send(transport.serializer.encode(abort));
              transport.close('normal');
            },
            violated: nothing,
            drained: nothing,
            closed: nothing,
          });
        },
      },
      { port },
    );
    while (aborted < 4) await settled(1);
    await refusing.close({ graceMs: 50 });

    server = await listen(setScene().router, { port });
    while (backend.status.current !== 'open' || caller.status.current !== 'open' || !registration.isActive)
      await settled(1);
    expect(await caller.call('com.add', [3, 4])).toBe(7);
    await caller.publish('com.topic', ['again'], { acknowledge: true });
    while (heard.length === 0) await settled(1);
    expect(heard).toEqual(['again']);
    expect(scene.tables.sessions).toBe(2);
    await Promise.all([backend.close(), caller.close()]);
    await server.close({ graceMs: 50 });
  });

  it('fault 24: a handler that itself makes a call does not deadlock, not even to itself', async () => {
    const client = await setScene().client();
    await client.register('com.fib', async ([n]: [number]): Promise<number> => {
      if (n < 2) return n;
      const [a, b] = await Promise.all([
        client.call<number>('com.fib', [n - 1]),
        client.call<number>('com.fib', [n - 2]),
      ]);
      return a + b;
    });
    expect(await client.call('com.fib', [10])).toBe(55);
    expect(scene.tables.openCalls).toBe(0);
  });

  it('fault 25: a handler throws: the caller gets the error, and the session lives', async () => {
    const heard: unknown[] = [];
    setScene();
    const callee = await connect(scene.router.openTransport(), {
      realm: 'realm1',
      onError: (error) => heard.push(error),
    });
    const thrown: unknown[] = [
      new Error('broken'),
      'a string',
      undefined,
      null,
      { toString: null },
      new RangeError(''),
    ];
    await callee.register('com.throws', ([which]: [number]) => {
      throw thrown[which];
    });
    await callee.register('com.rejects', async ([which]: [number]) => {
      await settled(1);
      throw thrown[which];
    });
    await callee.register('com.works', () => 'yes');
    const caller = await scene.client();
    for (const procedure of ['com.throws', 'com.rejects']) {
      for (const which of thrown.keys()) {
        await expect(caller.call(procedure, [which])).rejects.toMatchObject({
          uri: 'wamp.error.runtime_error',
        });
        expect(await caller.call('com.works')).toBe('yes');
      }
    }
    expect(heard).toEqual([...thrown, ...thrown]);
    await callee.close();
  });
});
