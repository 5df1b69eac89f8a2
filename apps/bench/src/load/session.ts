/** A WAMP session of the load generator: what happens once, message by message. */
import { isDeepStrictEqual } from 'node:util';
import { Channel } from '../wire/channel.js';
import { FORMATS, type Format, type FormatName } from '../wire/format.js';

const ROLES = { caller: {}, callee: {}, publisher: {}, subscriber: {} };
const [HELLO, WELCOME, GOODBYE, ERROR] = [1, 2, 6, 8];

export class Session {
  readonly channel: Channel;
  readonly format: Format;
  #id = 0;
  readonly #waiting = new Map<number, (message: unknown[]) => void>();
  #joined: (message: unknown[]) => void = () => undefined;

  private constructor(channel: Channel, format: Format) {
    this.channel = channel;
    this.format = format;
    this.listen();
  }

  static async join(url: string, name: FormatName, realm = 'realm1'): Promise<Session> {
    const format = FORMATS[name];
    const session = new Session(await Channel.open({ url, ...format }), format);
    const welcome = new Promise<unknown[]>((resolve, reject) => {
      session.#joined = resolve;
      session.channel.onClosed = (reason) => reject(new Error(reason));
    });
    session.send([HELLO, realm, { roles: ROLES }]);
    const answer = await welcome;
    if (answer[0] !== WELCOME) throw new Error(`not welcome: ${JSON.stringify(answer)}`);
    session.channel.onClosed = () => undefined;
    return session;
  }

  /** A new request id. */
  nextId(): number {
    return (this.#id += 1);
  }

  send(message: readonly unknown[]): void {
    this.channel.send(this.format.encode(message));
  }

  /** Takes over the channel's messages again. */
  listen(): void {
    this.channel.onMessage = (buffer, start, end) =>
      this.receive(this.format.decode(Buffer.from(buffer.subarray(start, end))));
  }

  /** Hands an answer to whoever waits for it. */
  receive(message: unknown[]): void {
    if (message[0] === WELCOME || message[0] === 3) {
      this.#joined(message);
      return;
    }
    const id = Number(message[0] === ERROR ? message[2] : message[1]);
    const wake = this.#waiting.get(id);
    this.#waiting.delete(id);
    wake?.(message);
  }

  /** `[kind, id, {}, …rest]`, and its answer. @throws what an ERROR says */
  async request(kind: number, options: object, ...rest: readonly unknown[]): Promise<unknown[]> {
    const id = this.nextId();
    const answer = new Promise<unknown[]>((resolve) => this.#waiting.set(id, resolve));
    this.send([kind, id, options, ...rest]);
    const message = await answer;
    if (message[0] === ERROR) throw new Error(`refused: ${JSON.stringify(message)}`);
    return message;
  }

  /** Gives a registration back. */
  async unregister(registration: number): Promise<void> {
    const id = this.nextId();
    const answer = new Promise<unknown[]>((resolve) => this.#waiting.set(id, resolve));
    this.send([66, id, registration]);
    const message = await answer;
    if (message[0] === ERROR) throw new Error(`refused: ${JSON.stringify(message)}`);
  }

  /** @returns the registration id */
  async register(procedure: string, options: object = {}): Promise<number> {
    return Number((await this.request(64, options, procedure))[2]);
  }

  /** @returns the subscription id */
  async subscribe(topic: string): Promise<number> {
    return Number((await this.request(32, {}, topic))[2]);
  }

  /** Leaves with GOODBYE; resolves when the router has answered. */
  leave(): Promise<void> {
    return new Promise((resolve) => {
      this.channel.onMessage = () => this.channel.close();
      this.channel.onClosed = () => resolve();
      this.send([GOODBYE, {}, 'wamp.close.close_realm']);
    });
  }
}

/** Whether two payloads are the same values; bytes may come as any kind of array of bytes. */
export function isSame(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(plain(one), plain(other));
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
}
