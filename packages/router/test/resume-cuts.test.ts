/**
 * Every place where a connection can be cut: the same conversation, with the link lost before each single frame in either
 * direction, and lost again while the client comes back. Whatever the place, everything arrives once and in order.
 */
import {
  CallMessage,
  MessageKind,
  Payload,
  PublishMessage,
  RegisterMessage,
  SubscribeMessage,
  YieldMessage,
  type Message,
  type Serializer,
} from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { describe, expect, it } from 'vitest';
import type { LeaveCause } from '../src/index.js';
import { ResumingPeer, type CuttableLink } from './resuming-peer.fixture.js';
import { House, SERIALIZERS, settled, type TestPeer } from './test-peer.fixture.js';

const ROUNDS = 8;

/** What a conversation has left behind. */
interface Heard {
  readonly results: unknown[];
  readonly events: unknown[];
  readonly invocations: unknown[];
  readonly errors: unknown[];
}

class Conversation {
  readonly left: LeaveCause[] = [];
  readonly house = new House({
    realms: { realm1: {} },
    observer: { sessionLeft: (_, cause) => this.left.push(cause) },
  });
  readonly heard: Heard = { results: [], events: [], invocations: [], errors: [] };
  /** results, events and invocations that the other side has */
  readonly other: Heard = { results: [], events: [], invocations: [], errors: [] };
  readonly peer: ResumingPeer;
  #partner: TestPeer | undefined;
  readonly #isReady: { registered: boolean; subscribed: boolean } = { registered: false, subscribed: false };

  constructor(serializer: Serializer, linked: (link: CuttableLink, count: number) => void) {
    this.peer = new ResumingPeer({
      router: this.house.router,
      serializer,
      linked,
      heard: (message) => this.#hears(message),
    });
  }

  /** The peer and its partner call each other and publish to each other. */
  async run(): Promise<void> {
    const partner = await this.house.joins();
    this.#partner = partner;
    await partner.registers('of.partner');
    await partner.subscribes('from.peer');
    this.peer.dial();
    await this.#until(() => this.peer.welcome !== undefined);
    this.peer.send(new RegisterMessage(1, {}, 'of.peer'));
    this.peer.send(new SubscribeMessage(2, {}, 'from.partner'));
    await this.#until(() => this.#isReady.registered && this.#isReady.subscribed);
    for (let round = 0; round < ROUNDS; round += 1) {
      this.peer.send(new CallMessage(10 + round, {}, 'of.partner', Payload.of([round])));
      this.peer.send(new PublishMessage(100 + round, {}, 'from.peer', Payload.of([round])));
      partner.calls('of.peer', [round]);
      partner.publishes('from.partner', [round]);
      if (round % 3 === 0) await settled(1);
    }
    await this.#until(
      () =>
        this.heard.results.length >= ROUNDS &&
        this.heard.events.length >= ROUNDS &&
        this.other.results.length >= ROUNDS &&
        this.other.events.length >= ROUNDS,
    );
    await settled();
    this.#takeOther();
  }

  async #until(isSo: () => boolean): Promise<void> {
    for (let turn = 0; turn < 300 && !isSo(); turn += 1) {
      await settled(1);
      this.#takeOther();
    }
    if (!isSo()) throw new Error(`it has come to rest: ${JSON.stringify([this.heard, this.other])}`);
  }

  #takeOther(): void {
    const partner = this.#partner!;
    for (const message of partner.inbox.splice(0)) {
      if (message.kind === MessageKind.Invocation) {
        this.other.invocations.push(message.payload.args[0]);
        partner.yields(message, message.payload.args);
      } else this.#note(this.other, message);
    }
  }

  #hears(message: Message): void {
    if (message.kind === MessageKind.Registered) this.#isReady.registered = true;
    else if (message.kind === MessageKind.Subscribed) this.#isReady.subscribed = true;
    else if (message.kind === MessageKind.Invocation) {
      this.heard.invocations.push(message.payload.args[0]);
      this.peer.send(new YieldMessage(message.request, {}, Payload.of(message.payload.args)));
    } else this.#note(this.heard, message);
  }

  #note(heard: Heard, message: Message): void {
    if (message.kind === MessageKind.Result) heard.results.push(message.payload.args[0]);
    else if (message.kind === MessageKind.Event) heard.events.push(message.payload.args[0]);
    else heard.errors.push(message);
  }
}

const EACH = Array.from({ length: ROUNDS }, (_, round) => round);
const COMPLETE: Heard = { results: EACH, events: EACH, invocations: EACH, errors: [] };

interface Cut {
  up?: number;
  down?: number;
}

/** Runs the conversation with these cuts, one for each link. @returns how many links were used */
async function survives(serializer: Serializer, cuts: readonly Cut[]): Promise<number> {
  const conversation = new Conversation(serializer, (link, count) => {
    const cut = cuts[count - 1];
    if (cut !== undefined) link.cutAfter(cut);
  });
  await conversation.run();
  const { heard, other, peer, house, left } = conversation;
  const where = JSON.stringify(cuts);
  expect([where, heard]).toEqual([where, COMPLETE]);
  expect([where, other]).toEqual([where, COMPLETE]);
  expect([where, peer.sessionsLost]).toEqual([where, 0]);
  expect([where, left.filter((cause) => cause !== 'lost' || peer.resumes > 0)]).toEqual([where, []]);
  expect(house.router.stats()).toMatchObject({ detached: 0, totals: { failures: 0, violations: 0 } });
  return peer.links;
}

/** HELLO, WELCOME and everything behind; a link that is never cut carries fewer frames than this. */
const FRAMES = 6 + 4 * ROUNDS;

describe.each(SERIALIZERS)('a session over %s, cut once', (_, make) => {
  it('before any frame that the client sends', async () => {
    let cutLinks = 0;
    // HELLO and what is sent before the router has heard anything: then there is no session yet.
    for (let up = 2; up < FRAMES; up += 1) cutLinks += (await survives(make(), [{ up }])) - 1;
    expect(cutLinks).toBeGreaterThan(2 * ROUNDS);
  });

  it('before any frame that the router sends', async () => {
    let cutLinks = 0;
    for (let down = 2; down < FRAMES; down += 1) cutLinks += (await survives(make(), [{ down }])) - 1;
    expect(cutLinks).toBeGreaterThan(2 * ROUNDS);
  });
});

describe('a session that is cut again while its client comes back', () => {
  it('before any of the frames of the second link, and of the third', async () => {
    for (let first = 2; first < FRAMES; first += 5) {
      for (const second of [
        { up: 0 },
        { up: 1 },
        { up: 2 },
        { down: 0 },
        { down: 1 },
        { down: 2 },
        { down: 5 },
      ]) {
        await survives(cbor(), [{ down: first }, second]);
        await survives(cbor(), [{ up: first }, second, { down: 0 }, { up: 1 }]);
      }
    }
  });
});
