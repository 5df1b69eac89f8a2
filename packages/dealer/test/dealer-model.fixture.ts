/**
 * A small obvious model of a dealer, and the check of a real one against it: who may be invoked, who may be answered,
 * with which ids, and how often. It shares no code with the dealer and is meant to be read, not to be fast.
 */
import {
  CallMessage,
  CancelMessage,
  ErrorMessage,
  MessageKind,
  Payload,
  RegisterMessage,
  UnregisterMessage,
  YieldMessage,
  type CallOptions,
  type CancelMode,
  type InvocationMessage,
  type InvokePolicy,
  type MatchPolicy,
  type Message,
} from '@wamp/protocol';
import { Dealer, type DealerSession } from '../src/index.js';
import { announce, RecordingOutbox, type Announcement } from '../src/testing/index.js';

interface Member {
  readonly peer: Peer;
  concurrency: number;
}

interface Entry {
  readonly id: number;
  readonly uri: string;
  readonly match: MatchPolicy;
  readonly invoke: InvokePolicy;
  readonly members: Member[];
  /** whose turn it is */
  turn: Member | undefined;
  readonly waiting: ModelCall[];
}

interface ModelCall {
  readonly caller: Peer;
  readonly request: number;
  readonly procedure: string;
  readonly options: CallOptions;
  callerDone: boolean;
  isKilled: boolean;
  isOver: boolean;
  /** when the dealer has to give it up; Infinity without `timeout` */
  deadline: number;
  invocation: ModelInvocation | undefined;
}

interface ModelInvocation {
  readonly call: ModelCall;
  readonly id: number;
  readonly member: Member;
  /** still takes one of the member's slots */
  takesSlot: boolean;
  isAnswered: boolean;
}

export interface Peer {
  readonly number: number;
  readonly canCancel: boolean;
  readonly session: DealerSession<Peer>;
  isGone: boolean;
  isCongested: boolean;
  lastRequest: number;
  readonly calls: ModelCall[];
  readonly invocations: ModelInvocation[];
  readonly registrations: { request: number; entry: Entry | undefined; options: RegisterMessage }[];
}

function insist(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new Error(sentence);
}

export class DealerModel {
  readonly outbox = new RecordingOutbox<Peer>();
  readonly dealer: Dealer<Peer>;
  readonly peers: Peer[] = [];
  readonly #queueLimit: number;
  readonly #entries: Entry[] = [];
  /** the INTERRUPTs that have to be sent in this step, each once */
  readonly #owed = new Map<ModelInvocation, CancelMode>();
  #now = 1_000_000;

  constructor(queueLimit: number, random: () => number) {
    this.#queueLimit = queueLimit;
    this.dealer = new Dealer(this.outbox, { random, limits: { queuedCallsPerRegistration: queueLimit } });
  }

  join(features: Announcement): void {
    const number = this.peers.length + 1;
    const identity = { session: number, authid: `a${number}`, authrole: 'r' };
    const peer: Peer = {
      number,
      canCancel: features.callee?.includes('call_canceling') ?? false,
      session: undefined as never,
      isGone: false,
      isCongested: false,
      lastRequest: 0,
      calls: [],
      invocations: [],
      registrations: [],
    };
    const session = this.dealer.attach(peer, { identity, features: announce(features) });
    Object.assign(peer, { session });
    this.peers.push(peer);
  }

