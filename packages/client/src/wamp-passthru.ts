/**
 * The scheme `wamp` of payload passthru mode: CBOR of the arguments, encrypted from end to end if a cipher is set.
 * Owns form and encryption of the bytes; keys come from the application, the ciphers from @noble/ciphers.
 * Source: advanced profile, "Payload End-to-End Encryption".
 */
import { gcm } from '@noble/ciphers/aes.js';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { managedNonce } from '@noble/ciphers/utils.js';
import type { Dict } from '@wamp/protocol';
import type { PackedPayload, PassthruCodec, PassthruContext } from './passthru-codec.js';
import type { PassthruHeader, PayloadValues } from './payload-layer.js';
import { cbor } from './serializers/cbor.js';
import { UsageError } from './wamp-error.js';

/** Values of `ppt_cipher`. Both put a random nonce before the encrypted bytes (24 bytes, 12 for `aes256gcm`) and check them. */
export type WampCipher = 'xsalsa20poly1305' | 'aes256gcm';

/** Keys of 32 bytes by key id, or what finds them; undefined for a key that is not known or not to be used here. */
export type PassthruKeys =
  ReadonlyMap<string, Uint8Array> | ((keyId: string, context: PassthruContext) => Uint8Array | undefined);

export interface WampPassthruOptions {
  /** `xsalsa20poly1305` suits random nonces best; with `aes256gcm` a key must not encrypt more than 2^32 messages. */
  readonly cipher: WampCipher;
  readonly keys: PassthruKeys;
  /** The key to encrypt with; answers use the key of their invocation, further chunks that of the first. */
  readonly keyId: string | ((context: PassthruContext) => string);
}

const CIPHERS = { xsalsa20poly1305: managedNonce(xsalsa20poly1305), aes256gcm: managedNonce(gcm) } as const;

const KEY_BYTES = 32;

/**
 * The scheme `wamp`, for `passthru()`.
 *
 * Without options payloads are only packed: routers need not look at them, but can. With a cipher they are encrypted, and
 * whatever is not encrypted with that cipher and a known key is refused. Routers can then neither read nor alter a payload;
 * they can still drop it, deliver it twice or elsewhere, and make up errors of their own.
 * @throws UsageError for an unknown cipher, or if the key to encrypt with is given but not known
 */
export function wampPassthru(options?: WampPassthruOptions): PassthruCodec {
  return new WampPassthru(options === undefined ? undefined : new Vault(options));
}

class WampPassthru implements PassthruCodec {
  readonly scheme = 'wamp';
  readonly #vault: Vault | undefined;

  constructor(vault: Vault | undefined) {
    this.#vault = vault;
  }

  encode(args: readonly unknown[], kwargs: Dict, context: PassthruContext): PackedPayload {
    const payload = toCbor({ args, kwargs });
    if (this.#vault === undefined) return { payload, serializer: 'cbor' };
    return { ...this.#vault.encrypt(payload, context), serializer: 'cbor' };
  }

  decode(payload: Uint8Array, header: PassthruHeader, context: PassthruContext): Partial<PayloadValues> {
    const { serializer, cipher } = header;
    if (serializer !== 'cbor') throw new TypeError(`serializer "${serializer ?? ''}" is not supported`);
    if (this.#vault !== undefined) return fromCbor(this.#vault.decrypt(payload, header, context));
    if (cipher === undefined) return fromCbor(payload);
    throw new TypeError('it is encrypted, and wampPassthru() was given no keys');
  }
}

/** The keys and the one cipher of a codec. */
class Vault {
  readonly #options: WampPassthruOptions;

  constructor(options: WampPassthruOptions) {
    const { cipher, keys, keyId } = options;
    if (!Object.hasOwn(CIPHERS, cipher)) throw new UsageError(`there is no cipher "${cipher}"`);
    if (typeof keyId === 'string' && typeof keys !== 'function' && !keys.has(keyId)) {
      throw new UsageError(`there is no key "${keyId}" to encrypt with`);
    }
    this.#options = options;
  }

  encrypt(plain: Uint8Array, context: PassthruContext): PackedPayload {
    const { cipher, keyId: chosen } = this.#options;
    const keyId = context.opening?.keyId ?? (typeof chosen === 'string' ? chosen : chosen(context));
    const payload = CIPHERS[cipher](this.#key(keyId, context)).encrypt(plain);
    return { payload, cipher, keyId };
  }

  decrypt(payload: Uint8Array, header: PassthruHeader, context: PassthruContext): Uint8Array {
    const { cipher } = this.#options;
    // Otherwise whoever stands in between could take the encryption off, or choose a weaker one.
    if (header.cipher === undefined) throw new TypeError('it is not encrypted');
    if (header.cipher !== cipher) throw new TypeError(`cipher "${header.cipher}" is not accepted`);
    if (header.keyId === undefined) throw new TypeError('it does not tell its key');
    const key = this.#key(header.keyId, context);
    try {
      return CIPHERS[cipher](key).decrypt(payload);
    } catch (cause) {
      throw new Error('wrong key or altered bytes', { cause });
    }
  }

  #key(keyId: string, context: PassthruContext): Uint8Array {
    const { keys } = this.#options;
    const key = typeof keys === 'function' ? keys(keyId, context) : keys.get(keyId);
    if (key === undefined) throw new Error(`key "${keyId}" is not known`);
    if (key.length !== KEY_BYTES)
      throw new RangeError(`key "${keyId}" has ${key.length} bytes, not ${KEY_BYTES}`);
    return key;
  }
}

// A codec reads and writes lists: the document travels in one of a single element, whose head is this byte.
const LIST_OF_ONE = 0x81;
const codec = cbor();

function toCbor(document: PayloadValues): Uint8Array {
  return (codec.encodeList([document]) as Uint8Array).subarray(1);
}

function fromCbor(bytes: Uint8Array): Partial<PayloadValues> {
  const frame = new Uint8Array(1 + bytes.length);
  frame[0] = LIST_OF_ONE;
  frame.set(bytes, 1);
  const document = codec.decodeList(frame)[0] as Record<string, unknown> | Error | null;
  if (document instanceof Error) throw document;
  if (typeof document !== 'object' || document === null) throw new TypeError('it is no dictionary');
  const { args, kwargs } = document;
  // Peers whose language has no other way to leave something out send null.
  return {
    ...(args === undefined || args === null ? undefined : { args: args as readonly unknown[] }),
    ...(kwargs === undefined || kwargs === null ? undefined : { kwargs: kwargs as Dict }),
  };
}
