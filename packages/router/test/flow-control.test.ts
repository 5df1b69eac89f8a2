import {
  CallMessage,
  EventMessage,
  MessageKind,
  Payload,
  PublishMessage,
  YieldMessage,
} from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import type { LeaveCause } from '../src/index.js';
import { BentTransport } from './bent-transport.fixture.js';
import { House, settled, type TestPeer } from './test-peer.fixture.js';

const LIMITS = { outboundLowBytes: 1_000, outboundHighBytes: 10_000 };

async function bent(house: House): Promise<{ peer: TestPeer; transport: BentTransport }> {
  let transport: BentTransport | undefined;
  const peer = house.peerOver((inner) => (transport = new BentTransport(inner)));
  await peer.joins();
  return { peer, transport: transport! };
}

describe('a peer that reads slowly', () => {
  it('SEC-004: above the low mark its own input waits, until its buffer is drained', async () => {
    const seen: boolean[] = [];
    const house = new House({
      realms: { realm1: {} },
      limits: LIMITS,
      observer: { congested: (_, isCongested) => seen.push(isCongested) },
    });
    const { peer, transport } = await bent(house);
    const other = await house.joins();
    await peer.subscribes('a.topic');
    transport.claimedBytes = 1_001;
    other.publishes('a.topic', [1]);
    await peer.gets(MessageKind.Event);
    expect(transport.isPaused).toBe(true);
    const call = peer.calls('a.none');
    // A frame that the transport had already read is kept, not lost.
    transport.receiver!.receive(peer.serializer.encode(new CallMessage(99, {}, 'a.none')));
    await peer.getsNothing();
    other.publishes('a.topic', [2]);
    await peer.gets(MessageKind.Event);
    transport.claimedBytes = 0;
    transport.receiver!.drained();
    expect(transport.isPaused).toBe(false);
    expect(await peer.isRefused(MessageKind.Call, 99)).toBe('wamp.error.no_such_procedure');
    expect(await peer.isRefused(MessageKind.Call, call)).toBe('wamp.error.no_such_procedure');
    expect(seen).toEqual([true, false]);
    expect(house.router.stats().totals.congestions).toBe(1);
  });

  it('fault 13: it is not called while others can serve, and delays nobody', async () => {
    const house = new House({ realms: { realm1: {} }, limits: LIMITS });
    const { peer: slow, transport } = await bent(house);
    const fast = await house.joins();
    const caller = await house.joins();
    await slow.registers('a.proc', { invoke: 'roundrobin' });
    await fast.registers('a.proc', { invoke: 'roundrobin' });
    await slow.subscribes('a.topic');
    transport.claimedBytes = 5_000;
    caller.publishes('a.topic');
    for (let n = 0; n < 4; n += 1) {
      caller.calls('a.proc', [n]);
      fast.yields(await fast.gets(MessageKind.Invocation), [n]);
      expect((await caller.gets(MessageKind.Result)).payload.args).toEqual([n]);
    }
    await slow.gets(MessageKind.Event);
    await slow.getsNothing();
    transport.claimedBytes = 0;
    transport.receiver!.drained();
    caller.calls('a.proc');
    caller.calls('a.proc');
    await slow.gets(MessageKind.Invocation);
    await fast.gets(MessageKind.Invocation);
  });

  it('RPC-040: the only callee that does not read is answered for at once', async () => {
    const house = new House({ realms: { realm1: {} }, limits: LIMITS });
    const { peer: slow, transport } = await bent(house);
    const caller = await house.joins();
    await slow.registers('a.proc');
    await slow.subscribes('a.topic');
    transport.claimedBytes = 5_000;
    caller.publishes('a.topic');
    await settled();
    expect(await caller.failure('a.proc')).toBe('wamp.error.network_failure');
  });

  it('PCR-018: a caller that takes no results is cut, and its callee is interrupted', async () => {
    const house = new House({ realms: { realm1: {} }, limits: LIMITS });
    const { peer: slow, transport } = await bent(house);
    const callee = await house.joins();
    await callee.registers('a.stream');
    slow.calls('a.stream', [], {}, { receive_progress: true });
    const { request } = await callee.gets(MessageKind.Invocation);
    transport.claimedBytes = 5_000;
    callee.sends(new YieldMessage(request, { progress: true }, Payload.of([1])));
    await callee.getsNothing();
    transport.claimedBytes = 10_001;
    callee.sends(new YieldMessage(request, { progress: true }, Payload.of([2])));
    expect(await callee.gets(MessageKind.Interrupt)).toMatchObject({
      request,
      options: { mode: 'killnowait' },
    });
    expect(await slow.isClosed()).toBe(true);
    expect(house.router.stats().realms.get('realm1')?.openCalls).toBe(0);
  });

  it('SEC-004: above the high mark it is cut, its callers are answered, and the host is told', async () => {
    const left: LeaveCause[] = [];
    const house = new House({
      realms: { realm1: {} },
      limits: LIMITS,
      observer: { sessionLeft: (_, cause) => left.push(cause) },
    });
    const { peer: slow, transport } = await bent(house);
    const other = await house.joins();
    await slow.registers('a.proc');
    await slow.subscribes('a.topic');
    const call = other.calls('a.proc');
    await slow.gets(MessageKind.Invocation);
    transport.claimedBytes = 10_001;
    other.publishes('a.topic', [], { acknowledge: true });
    await other.gets(MessageKind.Published);
    expect(await other.isRefused(MessageKind.Call, call)).toBe('wamp.error.canceled');
    expect(await slow.isClosed()).toBe(true);
    expect(slow.how).toMatchObject({ wasClean: false });
    expect(left).toEqual(['too_slow']);
    expect(await other.result('wamp.session.count')).toEqual([1]);
    expect(house.router.stats().totals.slowSessionsCut).toBe(1);
  });

  it('a real buffer: a subscriber that stops reading is cut at the high mark, the publisher goes on', async () => {
    const house = new House({ realms: { realm1: {} }, limits: LIMITS });
    const slow = await house.joins();
    const reader = await house.joins();
    const publisher = await house.joins();
    await slow.subscribes('a.topic');
    await reader.subscribes('a.topic');
    slow.transport.pause();
    for (let n = 0; n < 30; n += 1) {
      publisher.publishes('a.topic', ['x'.repeat(500)]);
      await settled(1);
    }
    await settled();
    expect(slow.how).toMatchObject({ wasClean: false });
    expect(reader.log.filter((message) => message instanceof EventMessage)).toHaveLength(30);
    expect(house.router.stats().sessions).toBe(2);
  });
});

