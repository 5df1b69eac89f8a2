/** A transport that behaves as a test wants: it takes only small frames, or pretends that its buffer is full. */
import type { CloseCause, Serializer, Transport, TransportReceiver } from '@wamp/protocol';

export class BentTransport implements Transport {
  readonly inner: Transport;
  readonly serializer: Serializer;
  readonly info: Readonly<Record<string, unknown>>;
  maxSendBytes = Infinity;
  /** what it claims to have buffered; undefined tells the truth */
  claimedBytes: number | undefined = undefined;
  /** calls of pause and resume, and how it was closed */
  readonly calls: string[] = [];
  receiver: TransportReceiver | undefined = undefined;
  isPaused = false;
  throwsOnSend = false;
  /** frames that were handed to it */
  sent = 0;
  /** delivers what the peer answers from within `send` */
  duringSend: (() => void) | undefined = undefined;
  probe?: NonNullable<Transport['probe']>;

  constructor(inner: Transport) {
    this.inner = inner;
    this.serializer = inner.serializer;
    this.info = { ...inner.info, peer: '127.0.0.1:1234' };
  }

  get bufferedBytes(): number {
    return this.claimedBytes ?? this.inner.bufferedBytes;
  }

  open(receiver: TransportReceiver): void {
    this.receiver = receiver;
    this.inner.open({
      receive: (frame) => {
        receiver.receive(frame);
      },
      violated: (sentence) => {
        receiver.violated(sentence);
      },
      drained: () => {
        if (this.claimedBytes === undefined) receiver.drained();
      },
      closed: (how) => {
        receiver.closed(how);
      },
    });
  }

  send(frame: Uint8Array): void {
    if (this.throwsOnSend) throw new Error('the socket is broken');
    this.sent += 1;
    this.inner.send(frame);
    const during = this.duringSend;
    this.duringSend = undefined;
    during?.();
  }

  pause(): void {
    this.isPaused = true;
    this.calls.push('pause');
    this.inner.pause();
  }

  resume(): void {
    this.isPaused = false;
    this.calls.push('resume');
    this.inner.resume();
  }

  close(cause: CloseCause, reason?: string): void {
    this.calls.push(`close ${cause}`);
    this.inner.close(cause, reason);
  }

  terminate(reason: string): void {
    this.calls.push('terminate');
    this.inner.terminate(reason);
  }
}
