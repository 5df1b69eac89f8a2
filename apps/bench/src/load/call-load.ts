/**
 * Callers and callees of one run: each caller keeps so many calls in flight and checks each answer; callees give back what
 * they get. Must not know why it is run.
 */
import { HEAD_BYTES, type FormatName, type Head } from '../wire/format.js';
import type { Measurement } from './measurement.js';
import { PayloadTemplate, type Shape } from './payload.js';
import { isSame, Session } from './session.js';

export interface CallSpec {
  readonly url: string;
  readonly format: FormatName;
  /** of the callees; the callers' if it is not given */
  readonly calleeFormat?: FormatName;
  readonly shape: Shape;
  readonly bytes: number;
  readonly callers: number;
  readonly callees: number;
  /** calls in flight of each caller */
  readonly depth: number;
}

const [CALL, RESULT, INVOCATION, YIELD] = [48, 50, 68, 70];
/** Calls in flight of one caller at most; a power of two. */
const RING = 1 << 16;

export class LoadCallee {
  readonly #session: Session;
  readonly #measurement: Measurement;
  readonly #head: Head = { kind: 0, first: 0, second: 0, tail: 0, end: 0 };
  readonly #start = Buffer.alloc(HEAD_BYTES);
  readonly #elements: number;
  readonly #registration: number;

  constructor(session: Session, registration: number, elements: number, measurement: Measurement) {
    this.#session = session;
    this.#registration = registration;
    this.#elements = elements;
    this.#measurement = measurement;
    session.channel.onMessage = this.#answer;
    session.channel.onClosed = (reason) => measurement.fault(`a callee: ${reason}`);
  }

  readonly #answer = (buffer: Buffer, start: number, end: number): void => {
    const { format, channel } = this.#session;
    const head = this.#head;
    if (!format.readHead(buffer, start, end, head) || head.kind !== INVOCATION) {
      this.#answerSlowly(format.decode(Buffer.from(buffer.subarray(start, end))));
      return;
    }
    if (head.second !== this.#registration) this.#measurement.fault('an invocation of something else');
    const { closing } = format;
    const length = format.writeHead(this.#start, 0, YIELD, head.first, 3 + this.#elements, NOTHING);
    const tail = head.end - head.tail;
    const at = channel.begin(length + tail + closing.length);
    this.#start.copy(channel.out, at, 0, length);
    buffer.copy(channel.out, at + length, head.tail, head.end);
    closing.copy(channel.out, at + length + tail);
  };

  #answerSlowly(message: unknown[]): void {
    if (message[0] !== INVOCATION) {
      this.#session.receive(message);
      return;
    }
    if (Number(message[2]) !== this.#registration) this.#measurement.fault('an invocation of something else');
    this.#session.send([YIELD, Number(message[1]), {}, ...message.slice(4)]);
  }
}

const NOTHING = Buffer.alloc(0);

export class LoadCaller {
  /** true for a new call after each answer */
  isRunning = false;
  /** called with the id of each finished call, and when it was begun */
  onFinished: (startedAt: number) => void;
  readonly #session: Session;
  readonly #measurement: Measurement;
  readonly #payload: PayloadTemplate;
  readonly #index: number;
  readonly #head: Head = { kind: 0, first: 0, second: 0, tail: 0, end: 0 };
  readonly #start: Buffer;
  readonly #sentAt = new Float64Array(RING);
  #procedure: Buffer;
  #open = 0;

  constructor(
    session: Session,
    index: number,
    procedure: string,
    payload: PayloadTemplate,
    measurement: Measurement,
  ) {
    this.#session = session;
    this.#measurement = measurement;
    this.#payload = payload;
    this.#index = index;
    this.#procedure = session.format.between(procedure);
    this.#start = Buffer.alloc(HEAD_BYTES + 1024);
    this.onFinished = (startedAt) => measurement.finished(startedAt);
    session.channel.onMessage = this.#receive;
    session.channel.onClosed = (reason) => measurement.fault(`a caller: ${reason}`);
  }

