import { CallMessage, CancelMessage, MessageKind, RegisterMessage, UnregisterMessage } from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import type { LeaveCause, RealmOptions, RouterOptions } from '../src/index.js';
import { BentTransport } from './bent-transport.fixture.js';
import { House, settled, type TestPeer } from './test-peer.fixture.js';

/** A peer whose transport can be asked, and answers when the test says so. */
interface Probed {
  readonly peer: TestPeer;
  readonly transport: BentTransport;
  /** the time that each probe gave */
  readonly asked: number[];
  /** answers the oldest open probe */
  answer(isAlive: boolean): void;
}

async function probed(house: House): Promise<Probed> {
  const asked: number[] = [];
  const open: ((isAlive: boolean) => void)[] = [];
  let transport: BentTransport | undefined;
  const peer = house.peerOver((inner) => {
    transport = new BentTransport(inner);
    transport.probe = (timeoutMs, answered) => {
      asked.push(timeoutMs);
      open.push(answered);
    };
    return transport;
  });
  await peer.joins();
  return { peer, transport: transport!, asked, answer: (isAlive) => open.shift()!(isAlive) };
}

it.each([{}, { messagesPerSecond: 1_000 }])(
  'the transport learns from HELLO that its peer may be pinged, with limits %j too',
  async (limits) => {
    const house = new House({ realms: { realm1: {} }, limits });
    const told: (string | undefined)[] = [];
    for (const agent of ['@wamp/client', 'AutobahnPython-23.6.2', undefined]) {
      const peer = house.peerOver((inner) =>
        Object.assign(new BentTransport(inner), { allowPing: () => told.push(agent) }),
      );
      await peer.joins('realm1', { roles: { caller: {} }, ...(agent === undefined ? {} : { agent }) });
    }
    expect(told).toEqual(['@wamp/client']);
  },
);

const houseWith = (realm: RealmOptions, more: Partial<RouterOptions> = {}): House =>
  new House({ realms: { realm1: realm }, ...more });

/** Sends a REGISTER without waiting. @returns its request id */
function asks(peer: TestPeer, procedure = 'a.proc', options = {}): number {
  const request = peer.next();
  peer.sends(new RegisterMessage(request, options, procedure));
  return request;
}

const EXISTS = 'wamp.error.procedure_already_exists';

it('fault 26: a half-open callee is replaced by its own new connection', async () => {
  const left: [LeaveCause, string][] = [];
  const house = new House({
    realms: { realm1: {} },
    observer: { sessionLeft: (_, cause, sentence) => left.push([cause, sentence]) },
  });
  const ghost = await probed(house);
  const caller = await house.joins();
  const old = await ghost.peer.registers('a.proc');
  const call = caller.calls('a.proc');
  await ghost.peer.gets(MessageKind.Invocation);

  const newcomer = await house.joins();
  asks(newcomer);
  await newcomer.getsNothing();
  await caller.getsNothing();
  expect(ghost.asked).toEqual([2_000]);
  ghost.answer(false);
  const { registration } = await newcomer.gets(MessageKind.Registered);
  expect(registration).not.toBe(old);
  expect(await caller.isRefused(MessageKind.Call, call)).toBe('wamp.error.canceled');
  await caller.getsNothing();
  expect(left).toEqual([['lost', 'the peer did not answer a probe within 2000 ms']]);
  expect(ghost.transport.calls).toContain('terminate');
  expect(house.router.stats()).toMatchObject({ sessions: 2, totals: { ghostsClosed: 1, failures: 0 } });

  caller.calls('a.proc', [1]);
  newcomer.yields(await newcomer.gets(MessageKind.Invocation), [2]);
  expect((await caller.gets(MessageKind.Result)).payload.args).toEqual([2]);
});

