/**
 * Payload passthru mode: payloads that a codec of the application packs, often encrypted, so that routers see only bytes.
 * Owns the seam to the codecs and the form of packed payloads on the wire; knows no scheme.
 * Source: advanced profile, "Payload Passthru Mode".
 */
import { ErrorUri, isDict, isPassthru, Payload, type Dict, type PassthruAttributes } from '@wamp/protocol';
import type { SessionLink } from './request.js';
import { messageOf, UsageError, WampError } from './wamp-error.js';

/** What a payload says, packed or not. */
export interface PayloadValues {
  readonly args: readonly unknown[];
  readonly kwargs: Dict;
}

/** What a message tells about its packed payload, readable for everybody on the way. */
export interface PassthruHeader {
  /** `ppt_scheme`: `wamp`, `mqtt`, or a name of one's own that begins with `x_` */
  readonly scheme: string;
  /** `ppt_serializer` */
  readonly serializer?: string;
  /** `ppt_cipher` */
  readonly cipher?: string;
  /** `ppt_keyid` */
  readonly keyId?: string;
}

/** What a payload is for. */
export interface PassthruContext {
  /** arguments of a call, a result (progressive ones too), what an error carries, or an event */
  readonly kind: 'call' | 'result' | 'error' | 'event';
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

/** A payload in the form in which it is sent. */
export interface SealedPayload {
  readonly header: PassthruHeader;
  /** for the options or details of the message */
  readonly attributes: PassthruAttributes;
  /** exactly one byte string */
  readonly payload: Payload;
}

/** The codecs of one client, by scheme. */
export class PassthruCodecs {
  readonly #byScheme = new Map<string, PassthruCodec>();

  /** @throws UsageError for a scheme without a name, or with two codecs */
  constructor(codecs: readonly PassthruCodec[]) {
    for (const codec of codecs) {
      const { scheme } = codec;
      if (typeof scheme !== 'string' || scheme === '')
        throw new UsageError('a passthru codec needs a scheme');
      if (this.#byScheme.has(scheme)) throw new UsageError(`two codecs for the passthru scheme "${scheme}"`);
      this.#byScheme.set(scheme, codec);
    }
  }

  /** @throws UsageError if there is none */
  codecFor(scheme: string): PassthruCodec {
    const codec = this.#byScheme.get(scheme);
    if (codec === undefined) throw new UsageError(`connect got no codec for the passthru scheme "${scheme}"`);
    return codec;
  }

  /** Packs a payload. @throws UsageError if there is no codec, or the codec cannot do it */
  seal(scheme: string, values: PayloadValues, context: PassthruContext): SealedPayload {
    const codec = this.codecFor(scheme);
    try {
      const { payload, serializer, cipher, keyId } = codec.encode(values.args, values.kwargs, context);
      if (!(payload instanceof Uint8Array)) throw new TypeError('the codec returned no bytes');
      const attributes = attributesOf(scheme, serializer, cipher, keyId);
      return { header: headerOf(attributes), attributes, payload: Payload.of([payload]) };
    } catch (cause) {
      const text = `the payload cannot be packed in scheme "${scheme}": ${messageOf(cause)}`;
      throw new UsageError(text, { cause });
    }
  }

  /**
   * The values of a payload that came in a message with these details, packed or not.
   * @throws WampError `wamp.error.feature_not_supported` without a codec for its scheme, else
   * `wamp.error.invalid_argument`; the cause is what the codec threw
   */
  open(
    details: PassthruAttributes & Dict,
    payload: Payload,
    kind: PassthruContext['kind'],
    uri: string,
    opening?: PassthruHeader,
  ): PayloadValues {
    return isPassthru(details) ? this.#unpack(headerOf(details), payload, { kind, uri, opening }) : payload;
  }

  /** Further chunks of a call: what the first one said holds for them. @throws as `open` */
  openChunk(opening: PassthruHeader, payload: Payload, uri: string): PayloadValues {
    return this.#unpack(opening, payload, { kind: 'call', uri, opening });
  }

  #unpack(header: PassthruHeader, payload: Payload, context: PassthruContext): PayloadValues {
    const { scheme } = header;
    const codec = this.#byScheme.get(scheme);
    if (codec === undefined) {
      throw new WampError(ErrorUri.FeatureNotSupported, [`no codec for the passthru scheme "${scheme}"`]);
    }
    try {
      const { args = [], kwargs = {} } = codec.decode(onlyBytes(payload), header, context);
      if (!Array.isArray(args) || !isDict(kwargs)) throw new TypeError('no list and dictionary are in it');
      return { args, kwargs };
    } catch (cause) {
      const text = `the payload in passthru scheme "${scheme}" cannot be read: ${messageOf(cause)}`;
      throw new WampError(ErrorUri.InvalidArgument, [text], {}, { cause });
    }
  }
}

/** The header that options or details carry. */
export function headerOf(details: PassthruAttributes): PassthruHeader {
  const {
    ppt_scheme: scheme = '',
    ppt_serializer: serializer,
    ppt_cipher: cipher,
    ppt_keyid: keyId,
  } = details;
  return {
    scheme,
    ...(serializer === undefined ? undefined : { serializer }),
    ...(cipher === undefined ? undefined : { cipher }),
    ...(keyId === undefined ? undefined : { keyId }),
  };
}

export function hasSameHeader(a: PassthruHeader, b: PassthruHeader): boolean {
  return (
    a.scheme === b.scheme && a.serializer === b.serializer && a.cipher === b.cipher && a.keyId === b.keyId
  );
}

/**
 * Refuses a payload that did not come in the scheme that was asked for: who relies on a scheme must not be given what
 * a router, or anybody, could have made up in the plain.
 * @throws WampError `wamp.error.invalid_argument`
 */
export function expectScheme(scheme: string | undefined, details: PassthruAttributes): void {
  if (scheme === undefined || details.ppt_scheme === scheme) return;
  const text = `the payload did not come in the passthru scheme "${scheme}", which is asked for here`;
  throw new WampError(ErrorUri.InvalidArgument, [text]);
}

/**
 * A scheme can be used here: there is a codec, and the router will pass it on.
 * @throws UsageError
 */
export function checkPassthru(link: SessionLink, role: 'broker' | 'dealer', scheme: string): void {
  link.passthru.codecFor(scheme);
  if (link.router.has(role, 'payload_passthru_mode')) return;
  throw new UsageError('the router did not announce payload passthru mode');
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

function onlyBytes({ args, kwargs }: Payload): Uint8Array {
  const [bytes] = args;
  if (args.length === 1 && bytes instanceof Uint8Array && Object.keys(kwargs).length === 0) return bytes;
  throw new TypeError('it is not exactly one byte string');
}
