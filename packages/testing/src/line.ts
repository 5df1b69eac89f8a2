/**
 * The line between one client and the router, as a test wants it: cut, silent or slow. Owns what is under way on it.
 * A client that reconnects gets a new connection on the same line.
 */
import type { CloseCause, Serializer, Transport, TransportClosed, TransportReceiver } from '@wamp/protocol';
import type { Clock } from '@wamp/router';

/** What a test can do to a client's line. */
export interface Line {
  /** Cuts the connection, if there is one: both ends notice at once. */
  cut(): void;
  /** Nothing arrives any more, in both directions, and nobody notices; what is sent waits. */
  stall(): void;
  /** Ends stall(): what waited arrives, in order. */
  flow(): void;
  /** Everything takes this long from now on, in each direction; 0 is at once. The time is that of the test router. */
  delay(ms: number): void;
  /** Further connections fail until repair(). */
  block(): void;
  repair(): void;
  /** how many connections there have been */
  readonly connections: number;
}

export class TestLine implements Line {
  readonly #clock: Clock;
  readonly #open: () => Transport;
  #current: LineTransport | undefined;
  #isStalled = false;
  #isBlocked = false;
  #delayMs = 0;
  #connections = 0;

  /** @param open opens a transport into the router, in process */
  constructor(clock: Clock, open: () => Transport) {
    this.#clock = clock;
    this.#open = open;
  }

  get connections(): number {
    return this.#connections;
  }

  get clock(): Clock {
    return this.#clock;
  }

  get isStalled(): boolean {
    return this.#isStalled;
  }

  get delayMs(): number {
    return this.#delayMs;
  }

  /** The target for `connect`. */
  readonly connect = async (): Promise<Transport> => {
    if (this.#isBlocked) throw new Error('the line is blocked');
    this.#connections += 1;
    this.#current = new LineTransport(this.#open(), this);
    return Promise.resolve(this.#current);
  };

  cut(): void {
    this.#current?.terminate('the line was cut');
  }

  stall(): void {
    this.#isStalled = true;
  }

  flow(): void {
    this.#isStalled = false;
    this.#current?.flow();
  }

  delay(ms: number): void {
    this.#delayMs = ms;
  }

  block(): void {
    this.#isBlocked = true;
  }

  repair(): void {
    this.#isBlocked = false;
  }
}

/** The client's end of one connection; everything passes through the line. */
class LineTransport implements Transport, TransportReceiver {
  readonly serializer: Serializer;
  readonly info: Readonly<Record<string, unknown>>;
  readonly maxSendBytes: number;
  readonly #inner: Transport;
  /** what is under way, in each direction: kept in order, also when the delay changes meanwhile */
  readonly #up: Passage;
  readonly #down: Passage;
  #receiver: TransportReceiver | undefined;
  #isOver = false;

  constructor(inner: Transport, line: TestLine) {
    this.serializer = inner.serializer;
    this.info = inner.info;
    this.maxSendBytes = inner.maxSendBytes;
    this.#inner = inner;
    this.#up = new Passage(line);
    this.#down = new Passage(line);
  }

  get bufferedBytes(): number {
    return this.#inner.bufferedBytes;
  }

  open(receiver: TransportReceiver): void {
    this.#receiver = receiver;
    this.#inner.open(this);
  }

  send(frame: Uint8Array): void {
    if (this.#isOver) return;
    const copy = new Uint8Array(frame);
    this.#up.pass(() => this.#inner.send(copy));
  }

  pause(): void {
    this.#inner.pause();
  }

  resume(): void {
    this.#inner.resume();
  }

  close(cause: CloseCause, reason?: string): void {
    this.#up.pass(() => this.#inner.close(cause, reason));
  }

  terminate(reason: string): void {
    this.#isOver = true;
    this.#up.drop();
    this.#down.drop();
    this.#inner.terminate(reason);
  }

  /** The line flows again. */
  flow(): void {
    this.#up.flow();
    this.#down.flow();
  }

  // ---- what the router sends -------------------------------------------------------------------------------------

  receive(frame: Uint8Array): void {
    const copy = new Uint8Array(frame);
    this.#down.pass(() => this.#receiver?.receive(copy));
  }

  violated(sentence: string): void {
    this.#receiver?.violated(sentence);
  }

  drained(): void {
    this.#receiver?.drained();
  }

  closed(how: TransportClosed): void {
    // A cut is noticed at once; an orderly end comes behind what was sent before it.
    if (this.#isOver) this.#receiver?.closed(how);
    else this.#down.pass(() => this.#receiver?.closed(how));
  }
}

/** One direction of a line: things pass in their order, late or when it flows again. */
class Passage {
  readonly #line: TestLine;
  readonly #waiting: { readonly due: number; readonly step: () => void }[] = [];
  #isTimed = false;

  constructor(line: TestLine) {
    this.#line = line;
  }

  pass(step: () => void): void {
    const { clock, delayMs, isStalled } = this.#line;
    if (delayMs === 0 && !isStalled && this.#waiting.length === 0) {
      step();
      return;
    }
    this.#waiting.push({ due: clock.now() + delayMs, step });
    this.flow();
  }

  /** Lets through what is due, and waits for the rest. */
  flow(): void {
    const { clock } = this.#line;
    while (!this.#line.isStalled) {
      const [next] = this.#waiting;
      if (next === undefined) return;
      const wait = next.due - clock.now();
      if (wait > 0) {
        this.#wait(wait);
        return;
      }
      this.#waiting.shift();
      next.step();
    }
  }

  drop(): void {
    this.#waiting.length = 0;
  }

  #wait(ms: number): void {
    if (this.#isTimed) return;
    this.#isTimed = true;
    this.#line.clock.startTimer(() => {
      this.#isTimed = false;
      this.flow();
    }, ms);
  }
}
