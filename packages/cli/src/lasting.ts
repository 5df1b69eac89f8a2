/**
 * Commands that go on until they are interrupted: they come back when the connection is lost, and say so.
 */
import { ConnectionLostError, type Client } from '@wamp/client';
import { withClient, type ConnectionOptions } from './connection.js';
import { Output } from './output.js';
import type { Terminal } from './terminal.js';

/**
 * @param begin what to set up; may call `enough` to end the command
 * @throws NotJoinedError, what `begin` throws, and ConnectionLostError if the router sends the client away for good
 */
export async function lasting(
  options: ConnectionOptions,
  terminal: Terminal,
  begin: (client: Client, enough: () => void) => Promise<void>,
): Promise<void> {
  const output = new Output(terminal, true);
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, terminal.interrupted]);
  const wanted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
  await withClient(
    options,
    terminal,
    async (client) => {
      await begin(client, () => over.abort());
      const end = await Promise.race([wanted, client.closed]);
      if (end !== undefined)
        throw new ConnectionLostError(`the session has ended: ${end.reason} ${end.message}`);
    },
    { reconnect: true, onError: (error) => output.error(error) },
  );
}
