/** A client for tests that speaks messages: what it sends and gets is exactly what the test says. */
import {
  CallMessage,
  createTransportPair,
  type ErrorMessage,
  GoodbyeMessage,
  HelloMessage,
  kindName,
  MessageKind,
  Payload,
  PublishMessage,
  RegisterMessage,
  SubscribeMessage,
  YieldMessage,
  type CallOptions,
  type Dict,
  type InvocationMessage,
  type Message,
  type PublishOptions,
  type RegisterOptions,
  type Serializer,
  type SubscribeOptions,
  type Transport,
  type TransportClosed,
  type TransportReceiver,
  type WelcomeMessage,
} from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { json } from '@wamp/protocol/json';
import { msgpack } from '@wamp/protocol/msgpack';
import { Router, type RouterOptions } from '../src/index.js';
import { ManualClock } from './manual-clock.fixture.js';

export const SERIALIZERS: readonly [string, () => Serializer][] = [
  ['json', (): Serializer => json()],
  ['msgpack', (): Serializer => msgpack()],
  ['cbor', (): Serializer => cbor()],
];

/** Everything that a client can announce. */
export const ALL_FEATURES: Dict = {
  publisher: { features: { payload_passthru_mode: true } },
  subscriber: {
    features: { subscription_revocation: true, publisher_identification: true, payload_passthru_mode: true },
  },
  caller: {
    features: {
      call_canceling: true,
      progressive_call_results: true,
      progressive_call_invocations: true,
      payload_passthru_mode: true,
    },
  },
  callee: {
    features: {
      call_canceling: true,
      caller_identification: true,
      progressive_call_results: true,
      progressive_call_invocations: true,
      registration_revocation: true,
      payload_passthru_mode: true,
    },
  },
};

/** Lets everything happen that is under way. */
export async function settled(turns = 5): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** The same message in a form that compares and prints well. */
export function plain(message: Message): unknown[] {
  return [
    kindName(message.kind),
    ...Object.entries(message).flatMap(([name, value]: [string, unknown]) =>
      name === 'kind'
        ? []
        : value instanceof Payload
          ? [...(value.args.length > 0 || hasKeys(value.kwargs) ? [value.args] : []), ...kwargsOf(value)]
          : [value],
    ),
  ];
}

function hasKeys(kwargs: Dict): boolean {
  return Object.keys(kwargs).length > 0;
}

function kwargsOf(payload: Payload): unknown[] {
  return hasKeys(payload.kwargs) ? [payload.kwargs] : [];
}

export class TestPeer implements TransportReceiver {
  readonly transport: Transport;
  readonly serializer: Serializer;
  /** what came and was not asked for yet */
  readonly inbox: Message[] = [];
  /** everything that came */
  readonly log: Message[] = [];
  how: TransportClosed | undefined;
  welcome: WelcomeMessage | undefined;
  #request = 0;

  constructor(transport: Transport) {
    this.transport = transport;
    this.serializer = transport.serializer;
    transport.open(this);
  }

  receive(frame: Uint8Array): void {
    const message = this.serializer.decode(new Uint8Array(frame));
    this.inbox.push(message);
    this.log.push(message);
  }

  violated(): void {
    throw new Error('not over memory');
  }

  drained(): void {
    // the tests look at the transport itself
  }

  closed(how: TransportClosed): void {
    this.how = how;
  }

  /** this session's id */
  get id(): number {
    return this.welcome!.session;
  }

  /** the next request id */
  next(): number {
    this.#request += 1;
    return this.#request;
  }

  sends(...messages: readonly Message[]): this {
    for (const message of messages) this.transport.send(this.serializer.encode(message));
    return this;
  }

  /** The next message, which has to be of that kind. */
  async gets<K extends MessageKind>(kind: K): Promise<Extract<Message, { kind: K }>> {
    for (let turn = 0; turn < 200 && this.inbox.length === 0; turn += 1) await settled(1);
    const message = this.inbox.shift();
    if (message === undefined) {
      throw new Error(`${kindName(kind)} was awaited, nothing came${this.how ? ', transport closed' : ''}`);
    }
    if (message.kind !== kind) {
      throw new Error(`${kindName(kind)} was awaited, got ${JSON.stringify(plain(message))}`);
    }
    return message as Extract<Message, { kind: K }>;
  }

  /** Nothing has come and nothing comes. */
  async getsNothing(): Promise<void> {
    await settled();
    if (this.inbox.length > 0) {
      throw new Error(
        `nothing was awaited, got ${this.inbox.map((m) => JSON.stringify(plain(m))).join(' ')}`,
      );
    }
  }

