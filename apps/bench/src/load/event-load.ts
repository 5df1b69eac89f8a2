/** One publisher and many subscribers; a publication is finished when each of them has got it, once and in order. */
import { HEAD_BYTES, type FormatName, type Head } from '../wire/format.js';
import type { Measurement } from './measurement.js';
import { PayloadTemplate, type Shape } from './payload.js';
import { joinRelay, relayFrame, writeNumbers } from './relay-load.js';
import { isSame, Session } from './session.js';

export interface EventSpec {
  readonly url: string;
  readonly format: FormatName;
  readonly shape: Shape;
  readonly bytes: number;
  readonly subscribers: number;
  /** publications in flight */
  readonly depth: number;
}

const [PUBLISH, EVENT] = [16, 36];
const TOPIC = 'com.example.bench.news';

/** Counts arrivals; publications are numbered from 1. */
class Arrivals {
  readonly #counts = new Map<number, { left: number; readonly startedAt: number }>();
  readonly #subscribers: number;
  readonly #measurement: Measurement;
  readonly #publish: () => void;

  constructor(subscribers: number, measurement: Measurement, publish: () => void) {
    this.#subscribers = subscribers;
    this.#measurement = measurement;
    this.#publish = publish;
  }

  published(number: number): void {
    this.#counts.set(number, { left: this.#subscribers, startedAt: performance.now() });
  }

  arrived(number: number): void {
    const publication = this.#counts.get(number);
    if (publication === undefined) {
      this.#measurement.fault(`an event that was not published, or too often: ${number}`);
      return;
    }
    publication.left -= 1;
    if (publication.left > 0) return;
    this.#counts.delete(number);
    this.#measurement.finished(publication.startedAt);
    this.#publish();
  }
}

export async function startEvents(spec: EventSpec, measurement: Measurement): Promise<void> {
  const publisher = await Session.join(spec.url, spec.format);
  const { format, channel } = publisher;
  const payload = new PayloadTemplate(format, spec.shape, spec.bytes);
  const topic = format.between(TOPIC);
  const start = Buffer.alloc(HEAD_BYTES + 64);
  const publish = (): void => {
    const number = publisher.nextId();
    arrivals.published(number);
    payload.mark(0, number);
    const length = format.writeHead(start, 0, PUBLISH, number, 4 + payload.elements, topic);
    const at = channel.begin(length + payload.bytes.length + format.closing.length);
    start.copy(channel.out, at, 0, length);
    payload.bytes.copy(channel.out, at + length);
    format.closing.copy(channel.out, at + length + payload.bytes.length);
  };
  const arrivals = new Arrivals(spec.subscribers, measurement, publish);
  for (let index = 0; index < spec.subscribers; index += 1) {
    const session = await Session.join(spec.url, spec.format);
    await session.subscribe(TOPIC);
    listen(session, spec, measurement, arrivals);
  }
  for (let i = 0; i < spec.depth; i += 1) publish();
}

/** Events must come in the order in which they were published: the next one is always known. */
function listen(session: Session, spec: EventSpec, measurement: Measurement, arrivals: Arrivals): void {
  const { format, channel } = session;
  const expected = new PayloadTemplate(format, spec.shape, spec.bytes);
  const head: Head = { kind: 0, first: 0, second: 0, tail: 0, end: 0 };
  let next = 0;
  channel.onClosed = (reason) => measurement.fault(`a subscriber: ${reason}`);
  channel.onMessage = (buffer, start, end) => {
    next += 1;
    expected.mark(0, next);
    const isRead = format.readHead(buffer, start, end, head) && head.kind === EVENT;
    if (!isRead || expected.bytes.compare(buffer, head.tail, head.end) !== 0) {
      measurement.comparedByValue += 1;
      const message = format.decode(Buffer.from(buffer.subarray(start, end)));
      const isRight = message[0] === EVENT && isSame(message[4], expected.markedArgs());
      if (!isRight) measurement.fault(`a wrong event: ${JSON.stringify(message).slice(0, 200)}`);
    }
    arrivals.arrived(next);
  };
}

export async function startRelayedEvents(
  spec: EventSpec & { readonly isText: boolean },
  measurement: Measurement,
): Promise<void> {
  const channel = await joinRelay(spec.url, 'publisher', 0, spec.isText);
  const frame = relayFrame(spec.bytes);
  let last = 0;
  const publish = (): void => {
    last += 1;
    arrivals.published(last);
    writeNumbers(frame, 0, last);
    channel.send(frame);
  };
  const arrivals = new Arrivals(spec.subscribers, measurement, publish);
  for (let index = 0; index < spec.subscribers; index += 1) {
    const subscriber = await joinRelay(spec.url, 'subscriber', index, spec.isText);
    const expected = relayFrame(spec.bytes);
    let next = 0;
    subscriber.onMessage = (buffer, start, end) => {
      next += 1;
      writeNumbers(expected, 0, next);
      if (expected.compare(buffer, start, end) !== 0) measurement.fault('a frame was changed');
      arrivals.arrived(next);
    };
  }
  for (let i = 0; i < spec.depth; i += 1) publish();
}
