import { createDecipheriv } from 'node:crypto';
import { cbor } from '@wamp/protocol/cbor';
import { describe, expect, it } from 'vitest';
import type { PassthruContext } from './passthru-codec.js';
import { wampPassthru, type WampCipher } from './wamp-passthru.js';

const CALL: PassthruContext = { kind: 'call', uri: 'com.example.add', opening: undefined };
const KEY = new Uint8Array(32).fill(7);
const KEYS = new Map([
  ['k1', KEY],
  ['k2', new Uint8Array(32).fill(8)],
]);
const CIPHERS: readonly WampCipher[] = ['xsalsa20poly1305', 'aes256gcm'];
const ARGS = [1, 'zwei', Uint8Array.of(3), null];
const KWARGS = { deep: { er: [true] } };

/** A view into a larger buffer at an odd place, as payloads of received frames are. */
function received(bytes: Uint8Array): Uint8Array {
  const frame = new Uint8Array(bytes.length + 8);
  frame.set(bytes, 3);
  return frame.subarray(3, 3 + bytes.length);
}

describe('the scheme wamp without a cipher', () => {
  const codec = wampPassthru();

  it('PPT-016: is CBOR of args and kwargs', () => {
    const packed = codec.encode([1], { a: 'b' }, CALL);
    expect(packed).toMatchObject({ serializer: 'cbor' });
    const expected = cbor().payloadCodec.encodePayload([{ args: [1], kwargs: { a: 'b' } }], undefined);
    expect(Array.from(packed.payload)).toEqual(Array.from(expected.bytes.subarray(1)));
  });

  it('reads what it wrote', () => {
    const { payload } = codec.encode(ARGS, KWARGS, CALL);
    const values = codec.decode(received(payload), { scheme: 'wamp', serializer: 'cbor' }, CALL);
    expect(values).toEqual({ args: ARGS, kwargs: KWARGS });
  });

  it('takes absent and null as empty', () => {
    const header = { scheme: 'wamp', serializer: 'cbor' };
    expect(codec.decode(Uint8Array.of(0xa0), header, CALL)).toEqual({});
    const nulls = [0xa1, 0x64, 0x61, 0x72, 0x67, 0x73, 0xf6];
    expect(codec.decode(Uint8Array.from(nulls), header, CALL)).toEqual({});
  });

  it('refuses what is no CBOR dictionary, and keys of Object.prototype do no harm', () => {
    const header = { scheme: 'wamp', serializer: 'cbor' };
    const bad = [[], [0xff], [0x01], [0xf6], [0xa0, 0x00], [0x5f], [0xa1, 0x61]];
    for (const bytes of bad) expect(() => codec.decode(Uint8Array.from(bytes), header, CALL)).toThrow();
    const { payload } = codec.encode([], JSON.parse('{"__proto__":{"polluted":1}}') as object as never, CALL);
    codec.decode(payload, header, CALL);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('refuses other serializers, and what is encrypted', () => {
    const { payload } = codec.encode([1], {}, CALL);
    expect(() => codec.decode(payload, { scheme: 'wamp' }, CALL)).toThrow('serializer ""');
    expect(() => codec.decode(payload, { scheme: 'wamp', serializer: 'flatbuffers' }, CALL)).toThrow(
      'serializer "flatbuffers" is not supported',
    );
    const header = { scheme: 'wamp', serializer: 'cbor', cipher: 'aes256gcm' };
    expect(() => codec.decode(payload, header, CALL)).toThrow('given no keys');
  });
});

describe.each(CIPHERS)('the scheme wamp with %s', (cipher) => {
  const codec = wampPassthru({ cipher, keys: KEYS, keyId: 'k1' });
  const header = { scheme: 'wamp', serializer: 'cbor', cipher, keyId: 'k1' };

  it('encrypts with a fresh nonce each time, and reads it again', () => {
    const packed = codec.encode(ARGS, KWARGS, CALL);
    expect(packed).toMatchObject({ serializer: 'cbor', cipher, keyId: 'k1' });
    expect(Buffer.from(packed.payload).includes('zwei')).toBe(false);
    expect(codec.encode(ARGS, KWARGS, CALL).payload).not.toEqual(packed.payload);
    expect(codec.decode(received(packed.payload), header, CALL)).toEqual({ args: ARGS, kwargs: KWARGS });
  });

  it('refuses altered bytes, wherever the change is, and other keys', () => {
    const { payload } = codec.encode([1], {}, CALL);
    for (let at = 0; at < payload.length; at++) {
      const altered = Uint8Array.from(payload);
      altered[at]! ^= 1;
      expect(() => codec.decode(altered, header, CALL)).toThrow('wrong key or altered bytes');
    }
    for (const length of [0, 1, 12, 24, payload.length - 1]) {
      expect(() => codec.decode(payload.subarray(0, length), header, CALL)).toThrow('altered');
    }
    expect(() => codec.decode(payload, { ...header, keyId: 'k2' }, CALL)).toThrow('wrong key');
    expect(() => codec.decode(payload, { ...header, keyId: 'k3' }, CALL)).toThrow('"k3" is not known');
  });

  it('refuses what is not encrypted, or with another cipher', () => {
    const { payload } = wampPassthru().encode([1], {}, CALL);
    expect(() => codec.decode(payload, { scheme: 'wamp', serializer: 'cbor' }, CALL)).toThrow(
      'not encrypted',
    );
    expect(() => codec.decode(payload, { ...header, cipher: 'rot13' }, CALL)).toThrow(
      '"rot13" is not accepted',
    );
    expect(() => codec.decode(payload, { scheme: 'wamp', serializer: 'cbor', cipher }, CALL)).toThrow(
      'its key',
    );
  });

  it('answers with the key of the question', () => {
    const opening = { ...header, keyId: 'k2' };
    expect(codec.encode([1], {}, { ...CALL, kind: 'result', opening }).keyId).toBe('k2');
  });
});

it('keys and key ids can depend on what the payload is for', () => {
  const codec = wampPassthru({
    cipher: 'xsalsa20poly1305',
    keyId: ({ uri }) => uri,
    keys: (keyId, { uri }) => (keyId === uri ? KEY : undefined),
  });
  const { payload, ...packed } = codec.encode([1], {}, CALL);
  const header = { scheme: 'wamp', ...packed };
  expect(codec.decode(payload, header, CALL)).toEqual({ args: [1], kwargs: {} });
  expect(() => codec.decode(payload, header, { ...CALL, uri: 'com.example.other' })).toThrow('not known');
});

it('what cannot work is refused when it is set up, or when it is used', () => {
  const keyId = 'k1';
  expect(() => wampPassthru({ cipher: 'rot13' as never, keys: KEYS, keyId })).toThrow('no cipher "rot13"');
  expect(() => wampPassthru({ cipher: 'toString' as never, keys: KEYS, keyId })).toThrow('no cipher');
  expect(() => wampPassthru({ cipher: 'aes256gcm', keys: new Map(), keyId })).toThrow('no key "k1"');
  const short = wampPassthru({ cipher: 'aes256gcm', keys: () => new Uint8Array(16), keyId });
  expect(() => short.encode([], {}, CALL)).toThrow('has 16 bytes, not 32');
});

describe('other implementations of the ciphers', () => {
  const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

  it('xsalsa20poly1305 is the secretbox of NaCl, with the nonce in front', () => {
    // The vector of NaCl's own tests (secretbox.c). Its message is no CBOR: that is only found out after decryption.
    const key = hex('1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389');
    const nonce = hex('69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37');
    const box = hex(
      'f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186a' +
        'c0dfc17c98dce87b4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae' +
        '90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74' +
        'e355a5',
    );
    const codec = wampPassthru({ cipher: 'xsalsa20poly1305', keys: () => key, keyId: 'k' });
    const header = { scheme: 'wamp', serializer: 'cbor', cipher: 'xsalsa20poly1305', keyId: 'k' };
    const read = (bytes: Uint8Array): unknown =>
      codec.decode(Uint8Array.of(...nonce, ...bytes), header, CALL);
    expect(() => read(box)).toThrow(/^(?!.*altered)/);
    box[0]! ^= 1;
    expect(() => read(box)).toThrow('altered');
  });

  it('aes256gcm is what OpenSSL reads: nonce, encrypted bytes, tag', () => {
    const codec = wampPassthru({ cipher: 'aes256gcm', keys: KEYS, keyId: 'k1' });
    const { payload } = codec.encode([1], {}, CALL);
    const openssl = createDecipheriv('aes-256-gcm', KEY, payload.subarray(0, 12));
    openssl.setAuthTag(payload.subarray(-16));
    const plain = Buffer.concat([openssl.update(payload.subarray(12, -16)), openssl.final()]);
    expect(Array.from(plain)).toEqual(Array.from(wampPassthru().encode([1], {}, CALL).payload));
  });
});
