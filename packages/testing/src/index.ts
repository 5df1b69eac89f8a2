/** @wamp/testing: a router in the test's own process, with time and lines that the test commands. */
export {
  createTestRouter,
  type TestClientOptions,
  type TestRouter,
  type TestRouterOptions,
} from './test-router.js';
export { VirtualClock } from './virtual-clock.js';
export type { Line } from './line.js';
