/** Stand-ins for a router where a test is about the transport alone. */
import type { Transport } from '@wamp/protocol';
import type { TransportAcceptor } from '../src/ws-listener.js';
import { RecordingReceiver } from './transport-cases.fixture.js';

/** Keeps every transport that it gets, with a receiver that records. */
export class RecordingAcceptor implements TransportAcceptor {
  readonly transports: Transport[] = [];
  readonly receivers: RecordingReceiver[] = [];
  #waiting: (() => void)[] = [];

  attach(transport: Transport): void {
    const receiver = new RecordingReceiver();
    transport.open(receiver);
    this.transports.push(transport);
    this.receivers.push(receiver);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async connection(index = 0): Promise<{ transport: Transport; receiver: RecordingReceiver }> {
    while (this.transports.length <= index) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return { transport: this.transports[index]!, receiver: this.receivers[index]! };
  }
}