describe('a holder that is there', () => {
  it('keeps its registration; the newcomer is refused', async () => {
    const house = new House();
    const holder = await probed(house);
    await holder.peer.registers('a.proc');
    const newcomer = await house.joins();
    const request = asks(newcomer);
    await settled();
    holder.answer(true);
    expect(await newcomer.isRefused(MessageKind.Register, request)).toBe(EXISTS);
    expect(house.router.stats()).toMatchObject({ sessions: 2, totals: { ghostsClosed: 0 } });
    // and is asked again the next time
    asks(newcomer);
    await settled();
    expect(holder.asked).toHaveLength(2);
  });

  it('has answered if it sends anything at all', async () => {
    const house = new House();
    const holder = await probed(house);
    await holder.peer.registers('a.proc');
    const newcomer = await house.joins();
    const request = asks(newcomer);
    await settled();
    holder.peer.sends(new CancelMessage(99, {}));
    expect(await newcomer.isRefused(MessageKind.Register, request)).toBe(EXISTS);
    holder.answer(false); // the late answer of the transport does not count
    expect(await holder.peer.isClosed()).toBe(false);
  });

  it('and cannot be asked counts as being there', async () => {
    const house = new House();
    const holder = await house.joins();
    await holder.registers('a.proc');
    const newcomer = await probed(house);
    expect(await newcomer.peer.isRefused(MessageKind.Register, asks(newcomer.peer))).toBe(EXISTS);
  });

  it('and is the newcomer itself is not asked', async () => {
    const house = new House();
    const holder = await probed(house);
    await holder.peer.registers('a.proc');
    expect(await holder.peer.isRefused(MessageKind.Register, asks(holder.peer))).toBe(EXISTS);
    expect(holder.asked).toEqual([]);
  });

  it('is not waited for once one of several has answered', async () => {
    const house = new House();
    const [one, two] = [await probed(house), await probed(house)];
    await one.peer.registers('a.proc', { invoke: 'roundrobin' });
    await two.peer.registers('a.proc', { invoke: 'roundrobin' });
    const newcomer = await house.joins();
    const request = asks(newcomer);
    await settled();
    two.answer(true);
    expect(await newcomer.isRefused(MessageKind.Register, request)).toBe(EXISTS);
    // The other one turns out to be gone all the same.
    one.answer(false);
    expect(await one.peer.isClosed()).toBe(true);
    await newcomer.getsNothing();
  });
});

describe('nobody is asked', () => {
  it('where the realm turned it off', async () => {
    const house = houseWith({ probeMs: 0 });
    const holder = await probed(house);
    await holder.peer.registers('a.proc');
    const newcomer = await house.joins();
    expect(await newcomer.isRefused(MessageKind.Register, asks(newcomer))).toBe(EXISTS);
    expect(holder.asked).toEqual([]);
  });

  it("for a REGISTER that succeeds, or is refused anyway: shared, forced, one of the router's own", async () => {
    const house = new House();
    const holder = await probed(house);
    await holder.peer.registers('a.shared', { invoke: 'roundrobin' });
    await holder.peer.registers('a.proc');
    const newcomer = await house.joins();
    await newcomer.registers('a.shared', { invoke: 'roundrobin' });
    await newcomer.registers('a.proc', { force_reregister: true });
    expect(await newcomer.isRefused(MessageKind.Register, asks(newcomer, 'wamp.session.count'))).toBe(
      'wamp.error.invalid_uri',
    );
    expect(holder.asked).toEqual([]);
  });

  it('on behalf of a session that may not register', async () => {
    const house = houseWith({
      authorizer: { authorize: (_, __, uri) => (uri === 'a.proc' ? 'denied' : 'allowed') },
    });
    const holder = await probed(house);
    const newcomer = await house.joins();
    expect(await newcomer.isRefused(MessageKind.Register, asks(newcomer))).toBe('wamp.error.not_authorized');
    expect(holder.asked).toEqual([]);
  });
});

