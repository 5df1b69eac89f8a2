/** `wamp ping`: how long the router takes to answer. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, Option } from 'commander';
import { WampError, type Client } from '@wamp/client';
import { withClient, withConnectionOptions, type ConnectionOptions } from '../connection.js';
import { Output } from '../output.js';
import type { Terminal } from '../terminal.js';
import { countFrom } from '../values.js';

interface PingOptions extends ConnectionOptions {
  readonly count: number;
  readonly interval: number;
}

/** What this toolkit's router answers by itself. */
const PING = 'wamp.router.ping';

/** What other routers answer by themselves, of what the specification names. */
const ANY_ROUTER = 'wamp.session.count';

export function pingCommand(terminal: Terminal): Command {
  const command = new Command('ping')
    .description('measure how long the router takes to answer')
    .addOption(new Option('-n, --count <pings>', 'how many').argParser(countFrom).default(4))
    .addOption(new Option('--interval <ms>', 'time between two').argParser(countFrom).default(1_000));
  return withConnectionOptions(command).action(async ({ count, interval, ...options }: PingOptions) => {
    await withClient(options, terminal, async (client) => {
      const output = new Output(terminal, true);
      const procedure = await answeredBy(client, terminal.interrupted);
      for (let n = 1; n <= count && !terminal.interrupted.aborted; n += 1) {
        const begun = performance.now();
        await client.call(procedure, [], { signal: terminal.interrupted });
        output.line({ ping: n, ms: Number((performance.now() - begun).toFixed(3)) });
        if (n < count)
          await sleep(interval, undefined, { signal: terminal.interrupted }).catch(() => undefined);
      }
    });
  });
}

/** The procedure that this router has. A first call also warms the connection up, and is not counted. */
async function answeredBy(client: Client, signal: AbortSignal): Promise<string> {
  try {
    await client.call(PING, [], { signal });
    return PING;
  } catch (error) {
    if (error instanceof WampError && error.uri === 'wamp.error.no_such_procedure') return ANY_ROUTER;
    throw error;
  }
}
