/** `wamp describe`: what its callees say of a procedure. */
import { Command } from 'commander';
import { withClient, withConnectionOptions, type ConnectionOptions } from '../connection.js';
import { Output } from '../output.js';
import type { Terminal } from '../terminal.js';

export function describeCommand(terminal: Terminal): Command {
  const command = new Command('describe')
    .description('print what a procedure is: its registration, and what its callees say of it')
    .argument('<procedure>', 'URI of the procedure');
  return withConnectionOptions(command).action(async (procedure: string, options: ConnectionOptions) => {
    await withClient(options, terminal, async (client) => {
      new Output(terminal, false).value(await client.call('wamp.reflection.procedure.describe', [procedure]));
    });
  });
}
