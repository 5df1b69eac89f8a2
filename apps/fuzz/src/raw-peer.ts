/** A peer of a router in the same process that speaks frames made by encoders that are not ours. */
import type { Format, Transport, TransportReceiver } from '@wamp/protocol';
import { decode, encode } from './oracle.js';

export class RawPeer implements TransportReceiver {
  readonly format: Format;
  readonly transport: Transport;
  /** frames that came and were not taken */
  frames: Uint8Array[] = [];
  isClosed = false;
  /** sees every message that can be read */
  onMessage: ((list: unknown[]) => void) | undefined = undefined;

  constructor(transport: Transport) {
    this.transport = transport;
    this.format = transport.serializer.format;
    transport.open(this);
  }

  receive(frame: Uint8Array): void {
    const copy = new Uint8Array(frame);
    this.frames.push(copy);
    this.onMessage?.(decode(this.format, copy) as unknown[]);
  }

  violated(): void {
    throw new Error('a transport in memory has nothing to complain about');
  }

  drained(): void {
    // nothing waits for it
  }

  closed(): void {
    this.isClosed = true;
  }

  say(list: readonly unknown[]): void {
    this.transport.send(encode(this.format, list));
  }

  sendRaw(frame: Uint8Array): void {
    this.transport.send(frame);
  }

  take(): Uint8Array[] {
    const frames = this.frames;
    this.frames = [];
    return frames;
  }
}

/** Lets everything happen that is under way in memory. */
export async function settled(turns = 4): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
