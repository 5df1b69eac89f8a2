/**
 * Clients joined to a dealer in memory: RPC within one process, without a port, for tests and single-process applications.
 * Owns the small router loop around the dealer. Has no broker: SUBSCRIBE and acknowledged PUBLISH are refused, and other
 * publications go nowhere. For both roles, authentication and limits embed @wamp/router instead.
 */
import { Dealer, type DealerOutbox, type DealerSession } from '@wamp/dealer';
import {
  AbortMessage,
  announceRoles,
  CloseUri,
  createTransportPair,
  EMPTY_DICT,
  ErrorMessage,
  ErrorUri,
  GoodbyeMessage,
  kindName,
  MessageKind,
  Payload,
  PayloadError,
  PeerFeatures,
  ProtocolViolation,
  randomId,
  WelcomeMessage,
  type Dict,
  type HelloMessage,
  type Message,
  type RequestKind,
  type Serializer,
  type Transport,
  type TransportReceiver,
} from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { HOST } from '#host';
import type { Client } from './client.js';
import { connect, type ConnectOptions } from './connect.js';
import { MAX_TIMER_MS } from './limits.js';

import { messageOf, UsageError } from './wamp-error.js';

export interface LoopbackOptions {
  /** What values pass through on their way from client to client. Default `cbor()`. */
  readonly serializer?: Serializer;
}

/** The options of `connect`, as far as they make sense here; the realm is only a name. Default realm `loopback`. */
export type LoopbackConnectOptions = Partial<
  Omit<ConnectOptions, 'serializers' | 'maxFrameBytes' | 'auth' | 'reconnect'>
>;

/** A dealer in memory. */
export interface Loopback {
  /** Joins a further client. @throws UsageError after close() */
  connect(options?: LoopbackConnectOptions): Promise<Client>;
  /** Dismisses all clients with `wamp.close.system_shutdown`; resolves when they are gone. */
  close(): Promise<void>;
}

/** Makes a dealer in memory that clients can join. */
export function createLoopback(options: LoopbackOptions = {}): Loopback {
  return new LoopbackRouter(options.serializer ?? cbor(HOST));
}

const WELCOME_ROLES = announceRoles({
  dealer: [
    'caller_identification',
    'call_canceling',
    'call_timeout',
    'pattern_based_registration',
    'payload_passthru_mode',
    'progressive_call_results',
    'progressive_call_invocations',
    'registration_revocation',
    'shared_registration',
    'x_credit',
  ],
});

class LoopbackRouter implements Loopback, DealerOutbox<LoopbackPeer> {
  readonly dealer: Dealer<LoopbackPeer>;
  readonly #serializer: Serializer;
  readonly #peers = new Set<LoopbackPeer>();
  readonly #clients = new Set<Client>();
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;
  #timerAt = Infinity;
  #now = 0;
  #closed = false;

  constructor(serializer: Serializer) {
    this.#serializer = serializer;
    this.dealer = new Dealer<LoopbackPeer>(this, { random: Math.random });
  }

