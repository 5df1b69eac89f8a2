/** `wamp register`: a shell command, or a function of a module, as a procedure. */
import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';
import { UsageError, type InvocationHandler, type InvokePolicy, type MatchPolicy } from '@wamp/client';
import { Command, Option } from 'commander';
import { withConnectionOptions, type ConnectionOptions } from '../connection.js';
import { lasting } from '../lasting.js';
import { Output } from '../output.js';
import { shellHandler } from '../shell-handler.js';
import type { Terminal } from '../terminal.js';
import { countFrom } from '../values.js';

interface RegisterOptions extends ConnectionOptions {
  readonly exec?: string;
  readonly module?: string;
  readonly export: string;
  readonly lines?: boolean;
  readonly match: MatchPolicy;
  readonly invoke: InvokePolicy;
  readonly concurrency?: number;
  readonly force?: boolean;
}

export function registerCommand(terminal: Terminal): Command {
  const command = new Command('register')
    .description('serve a procedure with a shell command or a module')
    .argument('<procedure>', 'URI of the procedure, or a pattern')
    .option('-x, --exec <command>', 'shell command: gets { args, kwargs } as JSON on its standard input')
    .option(
      '-M, --module <file>',
      'JavaScript module whose export is the handler (args, invocation) => result',
    )
    .option('-e, --export <name>', 'which export of the module', 'default')
    .option('-l, --lines', "each line of the command's output is a progressive result")
    .addOption(
      new Option('-m, --match <policy>', 'how procedures are compared')
        .choices(['exact', 'prefix', 'wildcard'])
        .default('exact'),
    )
    .addOption(
      new Option('-i, --invoke <policy>', 'how calls are shared among callees')
        .choices(['single', 'first', 'last', 'roundrobin', 'random'])
        .default('single'),
    )
    .addOption(new Option('--concurrency <n>', 'most invocations at a time').argParser(countFrom))
    .option('--force', 'take the procedure over from who has it');
  return withConnectionOptions(command).action(async (procedure: string, options: RegisterOptions) => {
    const output = new Output(terminal, true);
    const handler = await handlerFrom(options, terminal);
    await lasting(options, terminal, async (client) => {
      await client.register(procedure, handler, {
        match: options.match,
        invoke: options.invoke,
        ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
        ...(options.force === true ? { forceReregister: true } : {}),
      });
      output.note(`registered ${procedure} (${options.match}, ${options.invoke})`);
    });
  });
}

/** @throws UsageError unless there is exactly one source of a handler */
async function handlerFrom(options: RegisterOptions, terminal: Terminal): Promise<InvocationHandler> {
  if ((options.exec === undefined) === (options.module === undefined)) {
    throw new UsageError('say what serves the procedure: either --exec COMMAND or --module FILE');
  }
  if (options.exec !== undefined) return shellHandler(options.exec, options.lines === true, terminal);
  const file = resolve(String(options.module));
  let loaded: Readonly<Record<string, unknown>>;
  try {
    loaded = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new UsageError(
      `${file} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    );
  }
  const handler = loaded[options.export];
  if (typeof handler !== 'function') throw new UsageError(`${file} exports no function "${options.export}"`);
  return handler as InvocationHandler;
}
