/**
 * One connection of the load generator: whole messages in, messages out, all of one turn in one system call. Must not know
 * what they say.
 */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { RAW_SOCKET, WEB_SOCKET, type Frame, type Framing } from './framing.js';

export interface Endpoint {
  /** `ws://host:port/path`, or `rs://host:port` */
  readonly url: string;
  /** WebSocket subprotocol; empty for none */
  readonly subprotocol: string;
  /** RawSocket serializer id; 0 for the bare relay, which shakes no hands */
  readonly rawSocketId: number;
  readonly isText: boolean;
}

const BATCH_BYTES = 64 * 1024;
const RAW_SOCKET_MAGIC = 0x7f;
/** 16 MiB, the longest that RawSocket can announce. */
const RAW_SOCKET_LENGTH = 0xf0;

export class Channel {
  /** a message; the bytes are valid during the call */
  onMessage: (buffer: Buffer, start: number, end: number) => void = () => undefined;
  onClosed: (reason: string) => void = () => undefined;
  /** the bytes that go out next; write a message where {@link begin} says */
  out = Buffer.allocUnsafe(BATCH_BYTES);
  readonly #socket: Socket;
  readonly #framing: Framing;
  readonly #isText: boolean;
  readonly #frame: Frame = { header: 0, length: 0, kind: 'message' };
  #used = 0;
  #rest: Buffer | undefined;
  /** bytes of `#rest` that are there, and that are needed before it makes sense to look again */
  #have = 0;
  #isScheduled = false;

  private constructor(socket: Socket, framing: Framing, isText: boolean) {
    this.#socket = socket;
    this.#framing = framing;
    this.#isText = isText;
  }

  /** Connects and shakes hands. */
  static async open(endpoint: Endpoint): Promise<Channel> {
    const { hostname, port, protocol, pathname } = new URL(endpoint.url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    socket.on('error', () => undefined);
    const isRaw = protocol === 'rs:';
    const rest = isRaw
      ? await rawHandshake(socket, endpoint)
      : await webHandshake(socket, endpoint, pathname);
    const channel = new Channel(socket, isRaw ? RAW_SOCKET : WEB_SOCKET, endpoint.isText);
    socket.on('data', (chunk) => channel.#take(chunk));
    socket.on('close', () => channel.onClosed('the connection was closed'));
    if (rest.length > 0) setImmediate(() => channel.#take(rest));
    return channel;
  }

  /** Makes room for a message of that many bytes, with its header; returns where in {@link out} it goes. */
  begin(length: number): number {
    const need = length + this.#framing.maxHeaderBytes;
    if (this.#used + need > this.out.length) this.flush();
    if (need > this.out.length) this.out = Buffer.allocUnsafe(need);
    const at = this.#framing.writeHeader(this.out, this.#used, length, this.#isText);
    this.#used = at + length;
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      setImmediate(this.#flushScheduled);
    }
    return at;
  }

  send(message: Uint8Array): void {
    const at = this.begin(message.length);
    this.out.set(message, at);
  }

  /** Sends what is there, in one system call. */
  flush(): void {
    if (this.#used === 0) return;
    this.#socket.write(this.out.subarray(0, this.#used));
    this.out = Buffer.allocUnsafe(BATCH_BYTES);
    this.#used = 0;
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  close(): void {
    this.flush();
    this.#socket.end();
  }

  cut(): void {
    this.#socket.destroy();
  }

  readonly #flushScheduled = (): void => {
    this.#isScheduled = false;
    this.flush();
  };

  #take(chunk: Buffer): void {
    let buffer = chunk;
    let end = chunk.length;
    if (this.#rest !== undefined) {
      if (this.#have + chunk.length > this.#rest.length)
        this.#rest = grown(this.#rest, this.#have, this.#have + chunk.length);
      chunk.copy(this.#rest, this.#have);
      this.#have += chunk.length;
      buffer = this.#rest;
      end = this.#have;
    }
    const at = this.#readAll(buffer, end);
    if (at === end) {
      this.#rest = undefined;
      return;
    }
    if (at === 0 && buffer === this.#rest) return;
    // Large messages are gathered in one place, which is made once.
    const missing = this.#frame.header === 0 ? 0 : this.#frame.header + this.#frame.length;
    const rest = Buffer.allocUnsafe(Math.max(missing, end - at, BATCH_BYTES));
    buffer.copy(rest, 0, at, end);
    this.#have = end - at;
    this.#rest = rest;
  }

  /** @returns where the first incomplete frame begins */
  #readAll(buffer: Buffer, end: number): number {
    const frame = this.#frame;
    let at = 0;
    while (at < end) {
      this.#framing.readHeader(buffer, at, end, frame);
      if (frame.header === 0 || at + frame.header + frame.length > end) return at;
      const start = at + frame.header;
      at = start + frame.length;
      if (frame.kind === 'message') this.onMessage(buffer, start, at);
      else if (frame.kind === 'ping')
        this.#socket.write(this.#framing.writePong(Buffer.from(buffer.subarray(start, at))));
    }
    return at;
  }
}

function grown(buffer: Buffer, used: number, needed: number): Buffer {
  const larger = Buffer.allocUnsafe(Math.max(needed, buffer.length * 2));
  buffer.copy(larger, 0, 0, used);
  return larger;
}

async function webHandshake(socket: Socket, endpoint: Endpoint, path: string): Promise<Buffer> {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${new URL(endpoint.url).host}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    'Sec-WebSocket-Version: 13',
    ...(endpoint.subprotocol === '' ? [] : [`Sec-WebSocket-Protocol: ${endpoint.subprotocol}`]),
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  let head = Buffer.alloc(0);
  for (;;) {
    head = Buffer.concat([head, await nextChunk(socket)]);
    const end = head.indexOf('\r\n\r\n');
    if (end === -1) continue;
    const text = head.toString('latin1', 0, end);
    if (!text.startsWith('HTTP/1.1 101')) throw new Error(`refused: ${text.split('\r\n')[0] ?? ''}`);
    return head.subarray(end + 4);
  }
}

async function rawHandshake(socket: Socket, { rawSocketId }: Endpoint): Promise<Buffer> {
  if (rawSocketId === 0) return Buffer.alloc(0);
  socket.write(Buffer.from([RAW_SOCKET_MAGIC, RAW_SOCKET_LENGTH | rawSocketId, 0, 0]));
  let head = Buffer.alloc(0);
  while (head.length < 4) head = Buffer.concat([head, await nextChunk(socket)]);
  if (head[0] !== RAW_SOCKET_MAGIC || (head[1]! & 0x0f) !== rawSocketId)
    throw new Error('refused by RawSocket');
  return head.subarray(4);
}

function nextChunk(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const closed = (): void => reject(new Error('closed while shaking hands'));
    socket.once('close', closed);
    socket.once('data', (chunk) => {
      socket.off('close', closed);
      resolve(chunk);
    });
  });
}