  async connect(options: LoopbackConnectOptions = {}): Promise<Client> {
    if (this.#closed) throw new UsageError('the loopback is closed');
    const [near, far] = createTransportPair(this.#serializer, { info: { type: 'loopback' } });
    const peer = new LoopbackPeer(this, far);
    this.#peers.add(peer);
    const client = await connect(near, { realm: 'loopback', ...options });
    this.#clients.add(client);
    void client.closed.then(() => this.#clients.delete(client));
    return client;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const gone = [...this.#clients].map((client) => client.closed);
    for (const peer of [...this.#peers]) peer.dismiss();
    await Promise.all(gone);
    clearTimeout(this.#timer);
  }

  /** Milliseconds since the epoch, never going backwards. */
  now(): number {
    this.#now = Math.max(this.#now, Date.now());
    return this.#now;
  }

  forget(peer: LoopbackPeer): void {
    this.#peers.delete(peer);
  }

  send(owner: LoopbackPeer, message: Message): void {
    owner.post(message);
  }

  abort(owner: LoopbackPeer, violation: ProtocolViolation): void {
    owner.violated(violation.message);
  }

  registrationEvent(): void {
    // there is no meta API here
  }

  /** Sets the timer for the dealer's earliest deadline. To be called after everything that may change it. */
  armTimer(): void {
    const due = this.dealer.nextDeadline() ?? Infinity;
    if (due === this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = due;
    if (due === Infinity) return;
    this.#timer = setTimeout(
      () => {
        this.#timerAt = Infinity;
        this.dealer.expire(this.now());
        this.armTimer();
      },
      Math.min(Math.max(due - this.now(), 0), MAX_TIMER_MS),
    );
  }
}

/** The router's end of one client. */
class LoopbackPeer implements TransportReceiver {
  readonly #router: LoopbackRouter;
  readonly #transport: Transport;
  #session: DealerSession<LoopbackPeer> | undefined = undefined;
  #over = false;

  constructor(router: LoopbackRouter, transport: Transport) {
    this.#router = router;
    this.#transport = transport;
    transport.open(this);
  }

  receive(frame: Uint8Array): void {
    if (this.#over) return;
    try {
      this.#dispatch(this.#transport.serializer.decode(frame));
    } catch (error) {
      this.violated(messageOf(error));
    }
    this.#router.armTimer();
  }

  /** ABORT, after the message at hand. */
  violated(sentence: string): void {
    this.post(new AbortMessage({ message: sentence }, ErrorUri.ProtocolViolation));
    this.#leave();
  }

  drained(): void {
    // the client is in the same process: what it does not take it has to keep itself
  }

  closed(): void {
    this.#leave();
    this.#router.armTimer();
  }

  dismiss(): void {
    this.post(new GoodbyeMessage(EMPTY_DICT, CloseUri.SystemShutdown));
    this.#leave();
  }

  post(message: Message): void {
    if (this.#over) return;
    try {
      this.#transport.send(this.#transport.serializer.encode(message));
    } catch (error) {
      // Both ends speak the same serializer, so a payload that one of them has encoded passes as it is.
      if (!(error instanceof PayloadError)) throw error;
    }
  }

  #dispatch(message: Message): void {
    const session = this.#session;
    if (session === undefined) {
      if (message.kind === MessageKind.Hello) this.#welcome(message);
      else if (message.kind === MessageKind.Abort) this.#leave();
      else throw unexpected(message);
    } else {
      this.#route(session, message);
    }
  }

  #welcome(hello: HelloMessage): void {
    const id = randomId(() => crypto.getRandomValues(new Uint32Array(1))[0]!);
    const identity = { session: id, authid: `loopback-${id}`, authrole: 'loopback' };
    const features = PeerFeatures.ofClient(hello.details);
    this.#session = this.#router.dealer.attach(this, { identity, features });
    const details: Dict = {
      roles: WELCOME_ROLES,
      agent: '@wamp/client/loopback',
      realm: hello.realm,
      authid: identity.authid,
      authrole: identity.authrole,
    };
    this.post(new WelcomeMessage(id, details));
  }

  #route(session: DealerSession<LoopbackPeer>, message: Message): void {
    const { dealer } = this.#router;
    const now = this.#router.now();
    switch (message.kind) {
      case MessageKind.Call:
        dealer.call(session, message, now);
        break;
      case MessageKind.Yield:
        dealer.yield(session, message, now);
        break;
      case MessageKind.Error:
        dealer.error(session, message, now);
        break;
      case MessageKind.Cancel:
        dealer.cancel(session, message, now);
        break;
      case MessageKind.Register:
        dealer.register(session, message, now);
        break;
      case MessageKind.Unregister:
        dealer.unregister(session, message, now);
        break;
      case MessageKind.Goodbye:
        this.post(new GoodbyeMessage(EMPTY_DICT, CloseUri.GoodbyeAndOut));
        this.#leave();
        break;
      case MessageKind.Abort:
        this.#leave();
        break;
      default:
        this.#refuse(message);
    }
  }

  /** There is no broker here. */
  #refuse(message: Message): void {
    if (message.kind === MessageKind.Subscribe) this.#noBroker(message.kind, message.request);
    else if (message.kind !== MessageKind.Publish) throw unexpected(message);
    else if (message.options.acknowledge === true) this.#noBroker(message.kind, message.request);
  }

  #noBroker(kind: RequestKind, request: number): void {
    const payload = Payload.of(['a loopback has no broker: events need a router']);
    this.post(new ErrorMessage(kind, request, EMPTY_DICT, ErrorUri.FeatureNotSupported, payload));
  }

  /** The dealer may be in the middle of a call for this session, so it hears of the leaving a moment later. */
  #leave(): void {
    if (this.#over) return;
    this.#over = true;
    this.#router.forget(this);
    this.#transport.close('normal');
    const session = this.#session;
    if (session === undefined) return;
    queueMicrotask(() => {
      this.#router.dealer.detach(session, this.#router.now());
      this.#router.armTimer();
    });
  }
}

function unexpected(message: Message): ProtocolViolation {
  return new ProtocolViolation('unexpected_message', `${kindName(message.kind)} is not allowed here`);
}
