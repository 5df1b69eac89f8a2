/** `wamp list`: what is registered, who subscribes, who is there; by the router's meta API. */
import type { Client } from '@wamp/client';
import { Argument, Command } from 'commander';
import { withClient, withConnectionOptions, type ConnectionOptions } from '../connection.js';
import { Output } from '../output.js';
import { table } from '../table.js';
import type { Terminal } from '../terminal.js';

type Row = Readonly<Record<string, unknown>>;

/** What can be listed: the meta procedures, and the columns. */
const KINDS = {
  registrations: { uri: 'wamp.registration', columns: ['id', 'uri', 'match', 'invoke', 'created'] },
  subscriptions: { uri: 'wamp.subscription', columns: ['id', 'uri', 'match', 'created'] },
  sessions: { uri: 'wamp.session', columns: ['session', 'authid', 'authrole', 'authmethod'] },
} as const;
type Kind = keyof typeof KINDS;

interface ListOptions extends ConnectionOptions {
  readonly json?: boolean;
}

export function listCommand(terminal: Terminal): Command {
  const command = new Command('list')
    .description('list what the realm has')
    .addArgument(new Argument('[what]').choices(Object.keys(KINDS)).default('registrations'))
    .option('-j, --json', 'a JSON line each');
  return withConnectionOptions(command).action(async (what: Kind, options: ListOptions) => {
    const { uri, columns } = KINDS[what];
    const output = new Output(terminal, true);
    const rows = await withClient(options, terminal, (client) => rowsOf(client, uri));
    if (options.json === true || !terminal.isInteractive) for (const row of rows) output.line(row);
    else output.text(table(columns, rows));
  });
}

/** Everything of one kind, sorted. What goes away between the list and the question is left out. */
async function rowsOf(client: Client, uri: string): Promise<readonly Row[]> {
  const listed = await client.call<readonly number[] | Readonly<Record<string, readonly number[]>>>(
    `${uri}.list`,
  );
  const ids = Array.isArray(listed) ? (listed as readonly number[]) : Object.values(listed).flat();
  const asked = await Promise.allSettled(ids.map((id) => client.call<Row>(`${uri}.get`, [id])));
  return asked
    .flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
    .sort((a, b) => String(a['uri'] ?? a['authid']).localeCompare(String(b['uri'] ?? b['authid'])));
}
