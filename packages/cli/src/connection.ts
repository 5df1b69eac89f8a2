/**
 * From the options that all commands share to a client. Owns these options' names, and the environment variables that
 * stand in for them.
 */
import {
  connect,
  UsageError,
  WampError,
  type Client,
  type ConnectOptions,
  type ListCodec,
} from '@wamp/client';
import { cbor } from '@wamp/client/cbor';
import { json } from '@wamp/client/json';
import { msgpack } from '@wamp/client/msgpack';
import { Option, type Command } from 'commander';
import { authenticatorsFrom, withCredentials, type Credentials } from './credentials.js';
import type { Terminal } from './terminal.js';
import { countFrom } from './values.js';

const SERIALIZERS: Readonly<Record<string, () => ListCodec>> = { json, cbor, msgpack };

export interface ConnectionOptions extends Credentials {
  readonly url: string;
  readonly realm: string;
  readonly serializer: string;
  readonly connectTimeout: number;
}

/** Adds the options of a connection to a command. */
export function withConnectionOptions(command: Command): Command {
  command
    .addOption(
      new Option('-u, --url <url>', 'address of the router')
        .env('WAMP_URL')
        .default('ws://localhost:8080/ws'),
    )
    .addOption(new Option('-r, --realm <realm>', 'realm to join').env('WAMP_REALM').default('realm1'))
    .addOption(
      new Option('-s, --serializer <name>', 'format on the wire')
        .choices(Object.keys(SERIALIZERS))
        .env('WAMP_SERIALIZER')
        .default('cbor'),
    )
    .addOption(
      new Option('--connect-timeout <ms>', 'longest time until the session stands')
        .argParser(countFrom)
        .default(10_000),
    );
  return withCredentials(command);
}

/** The router could not be reached, or did not let us in. */
export class NotJoinedError extends Error {}

/**
 * Joins the realm, does something, and leaves.
 * @throws NotJoinedError, and what the work throws
 */
export async function withClient<T>(
  options: ConnectionOptions,
  terminal: Terminal,
  work: (client: Client) => Promise<T>,
  more: Partial<ConnectOptions> = {},
): Promise<T> {
  const client = await join(options, terminal, more);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

async function join(
  options: ConnectionOptions,
  terminal: Terminal,
  more: Partial<ConnectOptions>,
): Promise<Client> {
  const make = SERIALIZERS[options.serializer] ?? cbor;
  const auth = authenticatorsFrom(options);
  try {
    return await connect(options.url, {
      realm: options.realm,
      serializers: [make()],
      handshakeTimeoutMs: options.connectTimeout,
      signal: terminal.interrupted,
      auth,
      ...more,
    });
  } catch (error) {
    if (!(error instanceof WampError) || error instanceof UsageError || terminal.interrupted.aborted)
      throw error;
    throw new NotJoinedError(error.message, { cause: error });
  }
}
