import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Keepalive, type Watched } from './keepalive.js';

class Peer implements Watched {
  alive = false;
  pings = 0;
  readonly cuts: string[] = [];
  takeSignOfLife(): boolean {
    const alive = this.alive;
    this.alive = false;
    return alive;
  }
  ping(): void {
    this.pings += 1;
  }
  terminate(reason: string): void {
    this.cuts.push(reason);
  }
}

describe('keepalive', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('pings after the interval and cuts after the timeout on top, once each', () => {
    const keepalive = new Keepalive(20_000, 20_000);
    const peer = new Peer();
    keepalive.watch(peer);
    vi.advanceTimersByTime(19_999);
    expect(peer.pings).toBe(0);
    vi.advanceTimersByTime(1);
    expect(peer.pings).toBe(1);
    vi.advanceTimersByTime(19_999);
    expect(peer.cuts).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(peer.cuts).toEqual(['no sign of life for 40000 ms']);
    vi.advanceTimersByTime(100_000);
    expect([peer.pings, peer.cuts.length]).toEqual([1, 1]);
    keepalive.unwatch(peer);
  });

  it('any sign of life starts the count anew', () => {
    const keepalive = new Keepalive(20_000, 10_000);
    const peer = new Peer();
    keepalive.watch(peer);
    for (let i = 0; i < 20; i++) {
      vi.advanceTimersByTime(25_000);
      peer.alive = true;
    }
    expect(peer.pings).toBe(20);
    expect(peer.cuts).toEqual([]);
    keepalive.unwatch(peer);
  });

  it('does nothing when it is switched off, and keeps no timer when nobody is watched', () => {
    const off = new Keepalive(0, 1000);
    off.watch(new Peer());
    expect(vi.getTimerCount()).toBe(0);
    const keepalive = new Keepalive(1000, 1000);
    const peers = [new Peer(), new Peer()];
    for (const peer of peers) keepalive.watch(peer);
    expect(vi.getTimerCount()).toBe(1);
    for (const peer of peers) keepalive.unwatch(peer);
    expect(vi.getTimerCount()).toBe(0);
  });
});
