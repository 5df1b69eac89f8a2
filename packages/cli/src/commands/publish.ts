/** `wamp publish`: one event, or one for each line of standard input. */
import { Command, Option } from 'commander';
import { withClient, withConnectionOptions, type ConnectionOptions } from '../connection.js';
import { linesOf } from '../lines.js';
import { Output } from '../output.js';
import type { Terminal } from '../terminal.js';
import { keywordInto, valueFrom } from '../values.js';

interface PublishOptions extends ConnectionOptions {
  readonly keyword?: Readonly<Record<string, unknown>>;
  readonly ack?: boolean;
  readonly retain?: boolean;
  readonly lines?: boolean;
}

export function publishCommand(terminal: Terminal): Command {
  const command = new Command('publish')
    .description('publish an event')
    .argument('<topic>', 'URI of the topic')
    .argument('[args...]', 'arguments: JSON, or text')
    .addOption(
      new Option('-k, --keyword <name=value>', 'a keyword argument; repeatable').argParser(keywordInto),
    )
    .option('-a, --ack', "wait for the router's acknowledgement and print the publication's id")
    .option('--retain', 'let the router keep the event for those who come later')
    .option('-l, --lines', 'publish an event for each line of standard input, behind the arguments');
  return withConnectionOptions(command).action(
    async (topic: string, args: readonly string[], options: PublishOptions) => {
      await withClient(options, terminal, async (client) => {
        const output = new Output(terminal, true);
        const how = {
          kwargs: options.keyword ?? {},
          acknowledge: options.ack === true,
          retain: options.retain === true,
          signal: terminal.interrupted,
        };
        const publish = async (values: readonly unknown[]): Promise<void> =>
          output.value(await client.publish(topic, values, how));
        const values = args.map(valueFrom);
        if (options.lines !== true) {
          await publish(values);
          return;
        }
        for await (const line of linesOf(terminal.in)) await publish([...values, valueFrom(line)]);
      });
    },
  );
}
