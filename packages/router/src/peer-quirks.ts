/**
 * Peers in the field whose behaviour the specification did not foresee, and how they are recognised.
 * Knows what a client said of itself in HELLO; decides nothing but "this is such a client".
 */
import type { Feature, PeerFeatures, Role } from '@wamp/protocol';

/** What autobahn-js announces, the same in all its versions of the last years; it names no agent. */
const AUTOBAHN_JS: Readonly<Partial<Record<Role, readonly Feature[]>>> = {
  caller: ['caller_identification', 'call_canceling', 'progressive_call_results'],
  callee: [
    'caller_identification',
    'pattern_based_registration',
    'shared_registration',
    'progressive_call_results',
    'registration_revocation',
  ],
};

/**
 * True for autobahn-js. Its `call.cancel()` forgets the call, unless the mode is `kill`, and the library closes its own
 * connection when the ERROR arrives that the specification requires. Such a client must not be answered.
 */
export function forgetsCanceledCalls(agent: string | undefined, features: PeerFeatures): boolean {
  return agent === undefined && announces(features, 'caller') && announces(features, 'callee');
}

/**
 * True for clients that may be sent a PING over RawSocket. Autobahn|Python, which is also in Crossbar.io, reads it as a message that is
 * far too long and closes; whoever does not say what it is might be that.
 */
export function takesPings(agent: unknown): boolean {
  return typeof agent === 'string' && agent !== '' && !/autobahn|crossbar/i.test(agent);
}

function announces(features: PeerFeatures, role: 'caller' | 'callee'): boolean {
  const expected = AUTOBAHN_JS[role]!;
  const announced = features.of(role);
  return announced.size === expected.length && expected.every((feature) => announced.has(feature));
}