describe('transports that misbehave', () => {
  it('one that throws in send is treated as lost; dealer and broker do not notice', async () => {
    const failures: unknown[] = [];
    const house = new House({
      realms: { realm1: {} },
      observer: { failed: (error) => failures.push(error) },
    });
    const { peer: broken, transport } = await bent(house);
    const other = await house.joins();
    await broken.registers('a.proc');
    await broken.subscribes('a.topic');
    await other.subscribes('a.topic');
    transport.throwsOnSend = true;
    const call = other.calls('a.proc');
    expect(await other.isRefused(MessageKind.Call, call)).toBe('wamp.error.canceled');
    expect(failures).toHaveLength(1);
    expect(await other.result('wamp.session.count')).toEqual([1]);
    expect(await other.failure('a.proc')).toBe('wamp.error.no_such_procedure');
  });

  it('one that delivers from within send does not disturb the dispatch', async () => {
    const house = new House();
    const { peer: callee, transport } = await bent(house);
    const caller = await house.joins();
    await callee.registers('a.proc');
    // The callee answers its INVOCATION before the router has finished sending it.
    transport.duringSend = () => {
      const answer = callee.serializer.encode(
        new CallMessage(callee.next(), {}, 'wamp.session.count', Payload.of([])),
      );
      transport.receiver!.receive(answer);
    };
    caller.calls('a.proc');
    const invocation = await callee.gets(MessageKind.Invocation);
    expect((await callee.gets(MessageKind.Result)).payload.args).toEqual([2]);
    callee.yields(invocation, [1]);
    await caller.gets(MessageKind.Result);
  });

  it('one that delivers from within send does not change the order of events for others', async () => {
    const house = new House();
    const { peer: eager, transport } = await bent(house);
    const last = await house.joins();
    const publisher = await house.joins();
    await eager.subscribes('a.topic');
    await last.subscribes('a.topic');
    transport.duringSend = () => {
      const answer = new PublishMessage(eager.next(), {}, 'a.topic', Payload.of(['second']));
      transport.receiver!.receive(eager.serializer.encode(answer));
    };
    publisher.publishes('a.topic', ['first']);
    expect((await last.gets(MessageKind.Event)).payload.args).toEqual(['first']);
    expect((await last.gets(MessageKind.Event)).payload.args).toEqual(['second']);
  });

  it('a session that ends in the middle of a dispatch gets nothing more of it', async () => {
    const house = new House();
    const { peer, transport } = await bent(house);
    const publisher = await house.joins();
    await peer.subscribes('a.topic');
    await peer.subscribes('a.', { match: 'prefix' });
    transport.sent = 0;
    transport.duringSend = () => {
      transport.receiver!.closed({ wasClean: false, reason: 'reset' });
    };
    publisher.publishes('a.topic');
    await settled();
    expect(transport.sent).toBe(1);

    const { peer: caller, transport: line } = await bent(house);
    await publisher.registers('a.proc');
    caller.calls('a.proc');
    caller.calls('a.proc');
    await settled();
    line.sent = 0;
    line.duringSend = () => {
      line.receiver!.closed({ wasClean: false, reason: 'reset' });
    };
    await publisher.leaves().catch(() => undefined);
    await settled();
    expect(line.sent).toBe(1);
  });

  it('one that closes from within send does not disturb the dispatch', async () => {
    const house = new House();
    const { peer: callee, transport } = await bent(house);
    const caller = await house.joins();
    await callee.registers('a.proc');
    transport.duringSend = () => {
      transport.receiver!.closed({ wasClean: false, reason: 'reset' });
    };
    const call = caller.calls('a.proc');
    expect(await caller.isRefused(MessageKind.Call, call)).toBe('wamp.error.canceled');
    expect(await caller.result('wamp.session.count')).toEqual([1]);
    transport.receiver!.closed({ wasClean: false, reason: 'again' });
    expect(house.router.stats()).toMatchObject({ sessions: 1, handshakes: 0 });
  });

  it('one that breaks its own rules is a violation', async () => {
    const house = new House();
    const { peer, transport } = await bent(house);
    transport.receiver!.violated('a text frame where a binary one belongs');
    expect(await peer.isAborted()).toBe('a text frame where a binary one belongs');
    expect(transport.calls).toContain('close protocol_violation');
  });
});
