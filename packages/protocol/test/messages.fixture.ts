/** Serializers, reference encoders that are not ours, and generators of messages and of values that travel. */
import { isUtf8 } from 'node:buffer';
import { Encoder } from 'cbor-x';
import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { cbor } from '@wamp/protocol/cbor';
import { json } from '@wamp/protocol/json';
import { msgpack } from '@wamp/protocol/msgpack';
import * as wamp from '@wamp/protocol';
import type { Dict, Format, Message, Serializer } from '@wamp/protocol';

/** With what Node lends, as a server uses them. */
const lent = { isUtf8, allocate: (bytes: number): Uint8Array => Buffer.allocUnsafe(bytes) };

export const serializers: readonly Serializer[] = [json(lent), msgpack(lent), cbor(lent)];
/** Without anything lent, as a browser uses them. */
export const portable: readonly Serializer[] = [json(), msgpack(), cbor()];

const packr = new Packr({ useRecords: false, variableMapSize: true });
const encoder = new Encoder({
  useRecords: false,
  mapsAsObjects: true,
  tagUint8Array: false,
  variableMapSize: true,
});

/** Bytes of a value, by an encoder that is not ours. */
export const reference: Record<
  Format,
  { encode(value: unknown): Uint8Array; decode(bytes: Uint8Array): unknown }
> = {
  json: {
    encode: (value) => new TextEncoder().encode(JSON.stringify(value)),
    decode: (bytes) => JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)),
  },
  msgpack: {
    encode: (value) => new Uint8Array(packr.pack(value)),
    decode: (bytes) => packr.unpack(bytes),
  },
  cbor: {
    encode: (value) => new Uint8Array(encoder.encode(value)),
    decode: (bytes) => encoder.decode(bytes),
  },
};

/** The frame of a raw message list. */
export function frameOf(serializer: Serializer, list: unknown): Uint8Array {
  return reference[serializer.format].encode(list);
}

/** Bytes from hexadecimal digits; spaces are for the reader. */
export function hex(digits: string): Uint8Array {
  return new Uint8Array(Buffer.from(digits.replaceAll(' ', ''), 'hex'));
}

/** A dictionary in which every key is an own one, `__proto__` too. */
export function dictOf(entries: Iterable<readonly [string, unknown]>): Dict {
  const dict = {};
  for (const [key, value] of entries) {
    Object.defineProperty(dict, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return dict;
}

export const anyId = fc.oneof(
  fc.integer({ min: 1, max: 300 }),
  fc.integer({ min: 1, max: 2 ** 32 + 5 }),
  fc.maxSafeNat().map((id) => id + 1),
  fc.constantFrom(1, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53),
);

export const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme', maxLength: 80 }),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom('', '\ufeffbom', '"\\/\b\f\n\r\t', '\u007f', 'é'.repeat(40), 'a'.repeat(300)),
);
/** Text that JSON does not take for bytes. */
const anyPayloadText = anyText.filter((text) => !text.startsWith('\u0000'));

const anyKey = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    'toJSON',
    '',
    '0',
    'length',
    '\u0000AAAA',
    '\ufeff',
  ),
);
const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.constantFrom(new Uint8Array(0), new Uint8Array(300).fill(0xff)),
);
const anyNumber = fc.oneof(
  fc.integer({ min: -300, max: 300 }),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(
    2 ** 53,
    -(2 ** 53),
    2 ** 32,
    -(2 ** 31) - 1,
    255,
    256,
    65_535,
    65_536,
    -32,
    -33,
    -128,
    -129,
    1e300,
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value)),
);

/** Values that every format carries unchanged. */
const { value: anyPortableValue } = fc.letrec((tie) => ({
  leaf: fc.oneof(anyNumber, anyPayloadText, fc.boolean(), fc.constant(null), anyBytes),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc.array(tie('value'), { maxLength: 20 }),
    fc.array(fc.tuple(anyKey, tie('value')), { maxLength: 20 }).map(dictOf),
  ),
}));
export const anyValue: fc.Arbitrary<unknown> = anyPortableValue;
export const anyDict: fc.Arbitrary<Dict> = fc.array(fc.tuple(anyKey, anyValue), { maxLength: 6 }).map(dictOf);

export const anyPayload = fc
  .record(
    { args: fc.array(anyValue, { maxLength: 5 }), kwargs: fc.oneof(fc.constant({}), anyDict) },
    { noNullPrototype: true },
  )
  .map(({ args, kwargs }) => wamp.Payload.of(args, kwargs));

