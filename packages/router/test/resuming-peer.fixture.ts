/** A client for tests that can resume its session: it speaks messages over a link that a test cuts where it wants. */
import {
  createTransportPair,
  HelloMessage,
  MessageKind,
  type Dict,
  type Message,
  type Serializer,
  type Transport,
  type TransportClosed,
  type TransportReceiver,
  type WelcomeMessage,
} from '@wamp/protocol';
import { ResumableTransport } from '@wamp/protocol/resumable-transport';
import type { Router } from '../src/index.js';
import { ALL_FEATURES } from './test-peer.fixture.js';

const LIMITS = { resumeFrames: 10_000, resumeBytes: 1_000_000 };

/** Lets frames pass until it is cut: the one that would be one too many is lost, and all that are under way. */
export class CuttableLink implements Transport {
  readonly serializer: Serializer;
  readonly info: Readonly<Record<string, unknown>>;
  readonly maxSendBytes = Infinity;
  readonly #inner: Transport;
  #up = Infinity;
  #down = Infinity;

  constructor(inner: Transport) {
    this.#inner = inner;
    this.serializer = inner.serializer;
    this.info = inner.info;
  }

  /** Cuts the link instead of letting a further frame pass after so many. */
  cutAfter({ up = Infinity, down = Infinity }: { up?: number; down?: number }): void {
    this.#up = up;
    this.#down = down;
  }

  get bufferedBytes(): number {
    return this.#inner.bufferedBytes;
  }

  open(receiver: TransportReceiver): void {
    this.#inner.open({
      receive: (frame) => {
        if (this.#down === 0) this.terminate('cut');
        else {
          this.#down -= 1;
          receiver.receive(frame);
        }
      },
      violated: (sentence) => {
        receiver.violated(sentence);
      },
      drained: () => {
        receiver.drained();
      },
      closed: (how) => {
        receiver.closed(how);
      },
    });
  }

  send(frame: Uint8Array): void {
    if (this.#up === 0) {
      this.terminate('cut');
      return;
    }
    this.#up -= 1;
    this.#inner.send(frame);
  }

  pause(): void {
    this.#inner.pause();
  }

  resume(): void {
    this.#inner.resume();
  }

  close(): void {
    this.#inner.close('normal');
  }

  terminate(reason: string): void {
    this.#up = 0;
    this.#down = 0;
    this.#inner.terminate(reason);
  }
}

export interface ResumingPeerOptions {
  readonly router: Router;
  readonly serializer: Serializer;
  readonly realm?: string;
  /** Told of every message of the session. */
  readonly heard: (message: Message) => void;
  /** Made for every link, before it is opened; by default nothing is done to it. */
  readonly linked?: (link: CuttableLink, count: number) => void;
  readonly details?: Dict;
}

export class ResumingPeer {
  readonly #options: ResumingPeerOptions;
  #transport: ResumableTransport | undefined;
  /** the link that was opened last */
  link: CuttableLink | undefined;
  links = 0;
  welcome: WelcomeMessage | undefined;
  /** how the session ended, if it has */
  how: TransportClosed | undefined;
  /** sessions that were lost because the router had a new one only */
  sessionsLost = 0;
  resumes = 0;
  /** whether a lost link is replaced at once, or when the test dials */
  redials = true;

  constructor(options: ResumingPeerOptions) {
    this.#options = options;
  }

  send(message: Message): void {
    this.#transport!.send(this.#options.serializer.encode(message));
  }

  get transport(): ResumableTransport {
    return this.#transport!;
  }

  /** Opens a link and says HELLO; for the first time, or to come back. */
  dial(more: Dict = {}): void {
    const { router, serializer, details, linked } = this.#options;
    const [near, far] = createTransportPair(serializer);
    router.attach(far);
    const link = new CuttableLink(near);
    this.link = link;
    this.links += 1;
    linked?.(link, this.links);
    const receiver = new Joining((frame) => this.#joined(link, frame));
    receiver.onClosed = () => this.#isLost();
    link.open(receiver);
    const hello = {
      roles: ALL_FEATURES,
      x_session_token: true,
      x_resume: this.#transport?.received ?? true,
      ...(this.welcome !== undefined && {
        x_replaces: { session: this.welcome.session, token: this.welcome.details['x_session_token'] },
      }),
      ...details,
      ...more,
    };
    link.send(serializer.encode(new HelloMessage(this.#options.realm ?? 'realm1', hello)));
  }

  #joined(link: CuttableLink, frame: Uint8Array): TransportReceiver | undefined {
    const message = this.#options.serializer.decode(new Uint8Array(frame));
    if (message.kind !== MessageKind.Welcome) throw new Error(`WELCOME was awaited, got ${message.kind}`);
    const received = (message.details['x_resume'] as Dict | undefined)?.['received'];
    const former = this.#transport;
    this.welcome = message;
    if (former !== undefined && typeof received === 'number') {
      this.resumes += 1;
      if (!former.canResume(link, received)) throw new Error('this side has not kept everything');
      const receiver = former.takeOver(link, received);
      former.acknowledge();
      return receiver;
    }
    if (former !== undefined) this.sessionsLost += 1;
    this.#transport = new ResumableTransport(
      link,
      { linkLost: () => this.#isLost(), linkConfirmed: () => undefined },
      LIMITS,
    );
    this.#transport.open({
      receive: (bytes) => {
        this.#options.heard(this.#options.serializer.decode(new Uint8Array(bytes)));
      },
      violated: (sentence) => {
        throw new Error(sentence);
      },
      drained: () => undefined,
      closed: (how) => {
        this.how = how;
      },
    });
    return this.#transport.linkReceiver();
  }

  #isLost(): boolean {
    if (this.redials) queueMicrotask(() => this.dial());
    return true;
  }
}

/** Hears of a link until WELCOME, then hands over. */
class Joining implements TransportReceiver {
  onClosed: () => void = () => undefined;
  readonly #first: (frame: Uint8Array) => TransportReceiver | undefined;
  #next: TransportReceiver | undefined;

  constructor(first: (frame: Uint8Array) => TransportReceiver | undefined) {
    this.#first = first;
  }

  receive(frame: Uint8Array): void {
    if (this.#next === undefined) this.#next = this.#first(frame);
    else this.#next.receive(frame);
  }

  violated(sentence: string): void {
    this.#next?.violated(sentence);
  }

  drained(): void {
    this.#next?.drained();
  }

  closed(how: TransportClosed): void {
    if (this.#next === undefined) this.onClosed();
    else this.#next.closed(how);
  }
}