describe('while the answer is out', () => {
  it("the newcomer's input waits in order, other sessions go on", async () => {
    const house = new House();
    const ghost = await probed(house);
    await ghost.peer.registers('a.proc');
    const newcomer = await probed(house);
    const other = await house.joins();
    const request = asks(newcomer.peer);
    const call = newcomer.peer.calls('a.none');
    await settled();
    expect(newcomer.transport.isPaused).toBe(true);
    expect(await other.result('wamp.session.count')).toEqual([3]);
    await newcomer.peer.getsNothing();
    ghost.answer(false);
    expect((await newcomer.peer.gets(MessageKind.Registered)).request).toBe(request);
    expect(await newcomer.peer.isRefused(MessageKind.Call, call)).toBe('wamp.error.no_such_procedure');
    expect(newcomer.transport.isPaused).toBe(false);
  });

  it('a REGISTER that waited for its permission goes on waiting for the holder', async () => {
    let decide: ((decision: 'allowed') => void) | undefined;
    const house = houseWith({
      authorizer: {
        authorize: (session, action) =>
          action === 'register' && session.authrole === 'slow'
            ? new Promise((resolve) => (decide = resolve))
            : 'allowed',
      },
      authenticators: [
        {
          method: 'anonymous',
          begin: ({ authrole }) => ({
            type: 'accepted',
            principal: { authid: 'a', authrole: authrole ?? 'user', authprovider: 'test' },
          }),
        },
      ],
    });
    const ghost = await probed(house);
    await ghost.peer.registers('a.proc');
    const newcomer = await house.joins('realm1', { roles: { callee: {}, caller: {} }, authrole: 'slow' });
    asks(newcomer);
    const call = newcomer.calls('a.none');
    await settled();
    expect(ghost.asked).toEqual([]);
    decide!('allowed');
    await newcomer.getsNothing();
    expect(ghost.asked).toHaveLength(1);
    ghost.answer(false);
    await newcomer.gets(MessageKind.Registered);
    expect(await newcomer.isRefused(MessageKind.Call, call)).toBe('wamp.error.no_such_procedure');
  });

  it('the newcomer may leave; the ghost is closed all the same, and nothing is registered', async () => {
    const house = new House();
    const ghost = await probed(house);
    await ghost.peer.registers('a.proc');
    const newcomer = await house.joins();
    asks(newcomer);
    await settled();
    newcomer.transport.terminate('gone');
    await settled();
    ghost.answer(false);
    await settled();
    const stats = house.router.stats();
    expect(stats.sessions).toBe(0);
    expect(stats.totals).toMatchObject({ ghostsClosed: 1, failures: 0 });
    expect(await (await house.joins()).failure('a.proc')).toBe('wamp.error.no_such_procedure');
  });

  it.each<[string, (holder: Probed) => void]>([
    ['its transport closes', ({ transport }) => transport.inner.terminate('gone')],
    [
      'it breaks the protocol',
      ({ transport }) => {
        transport.receiver!.violated('text frame');
      },
    ],
  ])('the holder may leave: %s, and the newcomer is registered at once', async (_, leave) => {
    const house = new House();
    const holder = await probed(house);
    await holder.peer.registers('a.proc');
    const newcomer = await house.joins();
    asks(newcomer);
    await settled();
    leave(holder);
    await newcomer.gets(MessageKind.Registered);
    holder.answer(false);
    await settled();
    expect(house.router.stats().totals).toMatchObject({ ghostsClosed: 0, failures: 0 });
  });

  it('the holder may give up the registration', async () => {
    const house = new House();
    const holder = await probed(house);
    const id = await holder.peer.registers('a.proc');
    const newcomer = await house.joins();
    asks(newcomer);
    await settled();
    holder.peer.sends(new UnregisterMessage(holder.peer.next(), id));
    await newcomer.gets(MessageKind.Registered);
    expect(await holder.peer.isClosed()).toBe(false);
  });

  it('several newcomers share the probe; the first of them is registered, the second refused', async () => {
    const house = new House();
    const ghost = await probed(house);
    await ghost.peer.registers('a.proc');
    await ghost.peer.registers('a.other');
    const [one, two, three] = [await house.joins(), await house.joins(), await house.joins()];
    asks(one);
    const second = asks(two);
    asks(three, 'a.other');
    await settled();
    expect(ghost.asked).toHaveLength(1);
    ghost.answer(false);
    await one.gets(MessageKind.Registered);
    expect(await two.isRefused(MessageKind.Register, second)).toBe(EXISTS);
    await three.gets(MessageKind.Registered);
  });

  it('a newcomer that is a ghost itself by then is found out in turn', async () => {
    const house = new House();
    const ghost = await probed(house);
    await ghost.peer.registers('a.proc');
    const second = await probed(house);
    asks(second.peer);
    await settled();
    const third = await house.joins();
    asks(third);
    await settled();
    ghost.answer(false);
    await settled();
    await third.getsNothing();
    expect(second.asked).toHaveLength(1);
    second.answer(false);
    await third.gets(MessageKind.Registered);
    expect(house.router.stats().totals.ghostsClosed).toBe(2);
  });
});

