/**
 * INVOCATION.Details, built from nothing: only keys that the specification defines, and `x_credit`, ever get in, so that no caller can
 * smuggle an identity or a private option to a callee. Sends nothing and changes nothing.
 */
import { EMPTY_DICT, type InvocationDetails, copyPassthru, describesPayload } from '@wamp/protocol';
import type { Callee } from './callee.js';
import type { Disclosure } from './dealer-options.js';
import type { Invocation } from './invocation.js';

/**
 * Details of the first INVOCATION that `callee` gets for this call; the shared empty dictionary if there is nothing to
 * say.
 */
export function invocationDetails<Owner>(
  invocation: Invocation<Owner>,
  callee: Callee<Owner>,
  disclosure: Disclosure,
  now: number,
): InvocationDetails {
  const { options } = invocation;
  const disclosed = isDisclosed(invocation, callee, disclosure);
  const isPattern = invocation.registration.match !== 'exact';
  const { trustLevel } = invocation.caller;
  if (!disclosed && !isPattern && options === EMPTY_DICT && trustLevel === undefined) {
    if (invocation.timeoutMs === 0 || !callee.forwardsTimeout) return EMPTY_DICT;
  }
  const details: Record<string, unknown> = {};
  // spec: rpc-pattern-based-registration: needed where the registration's URI does not tell
  if (isPattern) details['procedure'] = invocation.procedure;
  if (disclosed) {
    details['caller'] = invocation.identity.session;
    details['caller_authid'] = invocation.identity.authid;
    details['caller_authrole'] = invocation.identity.authrole;
  }
  if (trustLevel !== undefined && callee.session.takesTrustLevel) details['trustlevel'] = trustLevel;
  if (invocation.wantsProgress && callee.session.sendsProgress) {
    details['receive_progress'] = true;
    if (options.x_credit !== undefined && callee.session.takesCredit) details['x_credit'] = options.x_credit;
  }
  if (invocation.isProgressive) details['progress'] = true;
  if (invocation.timeoutMs > 0 && callee.forwardsTimeout) {
    details['timeout'] = Math.max(1, invocation.deadline - now);
  }
  if (describesPayload(options)) copyPassthru(options, details);
  return Object.keys(details).length === 0 ? EMPTY_DICT : details;
}

/**
 * Details of a further chunk: those of the first one, whatever the chunk's own options say.
 * Source: advanced profile, "Progressive Call Invocations", ignored options.
 */
export function chunkDetails(first: InvocationDetails, hasProgress: boolean): InvocationDetails {
  if (hasProgress && first.x_credit === undefined) return first;
  const details: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(first)) {
    // Credit was given once, and is not given again by every chunk.
    if (key !== 'x_credit' && (hasProgress || key !== 'progress')) details[key] = value;
  }
  return details;
}

function isDisclosed<Owner>(
  invocation: Invocation<Owner>,
  callee: Callee<Owner>,
  disclosure: Disclosure,
): boolean {
  // The router's own procedures have to know who calls.
  if (callee.session.trusted || disclosure === 'always') return true;
  if (disclosure === 'never' || !callee.session.takesIdentity) return false;
  return callee.disclosesCaller || invocation.options.disclose_me === true;
}
