/** @wamp/dealer: registrations, invocations and the life of every routed call, without IO. */
export { Dealer, type DealerStats } from './dealer.js';
export type { DealerOptions, Disclosure } from './dealer-options.js';
export { DealerSession, type DealerSeat } from './dealer-session.js';
export { Callee } from './callee.js';
export { DEFAULT_LIMITS, type DealerLimits } from './limits.js';
export type { DealerOutbox } from './outbox.js';
export type { RegistrationEvent } from './registration-event.js';
export type { Registrations } from './registration-table.js';
export { Registration } from './registration.js';