  /** Calls without an answer. */
  get open(): number {
    return this.#open;
  }

  get bufferedBytes(): number {
    return this.#session.channel.bufferedBytes;
  }

  /** Another procedure from now on. */
  set procedure(procedure: string) {
    this.#procedure = this.#session.format.between(procedure);
  }

  /** @param startedAt from when its time counts */
  call(startedAt = performance.now()): void {
    const { format, channel } = this.#session;
    const id = this.#session.nextId();
    const slot = id & (RING - 1);
    if (this.#sentAt[slot] !== 0) throw new Error('too many calls in flight');
    this.#sentAt[slot] = startedAt;
    this.#open += 1;
    const payload = this.#payload;
    payload.mark(this.#index, id);
    const length = format.writeHead(this.#start, 0, CALL, id, 4 + payload.elements, this.#procedure);
    const { closing } = format;
    const at = channel.begin(length + payload.bytes.length + closing.length);
    this.#start.copy(channel.out, at, 0, length);
    payload.bytes.copy(channel.out, at + length);
    closing.copy(channel.out, at + length + payload.bytes.length);
  }

  readonly #receive = (buffer: Buffer, start: number, end: number): void => {
    const { format } = this.#session;
    const head = this.#head;
    if (format.readHead(buffer, start, end, head) && head.kind === RESULT) {
      this.#payload.mark(this.#index, head.first);
      if (this.#payload.bytes.compare(buffer, head.tail, head.end) !== 0) {
        this.#compareValues(format.decode(Buffer.from(buffer.subarray(start, end))));
      }
      this.#finish(head.first);
      return;
    }
    const message = format.decode(Buffer.from(buffer.subarray(start, end)));
    if (message[0] === RESULT) {
      this.#payload.mark(this.#index, Number(message[1]));
      this.#compareValues(message);
      this.#finish(Number(message[1]));
    } else if (message[0] === 8) {
      this.#measurement.fault(`a call was refused: ${JSON.stringify(message)}`);
      this.#finish(Number(message[2]));
    } else this.#session.receive(message);
  };

  #compareValues(message: unknown[]): void {
    this.#measurement.comparedByValue += 1;
    const { kwargs } = this.#payload;
    const isRight =
      isSame(message[3], this.#payload.markedArgs()) && (kwargs === undefined || isSame(message[4], kwargs));
    if (!isRight) this.#measurement.fault(`a wrong answer: ${JSON.stringify(message).slice(0, 200)}`);
  }

  #finish(id: number): void {
    const slot = id & (RING - 1);
    const startedAt = this.#sentAt[slot]!;
    if (startedAt === 0) {
      this.#measurement.fault(`an answer to no call: ${id}`);
      return;
    }
    this.#sentAt[slot] = 0;
    this.#open -= 1;
    this.onFinished(startedAt);
    if (this.isRunning) this.call();
  }
}

/** Connects all; nothing is called yet. */
export async function prepareCalls(
  spec: CallSpec,
  measurement: Measurement,
  procedure: string,
): Promise<LoadCaller[]> {
  for (let index = 0; index < spec.callees; index += 1) {
    const session = await Session.join(spec.url, spec.calleeFormat ?? spec.format);
    const invoke = spec.callees > 1 ? { invoke: 'roundrobin' } : {};
    const registration = await session.register(procedure, invoke);
    new LoadCallee(session, registration, spec.shape === 'kwargs' ? 2 : 1, measurement);
  }
  const callers: LoadCaller[] = [];
  for (let index = 0; index < spec.callers; index += 1) {
    const session = await Session.join(spec.url, spec.format);
    const payload = new PayloadTemplate(session.format, spec.shape, spec.bytes);
    callers.push(new LoadCaller(session, index, procedure, payload, measurement));
  }
  return callers;
}

export function startCalls(callers: readonly LoadCaller[], depth: number): void {
  for (const caller of callers) {
    caller.isRunning = true;
    for (let i = 0; i < depth; i += 1) caller.call();
  }
}
