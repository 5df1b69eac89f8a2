/** How the processes of the demo talk to the director (`main.ts`): typed messages over Node's IPC channel. */
import { connect, type Client } from '@wamp/client';
import { cbor } from '@wamp/client/cbor';
import { json } from '@wamp/client/json';
import { msgpack } from '@wamp/client/msgpack';
import { REALM, type Seen, type Serialization } from './contract.js';

/** One call of the clerk: what was called, who answered, by which rule, and whether that is what should happen. */
export interface Step {
  readonly call: string;
  readonly outcome: string;
  readonly invoked: string;
  readonly why: string;
  readonly ok: boolean;
}

export type ToDirector =
  | { readonly type: 'listening'; readonly url: string }
  | { readonly type: 'ready'; readonly note: string }
  | { readonly type: 'act'; readonly title: string }
  | { readonly type: 'step'; readonly step: Step }
  | { readonly type: 'working'; readonly on: string }
  | { readonly type: 'seen'; readonly seen: Seen }
  | { readonly type: 'finished' };

/** `begin` starts the clerk; `report` asks the supervisor what it saw. */
export interface FromDirector {
  readonly type: 'begin' | 'report';
}

/** Tells the director something. */
export function tell(message: ToDirector): void {
  process.send?.(message);
}

/** Calls back for each order of the director. */
export function onOrder(handle: (order: FromDirector) => void): void {
  process.on('message', handle);
}

const serializers = { json, msgpack, cbor };

/** Connects this process to the router, in its own serializer. `argv`: URL, name, serializer. */
export async function enter(): Promise<{ client: Client; name: string }> {
  const [url = '', name = '', serialization = 'json'] = process.argv.slice(2);
  const serializer = serializers[serialization as Serialization]();
  const client = await connect(url, { realm: REALM, serializers: [serializer] });
  // The director ends the play by closing the channel.
  process.on('disconnect', () => void client.close().then(() => process.exit(0)));
  return { client, name };
}
