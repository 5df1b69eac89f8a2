/** Frames of the three formats: read or refused as a violation, and what is forwarded is what was sent, in every format. */
import {
  ErrorMessage,
  InvocationMessage,
  MessageKind,
  PayloadError,
  ProtocolViolation,
  type Format,
  type Message,
  type Payload,
  type Serializer,
} from '@wamp/protocol';
import { nodeSerializers } from '@wamp/router-server';
import { hostileMessage } from '../hostile-values.js';
import { damaged, type Input } from '../input.js';
import { decode, encode, FORMATS, plain } from '../oracle.js';
import type { Random } from '../random.js';
import type { Surface } from '../surface.js';

/** Where the arguments stand in the messages that have some and are forwarded. */
const ARGUMENTS_AT: Readonly<Record<number, number>> = { 8: 5, 16: 4, 48: 4, 70: 3 };

const serializers = new Map(nodeSerializers().map((each) => [each.format, each] as const));

/** The first chunk is the format's index, the second the frame. */
export function openCodecs(): Promise<Surface> {
  return Promise.resolve({
    make(random: Random): Input {
      const at = random.below(3);
      let frame = encode(FORMATS[at]!, hostileMessage(random, FORMATS[at]!));
      for (let damage = random.below(4); damage > 1; damage -= 1) frame = damaged(frame, random);
      return [Uint8Array.of(at), frame];
    },
    take: ([which, frame]) =>
      Promise.resolve(finding(FORMATS[(which?.[0] ?? 0) % 3]!, frame ?? new Uint8Array())),
    close: () => Promise.resolve(),
  });
}

function finding(format: Format, frame: Uint8Array): string | undefined {
  let message: Message;
  try {
    message = serializers.get(format)!.decode(frame);
  } catch (error) {
    return ProtocolViolation.is(error) ? undefined : `decoding throws ${String(error)}`;
  }
  let list: unknown;
  try {
    list = decode(format, frame);
  } catch (error) {
    // The others' decoders are not complete; only JSON's is.
    return format === 'json' ? `a frame is taken that is no JSON: ${String(error)}` : undefined;
  }
  const at = ARGUMENTS_AT[message.kind];
  if (at === undefined || !('payload' in message) || message.payload.isOpaque) return undefined;
  const sent = (list as unknown[]).slice(at).map((each) => plain(format, each));
  for (const serializer of serializers.values()) {
    const wrong = forwarded(serializer, message, message.payload, sent);
    if (wrong !== undefined) return `from ${format} to ${serializer.format}: ${wrong}`;
  }
  return undefined;
}

/** Forwards the payload as the router would, and compares. */
function forwarded(
  serializer: Serializer,
  message: Message,
  payload: Payload,
  sent: readonly unknown[],
): string | undefined {
  let frame: Uint8Array;
  try {
    frame = serializer.encode(
      message.kind === MessageKind.Error
        ? new ErrorMessage(MessageKind.Call, 1, {}, 'com.example.error', payload)
        : new InvocationMessage(1, 1, {}, payload),
    );
  } catch (error) {
    return error instanceof PayloadError ? undefined : `encoding throws ${String(error)}`;
  }
  let list: unknown[];
  try {
    list = decode(serializer.format, frame) as unknown[];
    serializer.decode(frame);
  } catch (error) {
    return `what is sent cannot be read: ${String(error)}`;
  }
  const got = list
    .slice(message.kind === MessageKind.Error ? 5 : 4)
    .map((each) => plain(serializer.format, each));
  // Numbers may be keys of dictionaries; in JSON they are their digits.
  const expected = serializer.format === 'json' ? withTextKeys(sent) : sent;
  if (expected === undefined) return undefined;
  const [before, after] = [meaning(expected as unknown[]), meaning(got)];
  return before === after ? undefined : `${before} has become ${after}`;
}

/** Trailing elements that are empty may be left out. */
function meaning(payload: readonly unknown[]): string {
  const elements = [...payload];
  while (elements.length > 0 && ['["dict",[]]', '["list",[]]'].includes(JSON.stringify(elements.at(-1))))
    elements.pop();
  return JSON.stringify(elements);
}

/** As JSON has it; undefined if two keys become the same one. */
function withTextKeys(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const [kind, content] = value as [unknown, unknown];
  if (kind !== 'dict') {
    const elements = value.map(withTextKeys);
    return elements.includes(undefined) ? undefined : elements;
  }
  const pairs = (content as [string, unknown][]).map(([key, each]): [string, unknown] => {
    const [type, number] = JSON.parse(key) as [string, unknown];
    return [type === 'number' ? JSON.stringify(['text', String(number)]) : key, withTextKeys(each)];
  });
  const isUnclear = new Set(pairs.map(([key]) => key)).size < pairs.length;
  if (isUnclear || pairs.some(([, each]) => each === undefined)) return undefined;
  return ['dict', pairs.toSorted(([one], [other]) => (one < other ? -1 : 1))];
}
