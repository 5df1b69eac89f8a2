/** `wamp ping`: how long the router takes to answer. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, Option } from 'commander';
import { withClient, withConnectionOptions, type ConnectionOptions } from '../connection.js';
import { Output } from '../output.js';
import type { Terminal } from '../terminal.js';
import { countFrom } from '../values.js';

interface PingOptions extends ConnectionOptions {
  readonly count: number;
  readonly interval: number;
}

/** Answered by the router itself, in every realm that lets us call it. */
const PROCEDURE = 'wamp.session.count';

export function pingCommand(terminal: Terminal): Command {
  const command = new Command('ping')
    .description('measure how long the router takes to answer')
    .addOption(new Option('-n, --count <pings>', 'how many').argParser(countFrom).default(4))
    .addOption(new Option('--interval <ms>', 'time between two').argParser(countFrom).default(1_000));
  return withConnectionOptions(command).action(async ({ count, interval, ...options }: PingOptions) => {
    await withClient(options, terminal, async (client) => {
      const output = new Output(terminal, true);
      for (let n = 1; n <= count && !terminal.interrupted.aborted; n += 1) {
        const begun = performance.now();
        await client.call(PROCEDURE, [], { signal: terminal.interrupted });
        output.line({ ping: n, ms: Number((performance.now() - begun).toFixed(3)) });
        if (n < count)
          await sleep(interval, undefined, { signal: terminal.interrupted }).catch(() => undefined);
      }
    });
  });
}
