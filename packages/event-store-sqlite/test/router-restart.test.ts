/** A realm whose events are on the disk, over several lives of its router. */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CallMessage,
  HelloMessage,
  MessageKind,
  Payload,
  PublishMessage,
  SubscribeMessage,
  type Message,
  type Transport,
} from '@wamp/protocol';
import { Router } from '@wamp/router';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteEventStore, type SqliteEventStore } from '../src/index.js';

let folder: string;
beforeEach(() => (folder = fs.mkdtempSync(join(tmpdir(), 'wamp-restart-'))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

/** A session that speaks messages. */
class Peer {
  readonly #transport: Transport;
  readonly #inbox: Message[] = [];
  #wake: () => void = () => undefined;
  #request = 0;

  constructor(router: Router) {
    this.#transport = router.openTransport();
    this.#transport.open({
      receive: (frame) => {
        this.#inbox.push(this.#transport.serializer.decode(frame.slice()));
        this.#wake();
      },
      violated: () => undefined,
      drained: () => undefined,
      closed: () => undefined,
    });
  }

  async joins(): Promise<this> {
    this.#sends(new HelloMessage('realm1', { roles: { publisher: {}, subscriber: {}, caller: {} } }));
    await this.#gets(MessageKind.Welcome);
    return this;
  }

  /** @returns the publication id */
  async publishes(topic: string, args: readonly unknown[]): Promise<number> {
    const options = { acknowledge: true, retain: true };
    this.#sends(new PublishMessage((this.#request += 1), options, topic, Payload.of(args)));
    const answer = await this.#gets(MessageKind.Published);
    return (answer as Extract<Message, { publication: number }>).publication;
  }

  /** @returns the arguments of the first event */
  async getsRetained(topic: string): Promise<readonly unknown[]> {
    this.#sends(new SubscribeMessage((this.#request += 1), { get_retained: true }, topic));
    await this.#gets(MessageKind.Subscribed);
    return ((await this.#gets(MessageKind.Event)) as { payload?: Payload }).payload!.args;
  }

  async calls(procedure: string, args: readonly unknown[]): Promise<readonly unknown[]> {
    this.#sends(new CallMessage((this.#request += 1), {}, procedure, Payload.of(args)));
    return ((await this.#gets(MessageKind.Result)) as { payload?: Payload }).payload!.args;
  }

  leaves(): void {
    this.#transport.close('normal');
  }

  #sends(message: Message): void {
    this.#transport.send(this.#transport.serializer.encode(message));
  }

  async #gets(kind: number): Promise<Message> {
    while (this.#inbox.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    const message = this.#inbox.shift()!;
    expect(message.kind, JSON.stringify(message)).toBe(kind);
    return message;
  }
}

async function life(name: string): Promise<{ router: Router; peer: Peer; store: SqliteEventStore }> {
  const store = await openSqliteEventStore(join(folder, name));
  const router = new Router({
    realms: { realm1: { eventStore: store, history: [{ uri: 'shop.', match: 'prefix' }] } },
  });
  return { router, store, peer: await new Peer(router).joins() };
}

describe('a realm with an SQLite file', () => {
  it('RETAIN-003, HIST-001: has its retained events and its history again after a restart', async () => {
    const ids: number[] = [];
    for (let round = 1; round <= 3; round += 1) {
      const { router, peer, store } = await life('events.db');
      if (round > 1) expect(await peer.getsRetained('shop.opened')).toEqual(['Berlin', round - 1]);
      ids.push(await peer.publishes('shop.opened', ['Berlin', round]));
      const [subscription] = await peer.calls('wamp.subscription.lookup', ['shop.', { match: 'prefix' }]);
      const events = (await peer.calls('wamp.subscription.get_events', [subscription])) as {
        publication: number;
      }[];
      expect(events.map(({ publication }) => publication)).toEqual(ids);
      peer.leaves();
      await router.close();
      await store.close();
    }
  });

  it('has a file of its own: another realm cannot have the same', async () => {
    const store = await openSqliteEventStore(join(folder, 'events.db'));
    expect(() => new Router({ realms: { a: { eventStore: store }, b: { eventStore: store } } })).toThrow();
    await expect(openSqliteEventStore(join(folder, 'events.db'))).rejects.toMatchObject({ fault: 'in_use' });
    await store.close();
  });
});
