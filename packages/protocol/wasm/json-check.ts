/**
 * AssemblyScript: the grammar of RFC 8259 over bytes, 16 at a time. Compiled by `pnpm --filter @wamp/protocol build:wasm` into
 * `src/serializers/json-check-code.ts`.
 *
 * Says where a list or dictionary ends, or that something is not in order: then the plain grammar looks again and finds the
 * words. Sixteen zeros have to stand behind the bytes; they fit nowhere, so that no step has to look for the end.
 *
 * Memory: one byte per open list or dictionary from 0 on, the text from 1024 on.
 */

const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;
const SPACE: u32 = 0x20;
const COMMA: u32 = 0x2c;
const COLON: u32 = 0x3a;
const OPEN_LIST: u32 = 0x5b;
const CLOSE_LIST: u32 = 0x5d;
const OPEN_DICT: u32 = 0x7b;
const CLOSE_DICT: u32 = 0x7d;

/** Not 0 if there may be characters beyond ASCII among what was passed since it was reset. */
export let beyondAscii: i32 = 0;

export function reset(): void {
  beyondAscii = 0;
}

/** Passes white space. */
@inline
function space(at: usize): usize {
  let byte: u32 = load<u8>(at);
  while (byte == SPACE || byte == 0x0a || byte == 0x0d || byte == 0x09) byte = load<u8>(++at);
  return at;
}

/** The bits of the bytes that end a plain run of a string: quote, backslash, control characters. */
@inline
function oddOnes(text: v128): v128 {
  return v128.or(
    v128.or(i8x16.eq(text, i8x16.splat(QUOTE as i8)), i8x16.eq(text, i8x16.splat(BACKSLASH as i8))),
    i8x16.lt_u(text, i8x16.splat(SPACE as i8)),
  );
}

/** Passes a string, from behind its opening quote; 0 if it is none. */
function string(start: usize): usize {
  let at = start;
  while (true) {
    let text = v128.load(at);
    let odd = i8x16.bitmask(oddOnes(text));
    beyondAscii |= i8x16.bitmask(text);
    if (odd == 0) {
      at = plain(at + 16);
      text = v128.load(at);
      odd = i8x16.bitmask(oddOnes(text));
      beyondAscii |= i8x16.bitmask(text);
    }
    at += ctz(odd);
    const byte: u32 = load<u8>(at);
    if (byte == QUOTE) return at + 1;
    if (byte != BACKSLASH) return 0;
    at = escape(at + 1);
    if (at == 0) return 0;
  }
}

/** Passes a long plain run up to the sixteen bytes in which it ends. */
function plain(start: usize): usize {
  let at = start;
  let all = i8x16.splat(0);
  while (true) {
    const a = v128.load(at);
    if (v128.any_true(oddOnes(a))) break;
    all = v128.or(all, a);
    const b = v128.load(at, 16);
    if (v128.any_true(oddOnes(b))) {
      at += 16;
      break;
    }
    all = v128.or(all, b);
    at += 32;
  }
  beyondAscii |= i8x16.bitmask(all);
  return at;
}

/** Passes an escape, from behind its backslash; 0 if it is none. */
function escape(at: usize): usize {
  switch (load<u8>(at)) {
    case 0x22: // "
    case 0x5c: // \
    case 0x2f: // /
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return at + 1;
    case 0x75: // u
      for (let digit: usize = at + 1; digit < at + 5; digit++) {
        const byte: u32 = load<u8>(digit);
        if (byte - 0x30 > 9 && (byte | 0x20) - 0x61 > 5) return 0;
      }
      return at + 5;
    default:
      return 0;
  }
}

/** Passes digits, none or more. */
@inline
function digits(start: usize): usize {
  let at = start;
  while (true) {
    const text = i8x16.sub(v128.load(at), i8x16.splat(0x30));
    const others = i8x16.bitmask(i8x16.gt_u(text, i8x16.splat(9)));
    if (others != 0) return at + ctz(others);
    at += 16;
  }
}

/** Passes a number; 0 if it is none. */
function numeral(start: usize): usize {
  const first: usize = load<u8>(start) == 0x2d ? start + 1 : start;
  let at = digits(first);
  if (at == first || (at > first + 1 && load<u8>(first) == 0x30)) return 0;
  let byte: u32 = load<u8>(at);
  if (byte == 0x2e) {
    const fraction = at + 1;
    at = digits(fraction);
    if (at == fraction) return 0;
    byte = load<u8>(at);
  }
  if ((byte | 0x20) == 0x65) {
    const sign: u32 = load<u8>(at + 1);
    const exponent: usize = sign == 0x2b || sign == 0x2d ? at + 2 : at + 1;
    at = digits(exponent);
    if (at == exponent) return 0;
  }
  return at;
}

/** Passes a key and its colon, from the key's opening quote on; 0 if there is none. */
function key(start: usize): usize {
  if (load<u8>(start) != QUOTE) return 0;
  let at = string(start + 1);
  if (at == 0) return 0;
  if (load<u8>(at) <= SPACE) at = space(at);
  return load<u8>(at) == COLON ? at + 1 : 0;
}

/**
 * Passes the list or dictionary that begins at `at`.
 * @param depth how deep it stands
 * @returns the index behind, or 0 if it is not well-formed or nested too deeply
 */
export function pass(start: usize, depth: i32, maxDepth: i32): usize {
  const room = maxDepth - depth + 1;
  let at = start;
  let level = 0;
  let closing: u32 = 0;
  while (true) {
    let byte: u32 = load<u8>(at);
    if (byte <= SPACE) {
      at = space(at);
      byte = load<u8>(at);
    }
    if (byte == QUOTE) at = string(at + 1);
    else if (byte - 0x30 <= 9 || byte == 0x2d) at = numeral(at);
    else if (byte == OPEN_DICT || byte == OPEN_LIST) {
      if (level == room) return 0;
      store<u8>(level++, closing as u8);
      closing = byte + 2;
      at = space(at + 1);
      if (load<u8>(at) != closing) {
        if (byte == OPEN_LIST) continue;
        at = key(at);
        if (at == 0) return 0;
        continue;
      }
      at++;
      closing = load<u8>(--level);
      if (level == 0) return at;
    } else if (load<u32>(at) == 0x65757274 || load<u32>(at) == 0x6c6c756e) at += 4;
    else if (load<u32>(at) == 0x736c6166 && load<u8>(at + 4) == 0x65) at += 5;
    else return 0;
    if (at == 0 || level == 0) return 0;
    while (true) {
      byte = load<u8>(at);
      if (byte <= SPACE) {
        at = space(at);
        byte = load<u8>(at);
      }
      at++;
      if (byte == COMMA) break;
      if (byte != closing) return 0;
      closing = load<u8>(--level);
      if (level == 0) return at;
    }
    if (closing == CLOSE_LIST) continue;
    if (load<u8>(at) <= SPACE) at = space(at);
    at = key(at);
    if (at == 0) return 0;
  }
}
