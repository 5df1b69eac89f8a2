/**
 * Traffic that ends calls in every way there is, for looking afterwards at what stayed in the router: answers, errors,
 * cancels of every mode, timeouts, progress both ways, callers and callees that leave or are lost in the middle.
 * Peers speak messages, so that they can also be rude. Also run by `scripts/leak-run.mjs` against the built packages.
 */
import {
  CallMessage,
  CancelMessage,
  ErrorMessage,
  GoodbyeMessage,
  HelloMessage,
  MessageKind,
  Payload,
  RegisterMessage,
  YieldMessage,
  type CancelMode,
  type Message,
  type RegisterOptions,
  type Transport,
} from '@wamp/protocol';
import type { Router } from '@wamp/router';

/** How the calls of a run ended. */
export interface Tally {
  calls: number;
  results: number;
  progress: number;
  /** ERRORs by URI */
  readonly errors: Map<string, number>;
  /** calls that were open when their caller left */
  abandoned: number;
  interrupts: number;
  /** sessions that left with GOODBYE, and that were cut */
  goodbyes: number;
  cuts: number;
  /** what must not happen, as sentences; the first few */
  readonly faults: string[];
}

const FEATURES = {
  call_canceling: true,
  progressive_call_results: true,
  progressive_call_invocations: true,
};
const MODES: readonly (CancelMode | undefined)[] = ['skip', 'kill', 'killnowait', undefined];
const PROCEDURES: readonly (readonly [string, RegisterOptions])[] = [
  ['leak.shared', { invoke: 'roundrobin' }],
  ['leak.narrow', { invoke: 'least_pending', concurrency: 2 }],
  ['leak.sticky', { invoke: 'sticky', concurrency: 8 }],
  ['leak', { match: 'prefix', invoke: 'random' }],
];
const CALLED = ['leak.shared', 'leak.shared', 'leak.narrow', 'leak.sticky', 'leak.by.prefix', 'none.such'];
const OPEN_PER_CALLER = 32;

/** A small deterministic source of numbers, [0, 1). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** One turn of the event loop. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What callers and callees share: a session over a transport in memory. */
abstract class Member {
  isOver = false;
  protected readonly traffic: Traffic;
  protected requests = 0;
  readonly #transport: Transport;

  constructor(traffic: Traffic, roles: object) {
    this.traffic = traffic;
    this.#transport = traffic.router.openTransport();
    this.#transport.open({
      receive: (frame) => {
        if (!this.isOver) this.take(this.#transport.serializer.decode(frame));
      },
      violated: (sentence) => traffic.fault(sentence),
      drained: () => undefined,
      closed: () => (this.isOver = true),
    });
    this.sends(new HelloMessage('realm1', { roles }));
  }

  sends(message: Message): void {
    if (!this.isOver) this.#transport.send(this.#transport.serializer.encode(message));
  }

  leaves(): void {
    if (this.isOver) return;
    if (this.traffic.roll(2) === 0) {
      this.traffic.tally.goodbyes += 1;
      this.sends(new GoodbyeMessage({}, 'wamp.close.close_realm'));
    } else {
      this.traffic.tally.cuts += 1;
      this.#transport.terminate('cut');
    }
    this.isOver = true;
  }

  protected abstract take(message: Message): void;
}

class TrafficCallee extends Member {
  /** invocations that may still be answered, some of which nobody waits for any more */
  readonly open: number[] = [];

  constructor(traffic: Traffic, canCancel: boolean) {
    super(traffic, { callee: { features: canCancel ? FEATURES : { progressive_call_results: true } } });
    for (const [procedure, options] of PROCEDURES) {
      this.sends(new RegisterMessage((this.requests += 1), options, procedure));
    }
  }

