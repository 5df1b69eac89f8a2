/** A peer that speaks WebSocket byte by byte, for what a library would not let us send. */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

export const Opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** One masked client frame. */
export function clientFrame(opcode: number, payload: Uint8Array, fin = true): Buffer {
  const mask = randomBytes(4);
  const head = [(fin ? 0x80 : 0) | opcode];
  const length = payload.length;
  if (length < 126) head.push(0x80 | length);
  else if (length < 65_536) head.push(0xfe, length >> 8, length & 0xff);
  else
    head.push(
      0xff,
      0,
      0,
      0,
      0,
      (length >>> 24) & 0xff,
      (length >>> 16) & 0xff,
      (length >>> 8) & 0xff,
      length & 0xff,
    );
  const masked = Buffer.from(payload);
  for (let i = 0; i < masked.length; i++) masked[i]! ^= mask[i & 3]!;
  return Buffer.concat([Buffer.from(head), mask, masked]);
}

export class RawPeer {
  readonly socket: Socket;
  /** what came after the handshake, one entry per read of the socket */
  readonly chunks: Buffer[] = [];
  /** the HTTP answer, up to the empty line */
  handshake = '';
  isClosed = false;
  #wake: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => this.#onData(chunk));
    socket.on('close', () => {
      this.isClosed = true;
      this.#notify();
    });
  }

  static async connect(port: number): Promise<RawPeer> {
    const socket = connect({ port, host: '127.0.0.1' });
    const peer = new RawPeer(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', () => resolve());
      socket.once('error', reject);
    });
    return peer;
  }

  /** Connects and upgrades. */
  static async upgraded(port: number, subprotocol: string, path = '/ws'): Promise<RawPeer> {
    const peer = await RawPeer.connect(port);
    peer.socket.write(
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n` +
        `Sec-WebSocket-Protocol: ${subprotocol}\r\n\r\n`,
    );
    await peer.until(() => peer.handshake !== '');
    return peer;
  }

  get received(): Buffer {
    return Buffer.concat(this.chunks);
  }

  /** The code of the close frame that came, if the last frame is one. */
  get closeCode(): number | undefined {
    const all = this.received;
    for (let at = 0; at + 2 <= all.length;) {
      const opcode = all[at]! & 0x0f;
      const short = all[at + 1]! & 0x7f;
      const head = short === 126 ? 4 : short === 127 ? 10 : 2;
      const length =
        short === 126
          ? all.readUInt16BE(at + 2)
          : short === 127
            ? Number(all.readBigUInt64BE(at + 2))
            : short;
      if (opcode === Opcode.close) return all.readUInt16BE(at + head);
      at += head + length;
    }
    return undefined;
  }

  async until(isDone: () => boolean): Promise<void> {
    while (!isDone()) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  #onData(chunk: Buffer): void {
    if (this.handshake === '') {
      const end = chunk.indexOf('\r\n\r\n');
      this.handshake = chunk.subarray(0, end < 0 ? chunk.length : end).toString();
      if (end >= 0 && end + 4 < chunk.length) this.chunks.push(chunk.subarray(end + 4));
    } else {
      this.chunks.push(chunk);
    }
    this.#notify();
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const resolve of wake) resolve();
  }
}
