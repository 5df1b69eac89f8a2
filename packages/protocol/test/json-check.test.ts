/** The check in WebAssembly against the plain grammar, which is the oracle: both take the same frames, and say the same. */
import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { kindName } from '../src/message-kind.js';
import { json } from '../src/serializers/json.js';
import { jsonCheck, type JsonCheck } from '../src/serializers/json-check.js';
import { JSON_CHECK_CODE } from '../src/serializers/json-check-code.js';
import type { Serializer } from '../src/serializer.js';

/** The same input every time; set JSON_CHECK_SEED for another one. */
const SEED = Number(process.env['JSON_CHECK_SEED'] ?? 20_261_201);
const FRAMES = Number(process.env['JSON_CHECK_FRAMES'] ?? 3_000);

const plain = json({ isUtf8 });
const fast = json({ isUtf8, jsonCheck: jsonCheck() });

function verdict(serializer: Serializer, frame: Uint8Array): string {
  try {
    const message = serializer.decode(frame);
    if (!('payload' in message)) return kindName(message.kind);
    return Buffer.from(message.payload.encodedFor(serializer.payloadCodec).bytes).toString('latin1');
  } catch (error) {
    return String(error);
  }
}

function same(frame: Uint8Array): string {
  const expected = verdict(plain, frame);
  const got = verdict(fast, frame);
  if (got !== expected) expect(got, Buffer.from(frame).toString('latin1')).toBe(expected);
  return expected;
}

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');
const call = (args: string, kwargs = '{}'): Buffer => bytes(`[48,1,{},"a.b",${args},${kwargs}]`);
const LONG = `"${'x'.repeat(300)}"`;

class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * limit);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

const SPACES = ['', '', '', ' ', '\n', '\t \r\n'];
const TEXTS = [
  '',
  'a',
  'key',
  'a longer text of more than 16',
  'é',
  '日本語',
  '😀',
  '\\n',
  '\\u00e9',
  '\\"',
  '\\\\',
  '\\ud800',
];
const NUMBERS = ['0', '-0', '1', '12345678901234567890', '-1.5', '0.25', '1e9', '1E-9', '1.5e+30'];

function text(random: Random): string {
  let all = '';
  for (let n = random.below(4); n > 0; n -= 1) all += random.pick(TEXTS);
  if (random.below(8) === 0) all += 'y'.repeat(random.below(90));
  return `"${all}"`;
}

function value(random: Random, depth: number): string {
  const space = random.pick(SPACES);
  const kind = random.below(depth > 0 ? 7 : 4);
  if (kind === 0) return space + random.pick(NUMBERS) + space;
  if (kind === 1) return random.pick(['true', 'false', 'null']) + space;
  if (kind < 4) return space + text(random);
  const items = Array.from({ length: random.below(6) }, () =>
    kind === 4 ? value(random, depth - 1) : `${space}${text(random)}${space}:${value(random, depth - 1)}`,
  );
  return kind === 4 ? `[${space}${items.join(',')}]${space}` : `{${space}${items.join(',')}}`;
}

const DAMAGE = Buffer.from('"\\{}[],:0123456789.eE+-tfnu \n\t\x00\x1f\x7f\x80\xbf\xc3\xe2\xf0\xff', 'latin1');

function damaged(random: Random, frame: Buffer): Buffer {
  const copy = Buffer.from(frame);
  const at = random.below(copy.length);
  switch (random.below(4)) {
    case 0:
      return copy.subarray(0, at);
    case 1:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(at + 1 + random.below(3))]);
    case 2:
      return Buffer.concat([copy.subarray(0, at), DAMAGE.subarray(random.below(20), 30), copy.subarray(at)]);
    default:
      copy[at] = DAMAGE[random.below(DAMAGE.length)]!;
      return copy;
  }
}