  protected override take(message: Message): void {
    if (message.kind === MessageKind.Invocation) {
      if (!this.open.includes(message.request)) this.open.push(message.request);
    } else if (message.kind === MessageKind.Interrupt) {
      this.traffic.tally.interrupts += 1;
      // Some callees answer an INTERRUPT that needs no answer, some do not; to a kill all of them do.
      if (message.options.mode === 'kill' || this.traffic.roll(2) === 0) {
        this.#fails(message.request, 'wamp.error.canceled');
      }
    } else if (message.kind === MessageKind.Abort) {
      this.traffic.fault(`a callee was aborted: ${String(message.details['message'])}`);
    }
  }

  /** Answers some of what is open; a little stays unanswered for ever. */
  works(): void {
    const { traffic } = this;
    for (const id of this.open.splice(0, this.open.length - traffic.roll(3))) {
      const what = traffic.roll(20);
      if (what < 4) {
        this.sends(new YieldMessage(id, { progress: true }, Payload.of(['part'])));
        this.open.push(id);
      } else if (what < 6) {
        this.#fails(id, 'leak.error.failed');
      } else if (what < 19) {
        this.sends(new YieldMessage(id, {}, Payload.of(['done', id])));
        if (what === 18) this.sends(new YieldMessage(id, {}, Payload.of(['twice'])));
      }
    }
  }

  #fails(id: number, uri: string): void {
    const place = this.open.indexOf(id);
    if (place >= 0) this.open.splice(place, 1);
    this.sends(new ErrorMessage(MessageKind.Invocation, id, {}, uri));
  }
}

class TrafficCaller extends Member {
  /** calls without their final answer */
  readonly open = new Set<number>();

  constructor(traffic: Traffic) {
    super(traffic, { caller: { features: FEATURES } });
  }

  calls(): void {
    const { traffic } = this;
    const procedure = CALLED[traffic.roll(CALLED.length)]!;
    const isChunked = procedure === 'leak.shared' && traffic.roll(10) === 0;
    const options: Record<string, unknown> = {};
    if (isChunked) options['progress'] = true;
    if (traffic.roll(4) === 0) options['receive_progress'] = true;
    // A kill that its callee never answers, and an answer that never comes, end by time.
    options['timeout'] = [1, 5, 50, 200][traffic.roll(4)]!;
    if (procedure === 'leak.sticky') options['rkey'] = traffic.roll(100);
    const request = (this.requests += 1);
    this.open.add(request);
    traffic.tally.calls += 1;
    this.sends(
      new CallMessage(request, options, procedure, Payload.of([request, 'x'.repeat(traffic.roll(200))])),
    );
    if (isChunked) this.#goesOn(request, procedure);
    if (traffic.roll(4) === 0) this.cancels();
  }

  /** Cancels any of the last calls, often one that is over. */
  cancels(): void {
    const { traffic } = this;
    const mode = MODES[traffic.roll(MODES.length)];
    const request = Math.max(1, this.requests - traffic.roll(8));
    this.sends(new CancelMessage(request, mode === undefined ? {} : { mode }));
  }

  override leaves(): void {
    this.traffic.tally.abandoned += this.open.size;
    super.leaves();
  }

  protected override take(message: Message): void {
    const { tally } = this.traffic;
    if (message.kind === MessageKind.Result && message.details.progress === true) {
      tally.progress += 1;
      if (!this.open.has(message.request)) this.traffic.fault('progress of a call that is over');
    } else if (message.kind === MessageKind.Result) {
      tally.results += 1;
      this.#ends(message.request);
    } else if (message.kind === MessageKind.Error) {
      tally.errors.set(message.error, (tally.errors.get(message.error) ?? 0) + 1);
      this.#ends(message.request);
    } else if (message.kind === MessageKind.Abort) {
      this.traffic.fault(`a caller was aborted: ${String(message.details['message'])}`);
    }
  }

  #goesOn(request: number, procedure: string): void {
    const chunks = this.traffic.roll(4);
    for (let chunk = 0; chunk <= chunks; chunk += 1) {
      const isLast = chunk === chunks;
      this.sends(new CallMessage(request, isLast ? {} : { progress: true }, procedure, Payload.of([chunk])));
    }
  }

  #ends(request: number): void {
    if (!this.open.delete(request)) this.traffic.fault('a second final answer');
  }
}

