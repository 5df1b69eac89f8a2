/** Reading a CALL and writing the INVOCATION for it: the payload forwarded, and, for comparison, decoded and encoded again. */
import { CallMessage, EMPTY_DICT, InvocationMessage, Payload, type Serializer } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { json } from '@wamp/protocol/json';
import { msgpack } from '@wamp/protocol/msgpack';
import { PayloadTemplate, type Shape } from '../load/payload.js';
import { FORMATS } from '../wire/format.js';
import type { Benchmark } from './benchmark.js';

const KIB = 1024;
const SIZES: readonly (readonly [string, Shape, number])[] = [
  ['16 B', 'text', 16],
  ['1 KiB structured', 'kwargs', KIB],
  ['64 KiB structured', 'kwargs', 64 * KIB],
  ['64 KiB text', 'text', 64 * KIB],
];

function ofSerializer(serializer: Serializer): Benchmark[] {
  return SIZES.flatMap(([size, shape, bytes]) => {
    const { args, kwargs } = new PayloadTemplate(FORMATS[serializer.format], shape, bytes);
    const payload = Payload.of(args, kwargs as Record<string, unknown> | undefined);
    // The bytes that a sender's serializer makes, in memory of their own.
    const frame = serializer.encode(new CallMessage(7, {}, 'com.example.shop.add', payload)).slice();
    const forward = (call: CallMessage, forwarded: Payload): Uint8Array =>
      serializer.encode(new InvocationMessage(call.request, 4_711, EMPTY_DICT, forwarded));
    return [
      {
        name: `${serializer.format} ${size}: read, forward`,
        run: () => {
          const call = serializer.decode(frame) as CallMessage;
          return forward(call, call.payload);
        },
      },
      {
        name: `${serializer.format} ${size}: read, decode, encode`,
        run: () => {
          const call = serializer.decode(frame) as CallMessage;
          return forward(call, Payload.of(call.payload.args, call.payload.kwargs));
        },
      },
    ];
  });
}

export const codecBenchmarks = (): Benchmark[] => [json(), msgpack(), cbor()].flatMap(ofSerializer);
