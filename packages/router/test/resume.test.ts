import {
  CallMessage,
  GoodbyeMessage,
  MessageKind,
  Payload,
  PublishMessage,
  RegisterMessage,
  SubscribeMessage,
  WelcomeMessage,
  YieldMessage,
  type Dict,
  type Message,
  type Serializer,
} from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { json } from '@wamp/protocol/json';
import { describe, expect, it } from 'vitest';
import type { LeaveCause, RouterOptions } from '../src/index.js';
import { ResumingPeer } from './resuming-peer.fixture.js';
import { House, settled, type TestPeer } from './test-peer.fixture.js';

/** A router with an observer that notes down what becomes of sessions. */
class Lodge extends House {
  readonly log: string[];

  constructor(options: Partial<RouterOptions> = {}) {
    const log: string[] = [];
    super({
      realms: { realm1: {} },
      observer: {
        sessionLeft: (_, cause: LeaveCause) => log.push(`left: ${cause}`),
        sessionDetached: () => log.push('detached'),
        sessionResumed: () => log.push('resumed'),
      },
      ...options,
    });
    this.log = log;
  }

  /** A peer that has joined and does not come back by itself, with a registration. */
  async resumable(options: { serializer?: Serializer; details?: Dict; realm?: string } = {}): Promise<Guest> {
    const guest = new Guest(this, options);
    guest.peer.dial();
    await settled();
    guest.peer.send(new RegisterMessage(1, {}, 'of.guest'));
    await guest.gets(MessageKind.Registered);
    return guest;
  }
}

class Guest {
  readonly inbox: Message[] = [];
  readonly peer: ResumingPeer;

  constructor(house: House, options: { serializer?: Serializer; details?: Dict; realm?: string }) {
    this.peer = new ResumingPeer({
      router: house.router,
      serializer: options.serializer ?? cbor(),
      heard: (message) => this.inbox.push(message),
      ...(options.details !== undefined && { details: options.details }),
      ...(options.realm !== undefined && { realm: options.realm }),
    });
    this.peer.redials = false;
  }

  async gets<K extends MessageKind>(kind: K): Promise<Extract<Message, { kind: K }>> {
    for (let turn = 0; turn < 200 && this.inbox.length === 0; turn += 1) await settled(1);
    const message = this.inbox.shift();
    expect(message?.kind).toBe(kind);
    return message as Extract<Message, { kind: K }>;
  }

  get id(): number {
    return this.peer.welcome!.session;
  }

  get token(): string {
    return this.peer.welcome!.details['x_session_token'] as string;
  }

  /** The link is lost, and the peer stays away. */
  async loses(): Promise<void> {
    this.peer.link!.terminate('cut');
    await settled();
  }

  async returns(more?: Dict): Promise<void> {
    this.peer.dial(more);
    await settled();
  }
}

describe('what is agreed on', () => {
  it('WELCOME offers to resume only to a client that asks for it and for a token', async () => {
    const house = new House({ realms: { realm1: {} }, limits: { resumeMs: 7_000 } });
    const details = async (more: Dict): Promise<Dict> =>
      (await house.joins('realm1', { roles: { caller: {} }, ...more })).welcome!.details;
    expect((await details({ x_resume: true, x_session_token: true }))['x_resume']).toEqual({
      window_ms: 7_000,
    });
    for (const more of [
      {},
      { x_resume: true },
      { x_session_token: true },
      { x_resume: 'yes', x_session_token: true },
    ]) {
      expect(await details(more)).not.toHaveProperty('x_resume');
    }
    const without = new House({ realms: { realm1: {} }, limits: { resumeMs: 0 } });
    const peer = await without.joins('realm1', {
      roles: { caller: {} },
      x_resume: true,
      x_session_token: true,
    });
    expect(peer.welcome!.details).not.toHaveProperty('x_resume');
  });

  it('nothing is acknowledged to a client that did not ask, and its acknowledgement is an unknown message', async () => {
    const house = new House();
    const peer = await house.joins();
    for (let count = 0; count < 200; count += 1) peer.publishes('a.topic', [count]);
    await peer.getsNothing();
    peer.transport.send(cbor().encode(new WelcomeMessage(1, {})).slice(0, 0));
    expect(await peer.isAborted()).toBeTypeOf('string');
  });

  it('a client is told now and then how much has arrived, so that it need not keep it', async () => {
    const lodge = new Lodge();
    const guest = await lodge.resumable();
    for (let count = 0; count < 200; count += 1) {
      guest.peer.send(new PublishMessage(2 + count, {}, 'a.topic', Payload.of(['x'.repeat(100)])));
    }
    await settled();
    // 201 frames, told at 64, 128 and 192.
    guest.peer.link!.terminate('cut');
    expect(guest.peer.transport.bufferedBytes).toBeLessThan(10 * 200);
  });
});

