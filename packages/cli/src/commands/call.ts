/** `wamp call`: one call, its result as JSON. */
import { Command, Option } from 'commander';
import { withClient, withConnectionOptions, type ConnectionOptions } from '../connection.js';
import { Output } from '../output.js';
import { linesOf } from '../lines.js';
import type { Terminal } from '../terminal.js';
import { countFrom, keywordInto, valueFrom } from '../values.js';

interface CallOptions extends ConnectionOptions {
  readonly keyword?: Readonly<Record<string, unknown>>;
  readonly timeout?: number;
  readonly progress?: boolean;
  readonly chunks?: boolean;
  readonly discloseMe?: boolean;
  readonly compact?: boolean;
}

export function callCommand(terminal: Terminal): Command {
  const command = new Command('call')
    .description('call a procedure and print its result')
    .argument('<procedure>', 'URI of the procedure')
    .argument('[args...]', 'arguments: JSON, or text')
    .addOption(
      new Option('-k, --keyword <name=value>', 'a keyword argument; repeatable').argParser(keywordInto),
    )
    .addOption(new Option('-t, --timeout <ms>', 'give up after this time').argParser(countFrom))
    .option('-p, --progress', 'print progressive results, each on a line')
    .option('--chunks', 'send the lines of standard input as chunks of a progressive call')
    .option('--disclose-me', 'ask the router to tell the callee who calls')
    .option('-c, --compact', 'print on one line also in a terminal');
  return withConnectionOptions(command).action(
    async (procedure: string, args: readonly string[], options: CallOptions) => {
      await withClient(options, terminal, async (client) => {
        const output = new Output(terminal, options.compact === true || options.progress === true);
        const how = {
          signal: terminal.interrupted,
          kwargs: options.keyword ?? {},
          ...(options.timeout === undefined ? {} : { timeoutMs: options.timeout }),
          ...(options.discloseMe === undefined ? {} : { discloseMe: true }),
          ...(options.progress === true ? { onProgress: (value: unknown) => output.line(value) } : {}),
        };
        output.value(
          options.chunks === true
            ? await client.upload(procedure, chunksFrom(args, terminal), how)
            : await client.call(procedure, args.map(valueFrom), how),
        );
      });
    },
  );
}

/** The arguments first, each a chunk; then the lines of standard input. */
async function* chunksFrom(args: readonly string[], terminal: Terminal): AsyncGenerator {
  for (const arg of args) yield valueFrom(arg);
  for await (const line of linesOf(terminal.in)) yield valueFrom(line);
}
