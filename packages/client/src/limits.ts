/** Numbers that bound what a session keeps, each with its reason. */

/** Longest time from the first byte to WELCOME: three slow round trips and an authenticator that asks a database. */
export const HANDSHAKE_TIMEOUT_MS = 10_000;

/** Longest wait for the router's GOODBYE and for the transport's end; after it the link is cut. */
export const CLOSE_TIMEOUT_MS = 5_000;

/** Invocations that one session works on at a time; a router that sends more gets ERROR `wamp.error.limit_exceeded`. */
export const MAX_OPEN_INVOCATIONS = 10_000;

/** Progressive results or chunks that wait for a slow consumer before the call is given up. */
export const MAX_BUFFERED_VALUES = 1_024;

/** Progressive invocations answered early of which late chunks are still recognized. */
export const MAX_ANSWERED_EARLY = 1_024;

/** Longest frame accepted from a router over WebSocket, in bytes. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024;

/** Buffered bytes above which generators and uploads wait before they send more. */
export const CONGESTED_BYTES = 1024 * 1024;

/** `setTimeout` fires at once above this; nobody waits 24 days for an answer. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** Progressive results that a callee may send before the loop has taken any; more are asked for by halves of it. */
export const CREDIT_WINDOW = 64;

/** Requests that wait for a session while there is none. */
export const MAX_WAITING = 1_000;

/** Longest wait between two attempts to resume a session: routers keep it for seconds only. */
export const MAX_RESUME_DELAY_MS = 2_000;