describe('a client that comes back in time', () => {
  it('has the same session: registration, subscription and what it missed; nobody else noticed', async () => {
    const lodge = new Lodge();
    const guest = await lodge.resumable();
    guest.peer.send(new SubscribeMessage(2, {}, 'a.topic'));
    await guest.gets(MessageKind.Subscribed);
    const other = await lodge.joins();
    await other.subscribes('wamp.', { match: 'prefix' });
    const { id, token } = guest;
    guest.peer.send(new CallMessage(3, {}, 'of.other', Payload.of([])));
    await other.getsNothing().catch(() => undefined);
    await guest.gets(MessageKind.Error);

    await guest.loses();
    expect(lodge.router.stats()).toMatchObject({ sessions: 2, detached: 1 });
    const call = other.calls('of.guest', ['hello']);
    for (const number of [1, 2, 3]) other.publishes('a.topic', [number]);
    await other.getsNothing();

    await guest.returns();
    expect(guest.id).toBe(id);
    expect(guest.token).not.toBe(token);
    const invocation = await guest.gets(MessageKind.Invocation);
    guest.peer.send(new YieldMessage(invocation.request, {}, Payload.of(['hello back'])));
    const events = [1, 2, 3].map(() => guest.gets(MessageKind.Event));
    for (const [at, event] of events.entries()) expect((await event).payload.args).toEqual([at + 1]);
    const result = await other.gets(MessageKind.Result);
    expect([result.request, result.payload.args]).toEqual([call, ['hello back']]);
    await other.getsNothing();
    expect(lodge.log).toEqual(['detached', 'resumed']);
    expect(lodge.router.stats()).toMatchObject({
      sessions: 2,
      detached: 0,
      totals: { sessionsDetached: 1, sessionsResumed: 1, sessionsJoined: 2, failures: 0 },
    });
  });

  it('takes over at once from a connection that the router believes in', async () => {
    const lodge = new Lodge();
    const guest = await lodge.resumable();
    const { id } = guest;
    const half = guest.peer.link!;
    await guest.returns();
    expect(guest.id).toBe(id);
    expect(lodge.log).toEqual(['resumed']);
    // What still comes over the former connection counts no more.
    half.send(cbor().encode(new RegisterMessage(7, {}, 'late')));
    const caller = await lodge.joins();
    expect(await caller.failure('late')).toBe('wamp.error.no_such_procedure');
  });

  it('may come back again with the token it had, if the new one was lost on the way', async () => {
    const lodge = new Lodge();
    const guest = await lodge.resumable();
    const { id, token } = guest;
    await guest.loses();
    // WELCOME is cut off: the router has given out a new token that the client does not know.
    guest.peer.dial();
    guest.peer.link!.cutAfter({ down: 0 });
    await settled();
    expect(guest.token).toBe(token);
    await guest.returns();
    expect(guest.id).toBe(id);
    // Once it has been heard over its new connection, the former token is worth nothing.
    await guest.loses();
    await guest.returns({ x_replaces: { session: id, token } });
    expect(guest.peer.sessionsLost).toBe(1);
  });

  it('is not refused because the router has as many sessions as it takes', async () => {
    const lodge = new Lodge({ limits: { sessions: 1 } });
    const guest = await lodge.resumable();
    await guest.loses();
    await guest.returns();
    expect(guest.peer.sessionsLost).toBe(0);
    expect(lodge.log).toEqual(['detached', 'resumed']);
  });
});