it('many holders are asked a few at a time; all of them have to be gone', async () => {
  const house = new House({ realms: { realm1: {} }, limits: { probedHolders: 2 } });
  const ghosts = [await probed(house), await probed(house), await probed(house)];
  for (const { peer } of ghosts) await peer.registers('a.proc', { invoke: 'roundrobin' });
  const newcomer = await house.joins();
  asks(newcomer);
  await settled();
  expect(ghosts.map(({ asked }) => asked.length)).toEqual([1, 1, 0]);
  ghosts[0]!.answer(false);
  ghosts[1]!.answer(false);
  await settled();
  expect(ghosts.map(({ asked }) => asked.length)).toEqual([1, 1, 1]);
  await newcomer.getsNothing();
  ghosts[2]!.answer(false);
  await newcomer.gets(MessageKind.Registered);
});

it('a transport that fails when it is asked is lost', async () => {
  const house = new House();
  const holder = await probed(house);
  await holder.peer.registers('a.proc');
  holder.transport.probe = () => {
    throw new Error('the socket is broken');
  };
  const newcomer = await house.joins();
  await newcomer.registers('a.proc');
  expect(house.router.stats()).toMatchObject({ sessions: 1, totals: { failures: 1 } });
});

it('a holder that dies while the realm is at work is found to be gone behind that work', async () => {
  const house = new House();
  const holder = await probed(house);
  await holder.peer.registers('a.proc');
  const newcomer = await probed(house);
  asks(newcomer.peer);
  await settled();
  // The holder's transport breaks when a call is sent to it: in the middle of a dispatch.
  holder.transport.throwsOnSend = true;
  const caller = await house.joins();
  const call = new CallMessage(caller.next(), {}, 'a.proc');
  caller.sends(call);
  await newcomer.peer.gets(MessageKind.Registered);
  expect(await caller.isRefused(MessageKind.Call, call.request)).toBe('wamp.error.canceled');
});

it('a holder that has ended a moment ago, in the middle of the same work, is not waited for', async () => {
  const house = new House();
  const holder = await probed(house);
  const newcomer = await probed(house);
  await holder.peer.registers('a.proc');
  await holder.peer.subscribes('a.topic');
  await newcomer.peer.subscribes('a.topic');
  const publisher = await house.joins();
  // The event breaks the holder's transport; while it is being sent to the newcomer, the newcomer's REGISTER comes in.
  holder.transport.throwsOnSend = true;
  newcomer.transport.duringSend = () => {
    const register = new RegisterMessage(newcomer.peer.next(), {}, 'a.proc');
    newcomer.transport.receiver!.receive(newcomer.peer.serializer.encode(register));
  };
  publisher.publishes('a.topic');
  await newcomer.peer.gets(MessageKind.Event);
  await newcomer.peer.gets(MessageKind.Registered);
  expect(holder.asked).toEqual([]);
  expect(house.router.stats()).toMatchObject({ sessions: 2, totals: { failures: 1 } });
});
