/**
 * Payload passthru mode: payloads that a codec of the application packs, often encrypted, so that routers see only bytes.
 * Owns the form of packed payloads on the wire and the choice of a codec; knows no scheme, and is no part of the main entry.
 * Source: advanced profile, "Payload Passthru Mode".
 */
import { EMPTY_DICT, type Dict, type PassthruAttributes } from '@wamp/protocol';
import { isDict } from './inbound-message.js';
import type {
  PassthruHeader,
  PayloadKind,
  PayloadLayer,
  PayloadValues,
  SealedPayload,
} from './payload-layer.js';
import { FEATURE_NOT_SUPPORTED, INVALID_ARGUMENT } from './uris.js';
import { messageOf, UsageError, WampError } from './wamp-error.js';

/** What a payload is for. */
export interface PassthruContext {
  /** arguments of a call, a result (progressive ones too), what an error carries, or an event */
  readonly kind: PayloadKind;
  /** the concrete procedure or topic */
  readonly uri: string;
  /**
   * The header of the call's first message, when this is an answer or a further chunk. Answers ought to use its key and
   * cipher, chunks have to: their messages carry no header.
   */
  readonly opening: PassthruHeader | undefined;
}

/** What a codec made of a payload. */
export interface PackedPayload extends Omit<PassthruHeader, 'scheme'> {
  readonly payload: Uint8Array;
}

/**
 * One scheme of payload passthru mode, for the `passthru` option of `connect`. Both methods are synchronous, so that
 * messages keep their order; what they throw fails the one message, never the session.
 */
export interface PassthruCodec {
  /** value of `ppt_scheme` */
  readonly scheme: string;
  /** Packs a payload. */
  encode(args: readonly unknown[], kwargs: Dict, context: PassthruContext): PackedPayload;
  /** Unpacks what a peer has packed: bytes and header come from anybody. What is absent counts as empty. */
  decode(payload: Uint8Array, header: PassthruHeader, context: PassthruContext): Partial<PayloadValues>;
}

/**
 * Makes the `passthru` option of `connect` from the codecs of the schemes that can be used.
 * @throws UsageError for a scheme without a name, or with two codecs
 */
export function passthru(...codecs: readonly PassthruCodec[]): PayloadLayer {
  return new PassthruCodecs(codecs);
}

class PassthruCodecs implements PayloadLayer {
  readonly #byScheme = new Map<string, PassthruCodec>();

  constructor(codecs: readonly PassthruCodec[]) {
    for (const codec of codecs) {
      const { scheme } = codec;
      if (typeof scheme !== 'string' || scheme === '')
        throw new UsageError('a passthru codec needs a scheme');
      if (this.#byScheme.has(scheme)) throw new UsageError(`two codecs for the passthru scheme "${scheme}"`);
      this.#byScheme.set(scheme, codec);
    }
  }

  check(...[scheme, router, role]: Parameters<PayloadLayer['check']>): void {
    this.#codecFor(scheme);
    if (router.has(role, 'payload_passthru_mode')) return;
    throw new UsageError('the router did not announce payload passthru mode');
  }

  seal(
    scheme: string,
    values: PayloadValues,
    kind: PayloadKind,
    uri: string,
    opening?: PassthruHeader,
  ): SealedPayload {
    const packed = this.#packed(scheme, values, { kind, uri, opening });
    if (kind !== 'call' || opening === undefined || hasSameHeader(opening, packed.header)) return packed;
    // What the first message of a call said, the others do not repeat.
    throw new UsageError('the passthru codec changed serializer, cipher or key within one call');
  }

  open(
    details: Dict,
    values: PayloadValues,
    kind: PayloadKind,
    uri: string,
    opening?: PassthruHeader,
  ): PayloadValues {
    const header = this.headerOf(details);
    return header === undefined ? values : this.#unpacked(header, values, { kind, uri, opening });
  }

  openChunk(opening: PassthruHeader, values: PayloadValues, uri: string): PayloadValues {
    return this.#unpacked(opening, values, { kind: 'call', uri, opening });
  }

  expect(details: Dict, scheme: string): void {
    if (details['ppt_scheme'] === scheme) return;
    const text = `the payload did not come in the passthru scheme "${scheme}", which is asked for here`;
    throw new WampError(INVALID_ARGUMENT, [text]);
  }

  headerOf(details: PassthruAttributes): PassthruHeader | undefined {
    const { ppt_scheme: scheme, ppt_serializer: serializer, ppt_cipher: cipher, ppt_keyid: keyId } = details;
    if (scheme === undefined || scheme === '') return undefined;
    return {
      scheme,
      ...(serializer === undefined ? undefined : { serializer }),
      ...(cipher === undefined ? undefined : { cipher }),
      ...(keyId === undefined ? undefined : { keyId }),
    };
  }

  /** @throws UsageError if there is none */
  #codecFor(scheme: string): PassthruCodec {
    const codec = this.#byScheme.get(scheme);
    if (codec === undefined) throw new UsageError(`connect got no codec for the passthru scheme "${scheme}"`);
    return codec;
  }

  #packed(scheme: string, values: PayloadValues, context: PassthruContext): SealedPayload {
    const codec = this.#codecFor(scheme);
    try {
      const { payload, serializer, cipher, keyId } = codec.encode(values.args, values.kwargs, context);
      if (!(payload instanceof Uint8Array)) throw new TypeError('the codec returned no bytes');
      const attributes = attributesOf(scheme, serializer, cipher, keyId);
      return { header: this.headerOf(attributes)!, attributes, args: [payload], kwargs: EMPTY_DICT };
    } catch (cause) {
      const text = `the payload cannot be packed in scheme "${scheme}": ${messageOf(cause)}`;
      throw new UsageError(text, { cause });
    }
  }

  #unpacked(header: PassthruHeader, values: PayloadValues, context: PassthruContext): PayloadValues {
    const { scheme } = header;
    const codec = this.#byScheme.get(scheme);
    if (codec === undefined) {
      throw new WampError(FEATURE_NOT_SUPPORTED, [`no codec for the passthru scheme "${scheme}"`]);
    }
    try {
      const { args = [], kwargs = {} } = codec.decode(onlyBytes(values), header, context);
      if (!Array.isArray(args) || !isDict(kwargs)) throw new TypeError('no list and dictionary are in it');
      return { args, kwargs };
    } catch (cause) {
      const text = `the payload in passthru scheme "${scheme}" cannot be read: ${messageOf(cause)}`;
      throw new WampError(INVALID_ARGUMENT, [text], {}, { cause });
    }
  }
}

function hasSameHeader(a: PassthruHeader, b: PassthruHeader): boolean {
  return (
    a.scheme === b.scheme && a.serializer === b.serializer && a.cipher === b.cipher && a.keyId === b.keyId
  );
}

function attributesOf(
  scheme: string,
  serializer: string | undefined,
  cipher: string | undefined,
  keyId: string | undefined,
): PassthruAttributes {
  const attributes: Record<string, string> = { ppt_scheme: scheme };
  const given = { ppt_serializer: serializer, ppt_cipher: cipher, ppt_keyid: keyId };
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue;
    // A router would end the session for it.
    if (typeof value !== 'string') throw new TypeError(`${key} has to be a string`);
    attributes[key] = value;
  }
  return attributes;
}

function onlyBytes({ args, kwargs }: PayloadValues): Uint8Array {
  const [bytes] = args;
  if (args.length === 1 && bytes instanceof Uint8Array && Object.keys(kwargs).length === 0) return bytes;
  throw new TypeError('it is not exactly one byte string');
}
