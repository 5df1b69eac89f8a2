/** The other end of a client: a peer in memory that speaks messages as a test tells it to. */
import {
  createTransportPair,
  ErrorMessage,
  GoodbyeMessage,
  MessageKind,
  Payload,
  RegisteredMessage,
  SubscribedMessage,
  WelcomeMessage,
  announceRoles,
  type CloseCause,
  type Dict,
  type Message,
  type RequestKind,
  type Serializer,
  type Transport,
  type TransportClosed,
  type TransportReceiver,
} from '@wamp/protocol';
import { json } from '@wamp/protocol/json';
import { connect, type Client, type ConnectOptions } from '@wamp/client';

type OfKind<K extends Message['kind']> = Extract<Message, { kind: K }>;

/** The router's features in WELCOME, unless a test says otherwise. */
export const ALL_FEATURES: Dict = announceRoles({
  broker: ['publisher_identification', 'pattern_based_subscription', 'subscription_revocation'],
  dealer: [
    'call_canceling',
    'call_timeout',
    'progressive_call_results',
    'progressive_call_invocations',
    'registration_revocation',
  ],
});

export class ScriptedRouter implements TransportReceiver {
  readonly serializer: Serializer;
  readonly received: Message[] = [];
  /** set when the client's end has closed the link */
  end: TransportClosed | undefined;
  readonly #transport: Transport;
  #read = 0;
  #waiting: (() => void)[] = [];

  constructor(transport: Transport) {
    this.serializer = transport.serializer;
    this.#transport = transport;
    transport.open(this);
  }

  receive(frame: Uint8Array): void {
    const message = this.serializer.decode(new Uint8Array(frame));
    this.received.push(message);
    this.#wake();
  }

  violated(): void {
    throw new Error('the client sent a wrong frame');
  }

  drained(): void {
    // scripts send little
  }

  closed(how: TransportClosed): void {
    this.end = how;
    this.#wake();
  }

  sends(...messages: Message[]): void {
    for (const message of messages) this.#transport.send(this.serializer.encode(message));
  }

  sendsBytes(bytes: Uint8Array): void {
    this.#transport.send(bytes);
  }

  refuses(
    kind: RequestKind,
    request: number,
    uri: string,
    args: readonly unknown[] = [],
    kwargs: Dict = {},
  ): void {
    this.sends(new ErrorMessage(kind, request, {}, uri, Payload.of(args, kwargs)));
  }

  /** Reads nothing until it resumes. */
  pauses(): void {
    this.#transport.pause();
  }

  resumes(): void {
    this.#transport.resume();
  }

  closes(cause: CloseCause = 'normal', reason?: string): void {
    this.#transport.close(cause, reason);
  }

  cuts(): void {
    this.#transport.terminate('cut');
  }

  /** The next message, which has to be of that kind. */
  async gets<K extends Message['kind']>(kind: K): Promise<OfKind<K>> {
    while (this.#read >= this.received.length) {
      if (this.end !== undefined) throw new Error(`the client is gone, ${kind} never came`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    const message = this.received[this.#read++]!;
    if (message.kind !== kind) throw new Error(`expected ${kind}, got ${JSON.stringify(message)}`);
    return message as OfKind<K>;
  }

  async seesTheEnd(): Promise<TransportClosed> {
    while (this.end === undefined) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.end;
  }

  /** Messages that no `gets` has taken. */
  get unread(): readonly Message[] {
    return this.received.slice(this.#read);
  }

  async welcomes(features: Dict = ALL_FEATURES): Promise<OfKind<typeof MessageKind.Hello>> {
    const hello = await this.gets(MessageKind.Hello);
    this.sends(new WelcomeMessage(4711, { roles: features }));
    return hello;
  }

  /** Answers the next REGISTER. */
  async registers(id: number): Promise<OfKind<typeof MessageKind.Register>> {
    const register = await this.gets(MessageKind.Register);
    this.sends(new RegisteredMessage(register.request, id));
    return register;
  }

  /** Answers the next SUBSCRIBE. */
  async subscribes(id: number): Promise<OfKind<typeof MessageKind.Subscribe>> {
    const subscribe = await this.gets(MessageKind.Subscribe);
    this.sends(new SubscribedMessage(subscribe.request, id));
    return subscribe;
  }

  /** Answers the next GOODBYE. */
  async dismisses(reason = 'wamp.close.goodbye_and_out'): Promise<void> {
    await this.gets(MessageKind.Goodbye);
    this.sends(new GoodbyeMessage({}, reason));
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}

/** A transport for `connect` and the router at its other end. */
export function scripted(serializer: Serializer = json()): { transport: Transport; router: ScriptedRouter } {
  const [transport, other] = createTransportPair(serializer);
  return { transport, router: new ScriptedRouter(other) };
}

/** A joined client and its scripted router. */
export async function joined(
  options: Partial<ConnectOptions> = {},
  features: Dict = ALL_FEATURES,
  serializer?: Serializer,
): Promise<{ client: Client; router: ScriptedRouter }> {
  const { transport, router } = scripted(serializer);
  const [client] = await Promise.all([
    connect(transport, { realm: 'realm1', ...options }),
    router.welcomes(features),
  ]);
  return { client, router };
}

/** Lets everything happen that is only waiting for its turn. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}