describe('a client that cannot come back to its session gets a new one, and the former ends before', () => {
  it.each<[string, Partial<RouterOptions>, (guest: Guest, other: TestPeer) => Dict | undefined]>([
    ['it claims to have got what was never sent', {}, () => ({ x_resume: 999 })],
    [
      'the router has not kept what it missed',
      { limits: { resumeFrames: 2 } },
      (guest) => {
        expect(guest.peer.transport.received).toBe(3);
        return { x_resume: 0 };
      },
    ],
  ])('%s', async (_, options, before) => {
    const lodge = new Lodge(options);
    const guest = await lodge.resumable();
    const other = await lodge.joins();
    for (const request of [2, 3]) {
      guest.peer.send(new SubscribeMessage(request, {}, `topic.${request}`));
      await guest.gets(MessageKind.Subscribed);
    }
    const { id } = guest;
    await guest.loses();
    await guest.returns(before(guest, other));
    expect(guest.id).not.toBe(id);
    expect(guest.peer.sessionsLost).toBe(1);
    expect(lodge.log).toEqual(['detached', 'left: replaced']);
    expect(lodge.router.stats()).toMatchObject({ sessions: 2, detached: 0, totals: { resumesRefused: 1 } });
    guest.peer.send(new RegisterMessage(1, {}, 'of.guest'));
    await guest.gets(MessageKind.Registered);
  });

  it('another serializer', async () => {
    const lodge = new Lodge();
    const guest = await lodge.resumable();
    const details = { roles: { caller: {} }, x_session_token: true, x_resume: 1 };
    const replaces = { x_replaces: { session: guest.id, token: guest.token } };
    await guest.loses();
    const again = await lodge.joins('realm1', { ...details, ...replaces }, json());
    expect(again.id).not.toBe(guest.id);
    expect(lodge.log).toEqual(['detached', 'left: replaced']);
  });

  it.each<[string, (guest: Guest) => Dict]>([
    ['a wrong token', (guest) => ({ x_replaces: { session: guest.id, token: 'x'.repeat(32) } })],
    ['no token', (guest) => ({ x_replaces: { session: guest.id } })],
    ['another session', (guest) => ({ x_replaces: { session: guest.id + 1, token: guest.token } })],
    ['as somebody else', () => ({ authid: 'eve' })],
  ])('%s: the session stays where it is', async (_, more) => {
    const lodge = new Lodge({
      realms: {
        realm1: {
          authenticators: [
            {
              method: 'ticket',
              begin: ({ authid }) => ({
                type: 'accepted',
                principal: { authid: authid ?? 'joe', authrole: 'user', authprovider: 'test' },
              }),
            },
          ],
        },
      },
    });
    const guest = await lodge.resumable({ details: { authmethods: ['ticket'] } });
    const { id, token } = guest;
    await guest.loses();
    const thief = await lodge.joins('realm1', {
      roles: { caller: {} },
      authmethods: ['ticket'],
      x_session_token: true,
      x_resume: 1,
      x_replaces: { session: id, token },
      ...more(guest),
    });
    expect(thief.id).not.toBe(id);
    expect(lodge.log).toEqual(['detached']);
    await guest.returns();
    expect(guest.id).toBe(id);
    expect(lodge.log).toEqual(['detached', 'resumed']);
  });
});

describe('the end of the wait', () => {
  it('comes after the window: then on_leave, and the calls that waited are canceled', async () => {
    const lodge = new Lodge({ limits: { resumeMs: 10_000 } });
    const guest = await lodge.resumable();
    const other = await lodge.joins();
    await other.subscribes('wamp.session.on_leave');
    await guest.loses();
    const call = other.calls('of.guest');
    lodge.clock.advance(9_999);
    await other.getsNothing();
    lodge.clock.advance(1);
    expect(await other.isRefused(MessageKind.Call, call)).toBe('wamp.error.canceled');
    expect((await other.gets(MessageKind.Event)).payload.args[0]).toBe(guest.id);
    expect(lodge.log).toEqual(['detached', 'left: lost']);
    expect(lodge.router.stats()).toMatchObject({ sessions: 1, detached: 0, realms: expect.anything() });
    await guest.returns();
    expect(guest.peer.sessionsLost).toBe(1);
  });

  it('comes when more waits for the client than is kept', async () => {
    const lodge = new Lodge({ limits: { resumeBytes: 5_000 } });
    const guest = await lodge.resumable();
    guest.peer.send(new SubscribeMessage(2, {}, 'a.topic'));
    await guest.gets(MessageKind.Subscribed);
    const other = await lodge.joins();
    await guest.loses();
    for (let count = 0; count < 4; count += 1) other.publishes('a.topic', ['x'.repeat(1_000)]);
    await other.getsNothing();
    expect(lodge.log).toEqual(['detached']);
    other.publishes('a.topic', ['x'.repeat(1_000)]);
    await other.getsNothing();
    expect(lodge.log).toEqual(['detached', 'left: lost']);
    expect(lodge.router.stats()).toMatchObject({ sessions: 1, detached: 0, totals: { failures: 0 } });
  });

  it('comes at once when the session is killed, and when the router closes', async () => {
    const lodge = new Lodge({ realms: { realm1: { adminRoles: ['anonymous'] } } });
    const guest = await lodge.resumable();
    const other = await lodge.joins();
    await guest.loses();
    await other.result('wamp.session.kill', [guest.id]);
    await settled();
    expect(lodge.log).toEqual(['detached', 'left: killed']);
    const second = await lodge.resumable();
    await second.loses();
    await other.leaves();
    await lodge.router.close();
    expect(lodge.log).toEqual(['detached', 'left: killed', 'detached', 'left: goodbye', 'left: shutdown']);
    expect(lodge.router.stats()).toMatchObject({ sessions: 0, detached: 0 });
  });

  it('does not begin after GOODBYE, after a violation, nor where a transport was closed on purpose', async () => {
    const lodge = new Lodge();
    const one = await lodge.resumable();
    one.peer.send(new GoodbyeMessage({}, 'wamp.close.close_realm'));
    await settled();
    expect(lodge.log).toContain('left: goodbye');
    const violator = await lodge.resumable();
    violator.peer.send(new WelcomeMessage(1, {}));
    await settled();
    expect(lodge.log).toContain('left: violation');
    const three = await lodge.resumable();
    three.peer.link!.close();
    await settled();
    expect(lodge.log).toContain('left: lost');
    expect(lodge.log).not.toContain('detached');
  });

  it('does not begin when as many sessions wait as may', async () => {
    const lodge = new Lodge({ limits: { detachedSessions: 1 } });
    const one = await lodge.resumable();
    const two = new Guest(lodge, {});
    two.peer.dial();
    await settled();
    await one.loses();
    await two.loses();
    expect(lodge.log).toEqual(['detached', 'left: lost']);
  });

  it('comes when what is sent again has broken the connection five times', async () => {
    const lodge = new Lodge();
    const guest = await lodge.resumable();
    const other = await lodge.joins();
    await guest.loses();
    const call = other.calls('of.guest');
    await other.getsNothing();
    for (let time = 0; time < 7; time += 1) {
      guest.peer.dial();
      guest.peer.link!.cutAfter({ down: 1, up: 1 });
      await settled();
      await guest.loses();
    }
    expect(guest.peer.sessionsLost).toBe(1);
    expect(await other.isRefused(MessageKind.Call, call)).toBe('wamp.error.canceled');
  });
});