/** The run itself. */
class Traffic {
  readonly router: Router;
  readonly tally: Tally = {
    calls: 0,
    results: 0,
    progress: 0,
    errors: new Map(),
    abandoned: 0,
    interrupts: 0,
    goodbyes: 0,
    cuts: 0,
    faults: [],
  };
  readonly #draw: () => number;
  #callees: TrafficCallee[] = [];
  #callers: TrafficCaller[] = [];

  constructor(router: Router, seed: number) {
    this.router = router;
    this.#draw = dice(seed);
  }

  /** @returns 0 to `sides` - 1 */
  roll(sides: number): number {
    return Math.floor(this.#draw() * sides);
  }

  fault(sentence: string): void {
    if (this.tally.faults.length < 10) this.tally.faults.push(sentence);
  }

  async run(calls: number): Promise<Tally> {
    while (this.tally.calls < calls) {
      this.#populate();
      for (const caller of this.#callers) {
        const room = Math.min(OPEN_PER_CALLER - caller.open.size, calls - this.tally.calls);
        for (let count = this.roll(9); count > 0 && count <= room; count -= 1) caller.calls();
      }
      await turn();
      for (const callee of this.#callees) callee.works();
      if (this.roll(20) === 0) this.#callees[this.roll(this.#callees.length)]?.leaves();
      if (this.roll(20) === 0) this.#callers[this.roll(this.#callers.length)]?.leaves();
      await turn();
    }
    await this.#finish();
    return this.tally;
  }

  #populate(): void {
    this.#callees = this.#callees.filter((callee) => !callee.isOver);
    this.#callers = this.#callers.filter((caller) => !caller.isOver);
    while (this.#callees.length < 4) this.#callees.push(new TrafficCallee(this, this.roll(3) > 0));
    while (this.#callers.length < 6) this.#callers.push(new TrafficCaller(this));
  }

  /** Every call gets its answer, if need be by its timeout; then all leave. */
  async #finish(): Promise<void> {
    const isAnswered = (caller: TrafficCaller): boolean => caller.isOver || caller.open.size === 0;
    for (let patience = 0; patience < 1_000 && !this.#callers.every(isAnswered); patience += 1) {
      for (const callee of this.#callees) callee.works();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    for (const caller of this.#callers) {
      if (!isAnswered(caller)) this.fault(`${caller.open.size} calls were never answered`);
    }
    for (const member of [...this.#callers, ...this.#callees]) member.leaves();
    for (let count = 0; count < 10; count += 1) await turn();
  }
}

/**
 * Makes so many calls through the router, whose realm `realm1` has to exist, and lets everybody leave.
 * @param seed which of the possible runs
 */
export function runTraffic(router: Router, calls: number, seed: number): Promise<Tally> {
  return new Traffic(router, seed).run(calls);
}

/** What still stands in the router's tables, as sentences; empty if nothing does. */
export function leftovers(router: Router): string[] {
  const { sessions, handshakes, totals, realms } = router.stats();
  const left: string[] = [];
  const expectNone = (what: string, count: number): void => {
    if (count !== 0) left.push(`${count} ${what}`);
  };
  expectNone('sessions', sessions);
  expectNone('handshakes', handshakes);
  expectNone('sessions that joined and never left', totals.sessionsJoined - totals.sessionsLeft);
  expectNone('failures of the router', totals.failures);
  expectNone('violations', totals.violations);
  for (const [name, realm] of realms) {
    expectNone(`sessions in ${name}`, realm.sessions);
    expectNone(`open calls in ${name}`, realm.openCalls);
    expectNone(`queued calls in ${name}`, realm.queuedCalls);
    expectNone(`subscriptions in ${name}`, realm.subscriptions);
  }
  return left;
}
