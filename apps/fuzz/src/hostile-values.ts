/** Values that programs trip over, and messages made of them. */
import type { Format } from '@wamp/protocol';
import type { Random } from './random.js';

const TEXTS = [
  ...[
    '',
    'a',
    'com.example.proc',
    'of.witness',
    'to.witness',
    'wamp.session.count',
    'wamp.error.x',
    'a..b',
    '.',
    '..',
  ],
  ...[
    '\0',
    '\0AAAA',
    '\0not base64',
    '\ufeffbom',
    'é'.repeat(40),
    'a'.repeat(300),
    '😀',
    '\ud800',
    '__proto__',
    'toString',
  ],
  ...[
    'exact',
    'prefix',
    'wildcard',
    'single',
    'roundrobin',
    'kill',
    'skip',
    'killnowait',
    'mqtt',
    'wamp',
    'cbor',
    'x_custom',
  ],
];
const NUMBERS = [
  ...[
    0,
    1,
    2,
    3,
    4,
    5,
    -1,
    255,
    256,
    65_535,
    65_536,
    2 ** 31,
    2 ** 32 - 1,
    2 ** 32,
    2 ** 53 - 1,
    2 ** 53,
    2 ** 53 + 2,
  ],
  ...[-0, 0.5, -1.5, 1e300, -1e-300, 5e-324, -(2 ** 31) - 1, -(2 ** 53)],
];
const KEYS = [
  ...[
    'match',
    'invoke',
    'progress',
    'receive_progress',
    'timeout',
    'acknowledge',
    'exclude',
    'eligible',
    'exclude_me',
  ],
  ...[
    'exclude_authid',
    'eligible_authrole',
    'disclose_me',
    'mode',
    'ppt_scheme',
    'ppt_serializer',
    'ppt_cipher',
    'ppt_keyid',
  ],
  ...[
    'enc_algo',
    'enc_key',
    'enc_serializer',
    'retain',
    'get_retained',
    'concurrency',
    'force_reregister',
    'rkey',
    'runmode',
  ],
  ...[
    'roles',
    'features',
    'caller',
    'callee',
    'publisher',
    'subscriber',
    'agent',
    'authid',
    'authrole',
    'authmethods',
  ],
  ...[
    'authextra',
    'x_session_token',
    'x_replaces',
    'x_resume',
    'x_drain',
    'x_credit',
    'resumable',
    'session',
    'token',
  ],
  ...[
    'procedure',
    'topic',
    'reason',
    'message',
    '__proto__',
    'constructor',
    '',
    '0',
    '\0key',
    'forward_for',
    'x_other',
  ],
];

export function hostileText(random: Random): string {
  return random.oneIn(3)
    ? String.fromCodePoint(...random.list(5, () => random.below(0xd7ff)))
    : random.of(TEXTS);
}

/** @param bytes whether bytes and maps with keys that are no text may be in it: only for formats that have them */
export function hostileValue(random: Random, bytes: boolean, depth = 0): unknown {
  const kind = random.below(depth > 4 ? 5 : bytes ? 10 : 7);
  if (kind === 0) return random.of([true, false, null]);
  if (kind <= 2) return hostileText(random);
  if (kind <= 4) return random.oneIn(3) ? random.below(1_000) : random.of(NUMBERS);
  if (kind === 5) return random.list(4, () => hostileValue(random, bytes, depth + 1));
  if (kind === 6) return hostileDict(random, bytes, depth + 1);
  if (kind === 7) return random.bytes(20);
  if (kind === 8) {
    return new Map(
      random.list(3, () => [hostileValue(random, false, 5), hostileValue(random, bytes, depth + 1)] as const),
    );
  }
  // Nested deeply, as parsers do not like it.
  let value: unknown = 1;
  for (let level = random.below(120); level > 0; level -= 1) value = random.oneIn(2) ? [value] : { a: value };
  return value;
}

export function hostileDict(
  random: Random,
  bytes: boolean,
  depth = 0,
): Record<string, unknown> | Map<unknown, unknown> {
  const entries = random.list(4, () => [random.of(KEYS), hostileValue(random, bytes, depth + 1)] as const);
  if (bytes && random.oneIn(12)) return new Map<unknown, unknown>([...entries, [random.of(NUMBERS), 1]]);
  const dict: Record<string, unknown> = {};
  for (const [key, value] of entries) {
    Object.defineProperty(dict, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return dict;
}

const CODES = [1, 2, 3, 4, 5, 6, 8, 16, 17, 32, 33, 34, 35, 36, 48, 49, 50, 64, 65, 66, 67, 68, 69, 70];
/** What makes sense of each kind behind the code: id, options, uri, or a code. */
const SHAPES: Readonly<Record<number, string>> = {
  1: 'uo',
  3: 'ou',
  5: 'uo',
  6: 'ou',
  8: 'ciou',
  16: 'iou',
  32: 'iou',
  34: 'ii',
  37: 'i',
  48: 'iou',
  49: 'io',
  64: 'iou',
  66: 'ii',
  70: 'io',
};

/** A message that is right in its form more often than not. */
export function hostileMessage(random: Random, format: Format): unknown[] {
  const bytes = format !== 'json';
  const code = random.oneIn(4) ? random.of(CODES) : Number(random.of(Object.keys(SHAPES)));
  const list: unknown[] = [code];
  for (const part of SHAPES[code] ?? 'io') {
    if (random.oneIn(25)) list.push(hostileValue(random, bytes));
    else if (part === 'i') list.push(1 + random.below(6));
    else if (part === 'o') list.push(random.oneIn(3) ? {} : hostileDict(random, bytes));
    else if (part === 'u')
      list.push(random.of(['of.witness', 'to.witness', 'com.example.proc', hostileText(random)]));
    else list.push(random.of([16, 32, 34, 48, 64, 66, 68]));
  }
  if (random.oneIn(2)) list.push(random.list(4, () => hostileValue(random, bytes)));
  if (random.oneIn(3)) list.push(hostileDict(random, bytes));
  if (random.oneIn(20)) list.splice(random.below(list.length), 1);
  return list;
}
