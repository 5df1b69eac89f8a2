/** `wamp subscribe`: events as JSON lines, until interrupted or enough. */
import { Command, Option } from 'commander';
import type { MatchPolicy } from '@wamp/client';
import { lasting } from '../lasting.js';
import { withConnectionOptions, type ConnectionOptions } from '../connection.js';
import { Output } from '../output.js';
import type { Terminal } from '../terminal.js';
import { countFrom } from '../values.js';

interface SubscribeOptions extends ConnectionOptions {
  readonly match: MatchPolicy;
  readonly retained?: boolean;
  readonly count?: number;
  readonly details?: boolean;
}

export function subscribeCommand(terminal: Terminal): Command {
  const command = new Command('subscribe')
    .description('print the events of a topic, a JSON line each')
    .argument('<topic>', 'URI of the topic, or a pattern')
    .addOption(
      new Option('-m, --match <policy>', 'how topics are compared')
        .choices(['exact', 'prefix', 'wildcard'])
        .default('exact'),
    )
    .addOption(new Option('-n, --count <events>', 'end after so many events').argParser(countFrom))
    .option('--retained', 'begin with what the router has kept')
    .option('-d, --details', 'print the details of each event too');
  return withConnectionOptions(command).action(async (topic: string, options: SubscribeOptions) => {
    const output = new Output(terminal, true);
    let left = options.count ?? Infinity;
    await lasting(options, terminal, async (client, enough) => {
      const how = { match: options.match, getRetained: options.retained === true };
      await client.subscribe(
        topic,
        (args, { topic: concrete, kwargs, publication, details }) => {
          if (left <= 0) return;
          left -= 1;
          const event = { topic: concrete, publication, args, kwargs };
          output.line(options.details === true ? { ...event, details } : event);
          if (left <= 0) enough();
        },
        how,
      );
      output.note(`subscribed to ${topic} (${options.match})`);
    });
  });
}
