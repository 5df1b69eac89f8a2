import { PeerFeatures, type Dict } from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import { forgetsCanceledCalls, takesPings } from './peer-quirks.js';

const features = (...names: string[]): Dict => ({
  features: Object.fromEntries(names.map((name) => [name, true])),
});
const caller = features('caller_identification', 'call_canceling', 'progressive_call_results');
const callee = features(
  'caller_identification',
  'pattern_based_registration',
  'shared_registration',
  'progressive_call_results',
  'registration_revocation',
);

function recognised(roles: Dict, agent?: string): boolean {
  return forgetsCanceledCalls(agent, PeerFeatures.ofClient({ roles }));
}

describe('autobahn-js is recognised', () => {
  it('by exactly what it announces, and no agent', () => {
    expect(recognised({ publisher: {}, subscriber: {}, caller, callee })).toBe(true);
  });

  it('and nobody else is: one feature more or less, or an agent, is another client', () => {
    expect(recognised({ caller, callee }, 'somebody')).toBe(false);
    expect(recognised({ caller })).toBe(false);
    expect(recognised({ caller: features('call_canceling'), callee })).toBe(false);
    expect(recognised({ caller, callee: features('call_canceling', 'caller_identification') })).toBe(false);
    const more = features(
      'caller_identification',
      'call_canceling',
      'progressive_call_results',
      'call_timeout',
    );
    expect(recognised({ caller: more, callee })).toBe(false);
  });
});

it('whoever says what it is may be sent a PING over RawSocket, but not Autobahn and Crossbar.io', () => {
  for (const agent of ['@wamp/client', 'nexus', 'xconn-go']) expect(takesPings(agent)).toBe(true);
  for (const agent of [
    'AutobahnPython-23.6.2',
    'autobahn',
    'Crossbar/22',
    'crossbar.io',
    '',
    undefined,
    null,
    7,
  ])
    expect(takesPings(agent)).toBe(false);
});
