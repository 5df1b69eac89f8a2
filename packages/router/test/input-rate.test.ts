import { MessageKind } from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import { House, settled, type TestPeer } from './test-peer.fixture.js';

/** A router with a rate, and a subscriber to a topic that a fast peer publishes to. HELLO is a message, too. */
async function scene(limits: { messagesPerSecond?: number; bytesPerSecond?: number }): Promise<{
  house: House;
  fast: TestPeer;
  got: () => Promise<number>;
}> {
  const house = new House({ realms: { realm1: {} }, limits });
  const watcher = await house.joins();
  await watcher.subscribes('a.topic');
  const fast = await house.joins();
  let events = 0;
  const got = async (): Promise<number> => {
    await settled(20);
    events += watcher.inbox.splice(0).filter(({ kind }) => kind === MessageKind.Event).length;
    return events;
  };
  return { house, fast, got };
}

describe('the rate of messages', () => {
  it('a burst of two seconds passes at once, the rest at the rate, and nothing is lost', async () => {
    const { house, fast, got } = await scene({ messagesPerSecond: 10 });
    for (let i = 0; i < 100; i += 1) {
      fast.publishes('a.topic', [i]);
      // A transport delivers one frame after the other; one that waits in the network is not delivered while it is paused.
      await settled(1);
    }
    const first = await got();
    expect(first).toBeGreaterThanOrEqual(19);
    expect(first).toBeLessThan(30);
    let before = first;
    for (let second = 0; second < 5; second += 1) {
      for (let tenth = 0; tenth < 10; tenth += 1) {
        house.clock.advance(100);
        await settled(5);
      }
      const now = await got();
      expect(now - before).toBeLessThanOrEqual(12);
      before = now;
    }
    for (let i = 0; i < 200; i += 1) {
      house.clock.advance(100);
      await settled(1);
    }
    expect(await got()).toBe(100);
    expect(house.router.stats().totals.ratePauses).toBeGreaterThan(0);
    expect(house.router.stats().totals.violations).toBe(0);
  });

  it('bytes count as well as messages', async () => {
    const { house, fast, got } = await scene({ bytesPerSecond: 1_000 });
    fast.publishes('a.topic', ['x'.repeat(5_000)]);
    fast.publishes('a.topic', ['next']);
    expect(await got()).toBeLessThanOrEqual(2);
    fast.publishes('a.topic', ['last']);
    const before = await got();
    expect(before).toBeLessThan(3);
    house.clock.advance(2_000);
    expect(await got()).toBe(before);
    house.clock.advance(60_000);
    expect(await got()).toBe(3);
  });

  it('a peer within its rate is never paused, and one that ends while it is leaves nothing behind', async () => {
    const { house, fast, got } = await scene({ messagesPerSecond: 10 });
    for (let i = 0; i < 50; i += 1) {
      house.clock.advance(100);
      fast.publishes('a.topic');
      await settled(1);
    }
    expect(await got()).toBe(50);
    expect(house.router.stats().totals.ratePauses).toBe(0);
    for (let i = 0; i < 50; i += 1) fast.publishes('a.topic');
    await settled();
    fast.transport.terminate('gone');
    await settled();
    expect(house.router.stats().sessions).toBe(1);
  });

  it('without a rate a transport is left as it is', async () => {
    const { house, fast, got } = await scene({});
    for (let i = 0; i < 500; i += 1) fast.publishes('a.topic');
    expect(await got()).toBe(500);
    expect(house.router.stats().totals.ratePauses).toBe(0);
  });
});