  register(peer: Peer, uri: string, match: MatchPolicy, invoke: InvokePolicy, concurrency: number): void {
    const options = { match, invoke, ...(concurrency > 0 && { concurrency }) };
    const message = new RegisterMessage((peer.lastRequest += 1), options, uri);
    peer.registrations.push({ request: message.request, entry: undefined, options: message });
    this.dealer.register(peer.session, message, this.#now);
    this.#look();
  }

  unregister(peer: Peer, entry: Entry): void {
    this.#remove(entry, peer);
    this.dealer.unregister(peer.session, new UnregisterMessage((peer.lastRequest += 1), entry.id), this.#now);
    this.#look();
  }

  call(peer: Peer, procedure: string, options: CallOptions): void {
    const call: ModelCall = {
      caller: peer,
      request: (peer.lastRequest += 1),
      procedure,
      options,
      callerDone: options.progress !== true,
      isKilled: false,
      isOver: false,
      deadline: deadlineOf(options, this.#now),
      invocation: undefined,
    };
    peer.calls.push(call);
    const entry = this.#best(procedure);
    const couldGo = entry !== undefined && entry.waiting.length === 0 && this.#eligible(entry).length > 0;
    this.dealer.call(peer.session, this.#callMessage(call, options), this.#now);
    if (entry !== undefined && this.#isSilent()) {
      insist(!couldGo, 'a call waits although a callee is free');
      insist(entry.waiting.length < this.#queueLimit, 'the queue is longer than its limit');
      entry.waiting.push(call);
    }
    this.#look(call);
  }

  continue(call: ModelCall, isLast: boolean): void {
    call.callerDone = isLast;
    this.dealer.call(
      call.caller.session,
      this.#callMessage(call, isLast ? {} : { progress: true }),
      this.#now,
    );
    const expected = !call.isOver && !call.isKilled ? 1 : 0;
    insist(
      this.outbox.entries.length === expected,
      'a chunk was not passed on, or was although it should not',
    );
    if (expected === 1) call.deadline = deadlineOf(call.options, this.#now);
    this.#look();
  }

  answer(invocation: ModelInvocation, how: 'progress' | 'result' | 'error'): void {
    const { session } = invocation.member.peer;
    const payload = Payload.of([tag(invocation.call)]);
    if (how !== 'progress') {
      invocation.isAnswered = true;
      invocation.takesSlot = false;
    }
    if (how === 'error') {
      const message = new ErrorMessage(MessageKind.Invocation, invocation.id, {}, 'com.bad', payload);
      this.dealer.error(session, message, this.#now);
    } else {
      const options = how === 'progress' ? { progress: true } : {};
      this.dealer.yield(session, new YieldMessage(invocation.id, options, payload), this.#now);
    }
    if (how === 'progress') this.#progressed(invocation.call);
    this.#look();
  }

  cancel(call: ModelCall, mode: CancelMode | undefined): void {
    if (mode !== 'skip') this.#owe(call, mode ?? 'killnowait');
    if (mode === 'kill' && call.invocation?.member.peer.canCancel === true) call.isKilled = true;
    this.dealer.cancel(call.caller.session, new CancelMessage(call.request, mode ? { mode } : {}), this.#now);
    this.#look();
  }

  pass(ms: number): void {
    this.#now += ms;
    const due = this.#openCalls().filter((call) => call.deadline <= this.#now);
    for (const call of due) this.#owe(call, 'killnowait');
    this.dealer.expire(this.#now);
    this.#look();
    insist(
      due.every((call) => call.isOver),
      'a call outlives its timeout',
    );
    const next = this.dealer.nextDeadline();
    insist(next === undefined || next > this.#now, 'a deadline is left behind');
  }

  /** Time passes, and the host is late to tell the dealer. */
  drift(ms: number): void {
    this.#now += ms;
  }

  congest(peer: Peer, isCongested: boolean): void {
    peer.isCongested = isCongested;
    this.dealer.setCongested(peer.session, isCongested, this.#now);
    this.#look();
  }

  leave(peer: Peer): void {
    peer.isGone = true;
    for (const entry of [...this.#entries]) this.#remove(entry, peer);
    for (const call of peer.calls) {
      this.#owe(call, 'killnowait');
      this.#end(call);
    }
    this.dealer.detach(peer.session, this.#now);
    this.#look();
  }

  /** Everything is answered that can be: then every call must be over, and the dealer at rest. */
  finish(): void {
    for (const peer of this.living) this.congest(peer, false);
    this.pass(0);
    for (let open = this.unanswered(); open.length > 0; open = this.unanswered()) {
      for (const invocation of open) if (!invocation.isAnswered) this.answer(invocation, 'result');
    }
    for (const peer of this.living) {
      for (const call of peer.calls) insist(call.isOver, `call ${tag(call)} never got its answer`);
    }
    insist(this.dealer.isAtRest(), 'something is left in a table');
    for (const peer of this.living) this.leave(peer);
    const { sessions, registrations, openCalls, queuedCalls } = this.dealer.stats();
    insist(sessions + registrations + openCalls + queuedCalls === 0, 'something is left after all have gone');
    insist(this.dealer.isAtRest(), 'something is left in a table after all have gone');
  }

  get living(): Peer[] {
    return this.peers.filter((peer) => !peer.isGone);
  }

  /** Invocations whose callee could still answer. */
  unanswered(): ModelInvocation[] {
    return this.living.flatMap((peer) => peer.invocations.filter((invocation) => !invocation.isAnswered));
  }

  entriesOf(peer: Peer): Entry[] {
    return this.#entries.filter((entry) => entry.members.some((member) => member.peer === peer));
  }

  /** Calls that await their final answer. */
  #openCalls(): ModelCall[] {
    return this.living.flatMap((peer) => peer.calls.filter((call) => !call.isOver));
  }

  /** The callee of this call, if it can be interrupted and has not been yet, has to be told. */
  #owe(call: ModelCall, mode: CancelMode): void {
    const { invocation } = call;
    if (invocation === undefined || call.isOver || call.isKilled) return;
    const { canCancel, isGone } = invocation.member.peer;
    if (canCancel && !isGone) this.#owed.set(invocation, mode);
  }

  #progressed(call: ModelCall): void {
    const isWanted = call.options.receive_progress === true && !call.isOver && !call.isKilled;
    insist(this.outbox.entries.length === (isWanted ? 1 : 0), 'progress is lost, or comes uncalled for');
    if (isWanted) call.deadline = deadlineOf(call.options, this.#now);
  }

  #callMessage(call: ModelCall, options: CallOptions): CallMessage {
    return new CallMessage(call.request, options, call.procedure, Payload.of([tag(call)]));
  }

  #isSilent(): boolean {
    return this.outbox.entries.length === 0;
  }

  /** Looks at everything that the dealer sent. @param fresh the call that has just been made, if any */
  #look(fresh?: ModelCall): void {
    for (const entry of this.outbox.take()) {
      if (entry.type === 'abort') throw entry.violation;
      if (entry.type === 'event') continue;
      insist(!entry.owner.isGone, 'something was sent to a session that has left');
      this.#receive(entry.owner, entry.message, fresh);
    }
    insist(this.#owed.size === 0, 'a callee was not interrupted');
    const open = this.#openCalls();
    const earliest = open.reduce((least, { deadline }) => Math.min(least, deadline), Infinity);
    insist((this.dealer.nextDeadline() ?? Infinity) === earliest, 'another deadline is the earliest');
    insist(
      this.dealer.stats().openCalls === open.length,
      'the dealer counts other open calls than the model',
    );
    for (const peer of this.living) this.#lookAtTables(peer);
    const waiting = this.#entries.reduce((sum, entry) => sum + entry.waiting.length, 0);
    insist(
      this.dealer.stats().queuedCalls === waiting,
      'the dealer counts other waiting calls than the model',
    );
  }

  /** No index may hold more, or less, than what is going on. */
  #lookAtTables(peer: Peer): void {
    const { calls, invocations, memberships } = peer.session;
    insist(
      peer.calls.every((call) => calls.has(call.request) !== call.isOver),
      'the index of calls is wrong',
    );
    insist(
      peer.invocations.every(({ id, call }) => invocations.has(id) !== call.isOver),
      'the index of invocations is wrong',
    );
    insist(memberships.size === this.entriesOf(peer).length, 'the index of memberships is wrong');
  }

  #receive(peer: Peer, message: Message, fresh: ModelCall | undefined): void {
    switch (message.kind) {
      case MessageKind.Registered:
        this.#registered(peer, message.request, message.registration);
        return;
      case MessageKind.Unregistered:
        return;
      case MessageKind.Invocation:
        this.#invoked(peer, message, fresh);
        return;
      case MessageKind.Interrupt: {
        const invocation = peer.invocations.find((candidate) => candidate.id === message.request);
        insist(
          invocation !== undefined && peer.canCancel,
          'INTERRUPT for nothing, or to a callee that cannot',
        );
        insist(this.#owed.get(invocation) === message.options.mode, 'INTERRUPT without a reason, or twice');
        this.#owed.delete(invocation);
        if (message.options.mode === 'killnowait') invocation.takesSlot = false;
        return;
      }
      case MessageKind.Result: {
        const call = this.#openCall(peer, message.request);
        insist(message.payload.args[0] === tag(call), 'the result of another call');
        if (message.details.progress !== true) {
          this.#end(call);
          return;
        }
        insist(call.options.receive_progress === true && !call.isKilled, 'progress that nobody wants');
        return;
      }
      case MessageKind.Error:
        if (message.requestKind === MessageKind.Call) {
          this.#failed(this.#openCall(peer, message.request), message, fresh);
        }
        return;
      default:
        throw new Error(`the dealer sent a message of kind ${message.kind}`);
    }
  }

  #failed(call: ModelCall, message: ErrorMessage, fresh: ModelCall | undefined): void {
    if (message.error === 'com.bad')
      insist(message.payload.args[0] === tag(call), 'the error of another call');
    if (message.error === 'wamp.error.timeout')
      insist(call.deadline <= this.#now, 'a timeout comes too early');
    if (call === fresh) {
      const entry = this.#best(call.procedure);
      const eligible = entry === undefined ? [] : this.#eligible(entry);
      const isWaitedFor = entry !== undefined && entry.waiting.length > 0;
      insist((message.error === 'wamp.error.no_such_procedure') === (entry === undefined), message.error);
      if (message.error === 'crossbar.error.max_concurrency_reached') {
        insist(eligible.length === 0 || isWaitedFor, 'refused although a callee is free');
      }
      // A callee that lacks a feature has had its turn.
      if (message.error === 'wamp.error.feature_not_supported')
        this.#passTurn(entry!, this.#nextInTurn(entry!));
      if (message.error === 'wamp.error.network_failure') {
        insist(
          entry!.members.every((member) => member.peer.isCongested),
          'not everybody is congested',
        );
      }
    }
    this.#end(call);
  }

  #openCall(peer: Peer, request: number): ModelCall {
    const call = peer.calls.find((candidate) => candidate.request === request);
    insist(call !== undefined, 'an answer to a call that was never made');
    insist(!call.isOver, 'a second final answer, or something after it');
    return call;
  }

  #end(call: ModelCall): void {
    if (call.isOver) return;
    call.isOver = true;
    const { invocation } = call;
    if (invocation?.member.concurrency === Infinity) invocation.takesSlot = false;
    for (const entry of this.#entries) {
      const place = entry.waiting.indexOf(call);
      if (place >= 0) entry.waiting.splice(place, 1);
    }
  }

  #registered(peer: Peer, request: number, id: number): void {
    const pending = peer.registrations.find((candidate) => candidate.request === request);
    insist(pending !== undefined, 'REGISTERED for nothing');
    const { options, procedure } = pending.options;
    let entry = this.#entries.find((candidate) => candidate.id === id);
    if (entry === undefined) {
      insist(
        !this.#entries.some((other) => other.uri === procedure && other.match === options.match),
        'one URI and match policy has two registrations',
      );
      insist(
        this.#entries.every((other) => other.id < id),
        'a registration id was used again',
      );
      const { match = 'exact', invoke = 'single' } = options;
      entry = { id, uri: procedure, match, invoke, members: [], turn: undefined, waiting: [] };
      this.#entries.push(entry);
    }
    const concurrency = options.concurrency ?? Infinity;
    const known = entry.members.find((member) => member.peer === peer);
    if (known !== undefined) known.concurrency = concurrency;
    else entry.members.push({ peer, concurrency });
    insist(entry.members.length === 1 || entry.invoke !== 'single', 'single has two callees');
    entry.turn ??= entry.members[0];
  }

  #remove(entry: Entry, peer: Peer): void {
    const place = entry.members.findIndex((member) => member.peer === peer);
    if (place < 0) return;
    const [removed] = entry.members.splice(place, 1);
    if (entry.turn === removed) entry.turn = entry.members[place] ?? entry.members[0];
    if (entry.members.length === 0) this.#entries.splice(this.#entries.indexOf(entry), 1);
  }

  #invoked(peer: Peer, message: InvocationMessage, fresh: ModelCall | undefined): void {
    const known = peer.invocations.find((candidate) => candidate.id === message.request);
    if (known !== undefined) {
      insist(message.payload.args[0] === tag(known.call), 'a chunk for the wrong invocation');
      insist(known.call.options.progress === true && !known.call.isOver, 'a chunk for a call that has none');
      return;
    }
    insist(message.request === peer.invocations.length + 1, 'INVOCATION ids are not sequential');
    const call = this.peers
      .flatMap((other) => other.calls)
      .find((other) => tag(other) === message.payload.args[0]);
    insist(call !== undefined && !call.isOver && call.invocation === undefined, 'invoked without need');
    const entry = this.#entries.find((candidate) => candidate.id === message.registration);
    insist(entry !== undefined, 'invoked through a registration that is gone');
    if (call === fresh) {
      insist(entry === this.#best(call.procedure), 'not the best match');
      insist(entry.waiting.length === 0, 'a new call overtakes those that wait');
    } else insist(entry.waiting.shift() === call, 'a waiting call was overtaken');
    const member = this.#eligible(entry).find((candidate) => candidate.peer === peer);
    insist(member !== undefined, 'the callee is no callee, or full, or congested');
    insist(this.#mayChoose(entry, member, call === fresh), `${entry.invoke} chooses another callee`);
    this.#passTurn(entry, member);
    call.invocation = { call, id: message.request, member, takesSlot: true, isAnswered: false };
    peer.invocations.push(call.invocation);
  }

  #passTurn(entry: Entry, chosen: Member | undefined): void {
    if (entry.invoke !== 'roundrobin' || chosen === undefined) return;
    entry.turn = entry.members[entry.members.indexOf(chosen) + 1] ?? entry.members[0];
  }

  #nextInTurn(entry: Entry): Member | undefined {
    const from = entry.members.indexOf(entry.turn!);
    const round = [...entry.members.slice(from), ...entry.members.slice(0, from)];
    const eligible = this.#eligible(entry);
    return round.find((member) => eligible.includes(member));
  }

  #mayChoose(entry: Entry, chosen: Member, isFresh: boolean): boolean {
    const eligible = this.#eligible(entry);
    switch (entry.invoke) {
      case 'single':
      case 'first':
        return chosen === eligible[0];
      case 'last':
        return chosen === eligible.at(-1);
      case 'roundrobin':
        return chosen === this.#nextInTurn(entry);
      case 'least_pending':
        // When several calls end at once the model does not know in which order they did.
        return !isFresh || eligible.every((member) => this.#taken(member) >= this.#taken(chosen));
      default:
        return true;
    }
  }

  #eligible(entry: Entry): Member[] {
    return entry.members.filter(
      (member) => !member.peer.isCongested && this.#taken(member) < member.concurrency,
    );
  }

  #taken(member: Member): number {
    return member.peer.invocations.filter((one) => one.member === member && one.takesSlot).length;
  }

  #best(procedure: string): Entry | undefined {
    const matching = this.#entries.filter((entry) => matches(entry, procedure));
    const exact = matching.find((entry) => entry.match === 'exact');
    if (exact !== undefined) return exact;
    const prefixes = matching.filter((entry) => entry.match === 'prefix');
    if (prefixes.length > 0)
      return prefixes.reduce((one, two) => (two.uri.length > one.uri.length ? two : one));
    const shape = (entry: Entry): string =>
      entry.uri
        .split('.')
        .map((part) => (part === '' ? '0' : '1'))
        .join('');
    return matching.reduce<Entry | undefined>(
      (one, two) => (one === undefined || shape(two) > shape(one) ? two : one),
      undefined,
    );
  }
}

function deadlineOf({ timeout = 0 }: CallOptions, now: number): number {
  return timeout > 0 ? now + timeout : Infinity;
}

function tag(call: ModelCall): string {
  return `${call.caller.number}/${call.request}`;
}

function matches(entry: Entry, procedure: string): boolean {
  if (entry.match === 'exact') return entry.uri === procedure;
  if (entry.match === 'prefix') return procedure.startsWith(entry.uri);
  const wanted = entry.uri.split('.');
  const actual = procedure.split('.');
  return (
    wanted.length === actual.length && wanted.every((part, index) => part === '' || part === actual[index])
  );
}
