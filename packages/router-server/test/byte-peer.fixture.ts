/** A peer that speaks to a port byte by byte, over TCP or a Unix socket, for what a library would not let us send. */
import { once } from 'node:events';
import { connect, type NetConnectOpts, type Socket } from 'node:net';

export class BytePeer {
  readonly socket: Socket;
  /** what came, one entry per read of the socket */
  readonly chunks: Buffer[] = [];
  isClosed = false;
  #wake: (() => void)[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      this.chunks.push(chunk);
      this.#notify();
    });
    socket.on('close', () => {
      this.isClosed = true;
      this.#notify();
    });
  }

  static async connect(place: number | NetConnectOpts): Promise<BytePeer> {
    const socket = connect(typeof place === 'number' ? { port: place, host: '127.0.0.1' } : place);
    const peer = new BytePeer(socket);
    await once(socket, 'connect');
    return peer;
  }

  get received(): Buffer {
    return Buffer.concat(this.chunks);
  }

  /** Says that nothing follows. */
  ends(): void {
    this.socket.end();
  }

  sends(...parts: readonly (string | Uint8Array | readonly number[])[]): void {
    this.socket.write(
      Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part)))),
    );
  }

  async until(isDone: () => boolean): Promise<void> {
    while (!isDone()) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  /** So many bytes, from the first one on. */
  async bytes(count: number): Promise<Buffer> {
    await this.until(() => this.received.length >= count || this.isClosed);
    return this.received.subarray(0, count);
  }

  closed(): Promise<void> {
    return this.until(() => this.isClosed);
  }

  #notify(): void {
    for (const resolve of this.#wake.splice(0)) resolve();
  }
}