describe('others, while the client is away', () => {
  it('calls go to another callee of a shared registration, and back to it when it is back', async () => {
    const lodge = new Lodge();
    const guest = new Guest(lodge, {});
    guest.peer.dial();
    await settled();
    guest.peer.send(new RegisterMessage(1, { invoke: 'first' }, 'shared'));
    await guest.gets(MessageKind.Registered);
    const other = await lodge.joins();
    await other.registers('shared', { invoke: 'first' });
    const caller = await lodge.joins();
    await guest.loses();
    caller.calls('shared');
    other.yields(await other.gets(MessageKind.Invocation), ['other']);
    expect((await caller.gets(MessageKind.Result)).payload.args).toEqual(['other']);
    await guest.returns();
    caller.calls('shared');
    await guest.gets(MessageKind.Invocation);
    // With both away the first that may come back gets the call.
    await guest.loses();
    await other.leaves();
    const call = caller.calls('shared');
    await caller.getsNothing();
    await guest.returns();
    expect((await guest.gets(MessageKind.Invocation)).request).toBe(2);
    expect(call).toBeGreaterThan(0);
  });

  it('whoever wants the procedure gets it if the client does not come back while it is asked for', async () => {
    const lodge = new Lodge();
    const guest = await lodge.resumable();
    const other = await lodge.joins();
    await guest.loses();
    const request = other.next();
    other.sends(new RegisterMessage(request, {}, 'of.guest'));
    await other.getsNothing();
    lodge.clock.advance(2_000);
    await other.gets(MessageKind.Registered);
    expect(lodge.log).toEqual(['detached', 'left: lost']);
  });

  it.each([
    [
      'is killed',
      async (_: Lodge, guest: Guest, other: TestPeer) => {
        other.calls('wamp.session.kill', [guest.id]);
        await settled();
      },
    ],
    ['gets a new session', async (_: Lodge, guest: Guest) => guest.returns({ x_resume: 999 })],
    [
      'stays away too long',
      async (lodge: Lodge) => {
        lodge.clock.advance(1_000);
        await settled();
      },
    ],
  ])('whoever wants the procedure gets it when the client %s while it is asked for', async (_, end) => {
    const lodge = new Lodge({
      realms: { realm1: { adminRoles: ['anonymous'], probeMs: 60_000 } },
      limits: { resumeMs: 1_000 },
    });
    const guest = await lodge.resumable();
    const other = await lodge.joins();
    const admin = await lodge.joins();
    await guest.loses();
    const request = other.next();
    other.sends(new RegisterMessage(request, {}, 'of.guest'));
    await other.getsNothing();
    await end(lodge, guest, admin);
    expect((await other.gets(MessageKind.Registered)).request).toBe(request);
  });

  it('whoever wants the procedure is refused if the client comes back while it is asked for', async () => {
    const lodge = new Lodge();
    const guest = await lodge.resumable();
    const other = await lodge.joins();
    await guest.loses();
    const request = other.next();
    other.sends(new RegisterMessage(request, {}, 'of.guest'));
    await other.getsNothing();
    await guest.returns();
    expect(await other.isRefused(MessageKind.Register, request)).toBe('wamp.error.procedure_already_exists');
    expect(lodge.log).toEqual(['detached', 'resumed']);
  });
});
