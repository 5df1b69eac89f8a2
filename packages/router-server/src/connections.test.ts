import type { Transport } from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import { Connections, networkOf, type Connection } from './connections.js';
import { listenerLimits } from './limits.js';

const connection = (): Connection =>
  ({
    takeSignOfLife: () => true,
    ping: () => undefined,
    terminate: () => undefined,
  }) as unknown as Transport & Connection;

describe('connections', () => {
  it('are bounded in all and from one address, and this machine does not count', () => {
    const connections = new Connections(
      listenerLimits({ maxConnections: 5, maxConnectionsPerAddress: 2, pingIntervalMs: 0 }),
    );
    const [one, other] = [connection(), connection()];
    connections.add(one, '192.0.2.1');
    expect(connections.refusalFor('192.0.2.1')).toBeUndefined();
    connections.add(other, '::ffff:192.0.2.1');
    expect(connections.refusalFor('192.0.2.1')).toBe('too_many_from_address');
    expect(connections.refusalFor('192.0.2.2')).toBeUndefined();
    connections.remove(one);
    connections.remove(one);
    expect(connections.refusalFor('192.0.2.1')).toBeUndefined();
    for (let i = 0; i < 4; i++) connections.add(connection(), i % 2 === 0 ? '127.0.0.1' : undefined);
    expect(connections.refusalFor('127.0.0.1')).toBe('too_many');
    connections.stopAccepting();
    expect(connections.refusalFor('127.0.0.1')).toBe('shutting_down');
  });

  it('of one IPv6 network of 64 bits are from one address', () => {
    expect(networkOf('2001:db8:0:1:2::3')).toBe('2001:db8:0:1::/64');
    expect(networkOf('2001:db8::9')).toBe('2001:db8:0:0::/64');
    expect(networkOf('2001:DB8:0:1:ffff:ffff:ffff:ffff')).toBe('2001:db8:0:1::/64');
    expect(networkOf('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
    for (const own of ['::1', '127.3.2.1', '::ffff:127.0.0.1', undefined])
      expect(networkOf(own)).toBeUndefined();
    expect(networkOf('198.51.100.7')).toBe('198.51.100.7');
  });
});