/** Options of which the known keys are right, with others among them. */
function options(known: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Dict> {
  const some = fc.record(known, { requiredKeys: [], noNullPrototype: true });
  const others = anyDict.map((dict) =>
    dictOf(Object.entries(dict).map(([key, value]) => [`x_${key}`, value])),
  );
  return fc.oneof(
    fc.constant(wamp.EMPTY_DICT),
    some,
    fc.tuple(some, others).map(([a, b]) => dictOf([...Object.entries(a), ...Object.entries(b)])),
  );
}

const bool = fc.boolean();
const text = anyPayloadText;
const match = fc.constantFrom('exact', 'prefix', 'wildcard');
const mode = fc.constantFrom('skip', 'kill', 'killnowait');
const passthru = { ppt_scheme: text, ppt_keyid: text };
const publishOptions = options({
  acknowledge: bool,
  exclude: fc.array(anyId),
  eligible_authid: fc.array(text),
  ...passthru,
});
const eventDetails = options({ topic: text, publisher: anyId, trustlevel: fc.nat(), retained: bool });
const callOptions = options({ timeout: fc.nat(), receive_progress: bool, disclose_me: bool, ...passthru });
const progress = options({ progress: bool, ...passthru });
const invocationDetails = options({ procedure: text, caller: anyId, timeout: fc.nat(), progress: bool });
const registerOptions = options({
  match,
  invoke: fc.constantFrom('single', 'roundrobin'),
  concurrency: anyId,
});
const revocation = options({ registration: anyId, subscription: anyId, reason: text });
const closing = options({ message: text });
const anyRequestKind = fc.constantFrom(16, 32, 34, 48, 64, 66, 68) as fc.Arbitrary<wamp.RequestKind>;

/** Any message of any kind. */
export const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  fc.tuple(fc.option(text), options({ agent: text })).map((a) => new wamp.HelloMessage(...a)),
  fc.tuple(anyId, options({ agent: text, authid: text })).map((a) => new wamp.WelcomeMessage(...a)),
  fc.tuple(closing, text, anyPayload).map((a) => new wamp.AbortMessage(...a)),
  fc.tuple(text, anyDict).map((a) => new wamp.ChallengeMessage(...a)),
  fc.tuple(text, anyDict).map((a) => new wamp.AuthenticateMessage(...a)),
  fc.tuple(closing, text).map((a) => new wamp.GoodbyeMessage(...a)),
  fc.tuple(anyRequestKind, anyId, progress, text, anyPayload).map((a) => new wamp.ErrorMessage(...a)),
  fc.tuple(anyId, publishOptions, text, anyPayload).map((a) => new wamp.PublishMessage(...a)),
  fc.tuple(anyId, anyId).map((a) => new wamp.PublishedMessage(...a)),
  fc.tuple(anyId, options({ match, get_retained: bool }), text).map((a) => new wamp.SubscribeMessage(...a)),
  fc.tuple(anyId, anyId).map((a) => new wamp.SubscribedMessage(...a)),
  fc.tuple(anyId, anyId).map((a) => new wamp.UnsubscribeMessage(...a)),
  fc.tuple(anyId).map((a) => new wamp.UnsubscribedMessage(...a)),
  fc.tuple(fc.oneof(fc.constant(0), anyId), revocation).map((a) => new wamp.UnsubscribedMessage(...a)),
  fc.tuple(anyId, anyId, eventDetails, anyPayload).map((a) => new wamp.EventMessage(...a)),
  fc.tuple(anyId).map((a) => new wamp.EventReceivedMessage(...a)),
  fc.tuple(anyId, callOptions, text, anyPayload).map((a) => new wamp.CallMessage(...a)),
  fc.tuple(anyId, options({ mode })).map((a) => new wamp.CancelMessage(...a)),
  fc.tuple(anyId, progress, anyPayload).map((a) => new wamp.ResultMessage(...a)),
  fc.tuple(anyId, registerOptions, text).map((a) => new wamp.RegisterMessage(...a)),
  fc.tuple(anyId, anyId).map((a) => new wamp.RegisteredMessage(...a)),
  fc.tuple(anyId, anyId).map((a) => new wamp.UnregisterMessage(...a)),
  fc.tuple(anyId).map((a) => new wamp.UnregisteredMessage(...a)),
  fc.tuple(fc.oneof(fc.constant(0), anyId), revocation).map((a) => new wamp.UnregisteredMessage(...a)),
  fc.tuple(anyId, anyId, invocationDetails, anyPayload).map((a) => new wamp.InvocationMessage(...a)),
  fc.tuple(anyId, options({ mode, reason: text })).map((a) => new wamp.InterruptMessage(...a)),
  fc.tuple(anyId, progress, anyPayload).map((a) => new wamp.YieldMessage(...a)),
);

/** A message as plain data, its payload decoded, for comparison. */
export function plain(message: Message): Record<string, unknown> {
  const { payload, ...rest } = message as Message & { payload?: wamp.Payload };
  return payload === undefined
    ? { ...rest }
    : { ...rest, args: payload.args, kwargs: payload.kwargs, opaque: payload.opaque };
}