  async isClosed(): Promise<boolean> {
    await settled();
    return this.how !== undefined;
  }

  hello(realm: string | null = 'realm1', details: Dict = { roles: ALL_FEATURES }): this {
    return this.sends(new HelloMessage(realm, details));
  }

  async joins(realm = 'realm1', details?: Dict): Promise<this> {
    this.hello(realm, details);
    this.welcome = await this.gets(MessageKind.Welcome);
    return this;
  }

  /** Leaves with GOODBYE and takes the answer. */
  async leaves(): Promise<void> {
    this.sends(new GoodbyeMessage({}, 'wamp.close.close_realm'));
    await this.gets(MessageKind.Goodbye);
    await settled();
  }

  async registers(procedure: string, options: RegisterOptions = {}): Promise<number> {
    const request = this.next();
    this.sends(new RegisterMessage(request, options, procedure));
    const reply = await this.gets(MessageKind.Registered);
    if (reply.request !== request) throw new Error('REGISTERED with another request id');
    return reply.registration;
  }

  async subscribes(topic: string, options: SubscribeOptions = {}): Promise<number> {
    const request = this.next();
    this.sends(new SubscribeMessage(request, options, topic));
    const reply = await this.gets(MessageKind.Subscribed);
    if (reply.request !== request) throw new Error('SUBSCRIBED with another request id');
    return reply.subscription;
  }

  /** Sends CALL. @returns its request id */
  calls(procedure: string, args?: readonly unknown[], kwargs?: Dict, options: CallOptions = {}): number {
    const request = this.next();
    this.sends(new CallMessage(request, options, procedure, Payload.of(args, kwargs)));
    return request;
  }

  publishes(topic: string, args?: readonly unknown[], options: PublishOptions = {}): number {
    const request = this.next();
    this.sends(new PublishMessage(request, options, topic, Payload.of(args)));
    return request;
  }

  yields(invocation: InvocationMessage, args?: readonly unknown[]): void {
    this.sends(new YieldMessage(invocation.request, {}, Payload.of(args)));
  }

  /** Calls and takes the RESULT. @returns its positional arguments */
  async result(procedure: string, args?: readonly unknown[], kwargs?: Dict): Promise<readonly unknown[]> {
    const request = this.calls(procedure, args, kwargs);
    const reply = await this.gets(MessageKind.Result);
    if (reply.request !== request) throw new Error('RESULT with another request id');
    return reply.payload.args;
  }

  /** Calls and takes the ERROR. @returns its URI */
  async failure(procedure: string, args?: readonly unknown[], kwargs?: Dict): Promise<string> {
    const request = this.calls(procedure, args, kwargs);
    const reply = await this.gets(MessageKind.Error);
    if (reply.request !== request || reply.requestKind !== MessageKind.Call) {
      throw new Error('ERROR of another request');
    }
    return reply.error;
  }

  /** Takes an ABORT `wamp.error.protocol_violation` and sees the transport close. @returns its message */
  async isAborted(reason = 'wamp.error.protocol_violation'): Promise<string> {
    const abort = await this.gets(MessageKind.Abort);
    if (abort.reason !== reason) throw new Error(`ABORT ${reason} was awaited, got ${abort.reason}`);
    if (!(await this.isClosed())) throw new Error('the transport stayed open');
    return abort.details['message'] as string;
  }

  /** An ERROR that answers a request. */
  async isRefused(kind: ErrorMessage['requestKind'], request: number): Promise<string> {
    const reply = await this.gets(MessageKind.Error);
    if (reply.request !== request || reply.requestKind !== kind) {
      throw new Error(`got the ERROR of another request: ${JSON.stringify(plain(reply))}`);
    }
    return reply.error;
  }
}

/** A router with a manual clock, and its peers. */
export class House {
  readonly clock = new ManualClock();
  readonly router: Router;

  constructor(options: RouterOptions = { realms: { realm1: {} } }) {
    this.router = new Router({ clock: this.clock, ...options });
  }

  /** A peer that has not said HELLO. */
  peer(serializer: Serializer = cbor()): TestPeer {
    return new TestPeer(this.router.openTransport(serializer));
  }

  /** A peer whose transport can be bent. */
  peerOver(bend: (transport: Transport) => Transport, serializer: Serializer = cbor()): TestPeer {
    const [clientEnd, routerEnd] = createTransportPair(serializer);
    this.router.attach(bend(routerEnd));
    return new TestPeer(clientEnd);
  }

  async joins(realm = 'realm1', details?: Dict, serializer?: Serializer): Promise<TestPeer> {
    return this.peer(serializer).joins(realm, details);
  }
}
