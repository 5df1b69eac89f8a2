/**
 * The command `wamp`: its tree of commands, and what a failure becomes. Owns neither what a command does nor the streams.
 */
import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { CanceledError, ConnectionError, UsageError } from '@wamp/client';
import completion from '@bomb.sh/tab/commander';
import { Command, CommanderError } from 'commander';
import { benchCommand } from './commands/bench.js';
import { callCommand } from './commands/call.js';
import { describeCommand } from './commands/describe.js';
import { listCommand } from './commands/list.js';
import { pingCommand } from './commands/ping.js';
import { publishCommand } from './commands/publish.js';
import { registerCommand } from './commands/register.js';
import { subscribeCommand } from './commands/subscribe.js';
import { NotJoinedError } from './connection.js';
import { ExitCode } from './exit-code.js';
import { Output } from './output.js';
import type { Terminal } from './terminal.js';

const EXAMPLES = `
Examples:
  wamp call com.example.add 1 2                       3
  wamp call com.example.find -k limit=5 '{"q":"tea"}' JSON and keyword arguments
  wamp call com.example.report 2026 --progress        each progressive result on a line, then the result
  wamp register com.example.upper --exec 'tr a-z A-Z' a shell command as the procedure
  wamp subscribe com.example. --match prefix | jq .   events as JSON lines
  wamp publish com.example.news hello --ack           waits for the router, prints the publication's id
  wamp list                                           what is registered

Values are JSON if they can be read as JSON, else text. Exit codes: 0 done, 1 answered with an error, 2 wrong command line,
3 no connection, 130 interrupted. Secrets belong into the environment (WAMP_TICKET, WAMP_SECRET, …) or into files (@FILE).`;

/**
 * Runs one command.
 * @param args what stands behind `wamp`
 * @returns the exit code, see {@link ExitCode}; never rejects for what a user or a router can cause
 */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  // Every call in flight listens to it; that is no leak.
  setMaxListeners(0, terminal.interrupted);
  const program = createProgram(terminal);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return terminal.interrupted.aborted ? ExitCode.Interrupted : ExitCode.Done;
  } catch (error) {
    return exitCodeFor(error, terminal);
  }
}

/** The tree of commands. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command('wamp')
    .description('Call, register, publish and subscribe over a WAMP router.')
    .version(version(), '-V, --version')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(add --help for the options)')
    .addHelpText('after', EXAMPLES);
  const commands = [
    callCommand(terminal),
    registerCommand(terminal),
    publishCommand(terminal),
    subscribeCommand(terminal),
    listCommand(terminal),
    describeCommand(terminal),
    pingCommand(terminal),
    benchCommand(terminal),
  ];
  for (const command of commands) program.addCommand(command);
  // `wamp completion bash`: the script by which a shell completes commands and options.
  completion(program, { completionCommandName: 'completion' });
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.err(text),
    });
  }
  return program;
}

function exitCodeFor(error: unknown, terminal: Terminal): number {
  // Help and version are thrown as well; commander has said already what was wrong.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.Done : ExitCode.Usage;
  if (terminal.interrupted.aborted && error instanceof CanceledError) return ExitCode.Interrupted;
  new Output(terminal, true).error(error);
  if (error instanceof UsageError) return ExitCode.Usage;
  if (error instanceof NotJoinedError || error instanceof ConnectionError) return ExitCode.NoConnection;
  return ExitCode.Refused;
}

function version(): string {
  const file = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(file) as { version: string }).version;
}
