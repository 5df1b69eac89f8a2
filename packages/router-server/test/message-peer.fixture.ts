/**
 * A client in the same process that sends and gets exactly the messages that a test names. For what our client would
 * never do, and for seeing what really arrives.
 */
import {
  CallMessage,
  CloseUri,
  GoodbyeMessage,
  HelloMessage,
  kindName,
  MessageKind,
  Payload,
  RegisterMessage,
  YieldMessage,
  type CallOptions,
  type Dict,
  type InvocationMessage,
  type Message,
  type RegisterOptions,
  type Transport,
  type TransportClosed,
  type TransportReceiver,
  type YieldOptions,
} from '@wamp/protocol';

/** Announces every feature of callers and callees that concerns calls. */
export const ALL_ROLES: Dict = {
  caller: {
    features: { call_canceling: true, progressive_call_results: true, progressive_call_invocations: true },
  },
  callee: {
    features: {
      call_canceling: true,
      progressive_call_results: true,
      progressive_call_invocations: true,
      registration_revocation: true,
    },
  },
  publisher: {},
  subscriber: {},
};

/** A callee like those of autobahn and wampy: progress, but no INTERRUPT. */
export const UNINTERRUPTIBLE: Dict = {
  caller: { features: { call_canceling: true, progressive_call_results: true } },
  callee: { features: { progressive_call_results: true } },
};

/** Lets everything happen that is under way within this process. */
export async function settled(turns = 5): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export class MessagePeer implements TransportReceiver {
  readonly transport: Transport;
  /** what came and was not taken yet */
  readonly inbox: Message[] = [];
  how: TransportClosed | undefined = undefined;
  #request = 0;
  #wake: () => void = () => undefined;

  constructor(transport: Transport) {
    this.transport = transport;
    transport.open(this);
  }

  receive(frame: Uint8Array): void {
    const message = this.transport.serializer.decode(frame.slice());
    // A router that shuts down need not wait for peers that a test has finished with.
    if (message.kind === MessageKind.Goodbye) this.sends(new GoodbyeMessage({}, CloseUri.GoodbyeAndOut));
    else this.inbox.push(message);
    this.#wake();
  }

  violated(sentence: string): void {
    throw new Error(sentence);
  }

  drained(): void {
    // nothing waits for it
  }

  closed(how: TransportClosed): void {
    this.how = how;
    this.#wake();
  }

  async joins(roles: Dict = ALL_ROLES, realm = 'realm1'): Promise<this> {
    this.sends(new HelloMessage(realm, { roles }));
    await this.gets(MessageKind.Welcome);
    return this;
  }

  next(): number {
    this.#request += 1;
    return this.#request;
  }

  sends(...messages: readonly Message[]): void {
    for (const message of messages) this.transport.send(this.transport.serializer.encode(message));
  }

  /** The next message; it has to be of that kind. */
  async gets<K extends MessageKind>(kind: K): Promise<Extract<Message, { kind: K }>> {
    while (this.inbox.length === 0 && this.how === undefined) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const message = this.inbox.shift();
    if (message?.kind !== kind) {
      const got = message === undefined ? 'the end' : `${kindName(message.kind)} ${JSON.stringify(message)}`;
      throw new Error(`${kindName(kind)} was awaited, got ${got}`);
    }
    return message as Extract<Message, { kind: K }>;
  }

  async getsNothing(): Promise<void> {
    await settled();
    if (this.inbox.length > 0) throw new Error(`nothing was awaited, got ${JSON.stringify(this.inbox)}`);
  }

  async ends(): Promise<TransportClosed> {
    while (this.how === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.how;
  }

  /** @returns the id of the registration */
  async registers(procedure: string, options: RegisterOptions = {}): Promise<number> {
    this.sends(new RegisterMessage(this.next(), options, procedure));
    return (await this.gets(MessageKind.Registered)).registration;
  }

  /** Sends CALL. @returns its id */
  calls(procedure: string, args: readonly unknown[] = [], options: CallOptions = {}): number {
    const request = this.next();
    this.sends(new CallMessage(request, options, procedure, Payload.of(args)));
    return request;
  }

  yields(invocation: InvocationMessage, args: readonly unknown[] = [], options: YieldOptions = {}): void {
    this.sends(new YieldMessage(invocation.request, options, Payload.of(args)));
  }

  /** The next message is the final RESULT of that call. @returns its positional arguments */
  async getsResult(request: number): Promise<readonly unknown[]> {
    const result = await this.gets(MessageKind.Result);
    if (result.request !== request || result.details.progress === true) {
      throw new Error(`the final RESULT of ${request} was awaited, got ${JSON.stringify(result)}`);
    }
    return result.payload.args;
  }

  /** The next message is the ERROR of that request. @returns its URI */
  async getsError(request: number, kind: MessageKind = MessageKind.Call): Promise<string> {
    const error = await this.gets(MessageKind.Error);
    if (error.request !== request || error.requestKind !== kind) {
      throw new Error(`the ERROR of ${request} was awaited, got ${JSON.stringify(error)}`);
    }
    return error.error;
  }
}
