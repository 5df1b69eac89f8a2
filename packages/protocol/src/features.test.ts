import { describe, expect, it } from 'vitest';
import { announceRoles, PeerFeatures } from './features.js';

describe('PeerFeatures', () => {
  it('knows what a client announced, role by role', () => {
    const features = PeerFeatures.ofClient({
      roles: { caller: { features: { call_timeout: true } }, callee: { features: {} } },
    });
    expect(features.roles).toEqual(['caller', 'callee']);
    expect(features.has('caller', 'call_timeout')).toBe(true);
    expect(features.has('callee', 'call_timeout')).toBe(false);
    expect(features.has('subscriber', 'event_history')).toBe(false);
    expect(features.hasRole('caller')).toBe(true);
    expect(features.hasRole('subscriber')).toBe(false);
  });

  it('SESS-010: takes roles without features', () => {
    const features = PeerFeatures.ofClient({
      roles: { publisher: {}, subscriber: null, callee: { features: 7 } },
    });
    expect(features.roles).toEqual(['publisher', 'subscriber', 'callee']);
    expect(features.has('publisher', 'publisher_exclusion')).toBe(false);
  });

  it('SESS-011: counts a value other than true as not announced', () => {
    const values = {
      call_timeout: 1,
      call_canceling: 'true',
      call_reroute: false,
      progressive_call_results: true,
    };
    const features = PeerFeatures.ofClient({ roles: { caller: { features: values } } });
    expect(features.has('caller', 'call_timeout')).toBe(false);
    expect(features.has('caller', 'call_canceling')).toBe(false);
    expect(features.has('caller', 'call_reroute')).toBe(false);
    expect(features.has('caller', 'progressive_call_results')).toBe(true);
  });

  it('SESS-008, SESS-009: ignores roles that are unknown or belong to the other side', () => {
    expect(PeerFeatures.ofClient({ roles: { caller: {}, foo: {}, dealer: {} } }).roles).toEqual(['caller']);
    for (const details of [{}, { roles: {} }, { roles: [] }, { roles: 'caller' }, { roles: { foo: {} } }]) {
      expect(PeerFeatures.ofClient(details).roles).toEqual([]);
    }
  });

  it('does not take what every object has for an announcement', () => {
    const features = PeerFeatures.ofClient({ roles: { caller: {} } });
    expect(features.has('caller', 'constructor' as never)).toBe(false);
    expect(PeerFeatures.ofClient({ roles: Object.create({ caller: {} }) }).roles).toEqual([]);
  });

  it('understands the misspelt call_cancelling', () => {
    const features = PeerFeatures.ofClient({ roles: { callee: { features: { call_cancelling: true } } } });
    expect(features.has('callee', 'call_canceling')).toBe(true);
  });

  it('reads what a router announced', () => {
    const features = PeerFeatures.ofRouter({
      roles: announceRoles({ broker: ['event_retention'], dealer: ['call_timeout', 'call_canceling'] }),
    });
    expect(features.roles).toEqual(['broker', 'dealer']);
    expect(features.has('broker', 'event_retention')).toBe(true);
    expect(features.has('dealer', 'call_canceling')).toBe(true);
    expect(features.has('dealer', 'event_retention')).toBe(false);
  });
});

describe('announceRoles', () => {
  it('makes the dictionary of HELLO and WELCOME', () => {
    expect(announceRoles({ caller: ['call_timeout'], callee: [] })).toEqual({
      caller: { features: { call_timeout: true } },
      callee: { features: {} },
    });
  });

  it('gives all that was announced for a role, also what it does not know', () => {
    const features = PeerFeatures.ofClient({
      roles: { caller: { features: { x_mine: true, call_timeout: false } } },
    });
    expect([...features.of('caller')]).toEqual(['x_mine']);
    expect(features.of('callee').size).toBe(0);
  });
});