describe('JSON check in WebAssembly', () => {
  it('is there, and is what the source says', () => {
    expect(jsonCheck()).toBeDefined();
    expect(Buffer.from(JSON_CHECK_CODE, 'base64').subarray(0, 4).toString('latin1')).toBe('\0asm');
    const source = readFileSync(new URL('../wasm/json-check.ts', import.meta.url), 'utf8');
    for (const name of ['pass', 'reset']) expect(source).toContain(`export function ${name}(`);
  });

  it('finds the end by itself, and leaves to the plain grammar what is not in order', () => {
    const check = jsonCheck() as JsonCheck;
    const good = bytes(`[${LONG},{"a":[1,2,{}]},[]]x`);
    expect(check.load(good)).toBe(true);
    expect(check.pass(0, 2, 64)).toBe(good.length - 1);
    expect(check.isBeyondAscii).toBe(false);
    expect(check.load(bytes(`[${LONG},"é"]`))).toBe(true);
    expect(check.pass(0, 2, 64)).toBeGreaterThan(0);
    expect(check.isBeyondAscii).toBe(true);
    expect(check.load(bytes(`[${LONG},01]`))).toBe(true);
    expect(check.pass(0, 2, 64)).toBe(-1);
    // What is left of a longer frame must not complete a shorter one.
    expect(check.load(bytes(`[${LONG},${LONG}]`))).toBe(true);
    expect(check.load(bytes(`[${LONG}`))).toBe(true);
    expect(check.pass(0, 2, 64)).toBe(-1);
  });

  it.each([
    ['[LONG,01]'],
    ['[LONG,-]'],
    ['[LONG,1.]'],
    ['[LONG,1e]'],
    ['[LONG,.5]'],
    ['[LONG,tru]'],
    ['[LONG,truex]'],
    ['[LONG,nul]'],
    ['[LONG,falsy]'],
    ['[LONG,]'],
    ['[,LONG]'],
    ['[LONG}'],
    ['[LONG,{"a"}]'],
    ['[LONG,{"a":}]'],
    ['[LONG,{"a":1,}]'],
    ['[LONG,{a:1}]'],
    ['[LONG,"\t"]'],
    ['[LONG,"\\x"]'],
    ['[LONG,"\\u12g4"]'],
    ['[LONG,"\\'],
    ['[LONG,"'],
    ['[LONG'],
    ['[LONG,1 2]'],
    ['[LONG,\u00a01]'],
  ])('refuses what the grammar refuses: %s', (args) => {
    expect(same(call(args.replace('LONG', LONG)))).toMatch(/ProtocolViolation/);
  });

  it('refuses what is not UTF-8, also behind long text', () => {
    for (const wrong of ['\xff', '\xc0\x80', '\xed\xa0\x80', '\xf4\x90\x80\x80', '\xe2\x82']) {
      for (const before of [0, 1, 15, 16, 17, 63, 64, 200]) {
        const inside = Buffer.from(`[48,1,{},"a.b",[${LONG},"${'z'.repeat(before)}${wrong}"]]`, 'latin1');
        expect(same(inside)).toMatch(/ProtocolViolation/);
      }
    }
  });

  it('counts depth as the plain grammar does', () => {
    const nested = (depth: number): Buffer =>
      call(`[${LONG}]`, `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`);
    for (let depth = 55; depth < 70; depth += 1) same(nested(depth));
    expect(same(nested(62))).not.toMatch(/ProtocolViolation/);
    expect(same(nested(63))).toMatch(/ProtocolViolation/);
  });

  it('takes frames of any length', () => {
    for (const length of [0, 100, 191, 192, 1000, 65_536, 131_072, 1_000_000, 4_194_304, 5_000_000]) {
      const frame = call(`["${'é'.repeat(length / 2)}"]`);
      expect(same(frame).startsWith('ProtocolViolation')).toBe(false);
    }
  });

  it(
    `says the same as the plain grammar of ${FRAMES} frames, sound and damaged (seed ${SEED})`,
    { timeout: 120_000 },
    () => {
      const random = new Random(SEED);
      let refused = 0;
      for (let n = 0; n < FRAMES; n += 1) {
        const args = `[${random.below(2) === 0 ? LONG : text(random)},${value(random, 5)},${value(random, 4)}]`;
        const frame = call(args, `{"k":${value(random, 5)}}`);
        expect(same(frame).startsWith('ProtocolViolation')).toBe(false);
        for (let d = 0; d < 3; d += 1) {
          if (same(damaged(random, frame)).startsWith('ProtocolViolation')) refused += 1;
        }
      }
      expect(refused).toBeGreaterThan(FRAMES);
    },
  );
});
