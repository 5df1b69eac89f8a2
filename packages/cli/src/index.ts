/** @wamp/cli: the `wamp` command, also as a function for programs and tests. */
export { main } from './main.js';
export { ExitCode } from './exit-code.js';
export type { Terminal } from './terminal.js';
