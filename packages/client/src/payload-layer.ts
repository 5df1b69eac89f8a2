/**
 * The place of payload passthru mode: what packs and unpacks payloads between the roles and the wire, and the layer of
 * those who use no such thing. Source: advanced profile, "Payload Passthru Mode".
 */
import type { Dict, PassthruAttributes, RouterRole } from '@wamp/protocol';
import { FEATURE_NOT_SUPPORTED } from './uris.js';
import { UsageError, WampError } from './wamp-error.js';

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

/** What a payload is for: arguments of a call, a result (progressive ones too), what an error carries, or an event. */
export type PayloadKind = 'call' | 'result' | 'error' | 'event';

/** A payload in the form in which it is sent. */
export interface SealedPayload extends PayloadValues {
  readonly header: PassthruHeader;
  /** for the options or details of the message */
  readonly attributes: PassthruAttributes;
}

/** Who a scheme is to be used with. */
interface Announced {
  has(role: RouterRole, feature: string): boolean;
}

/** The `passthru` option of `connect`; `passthru(…codecs)` of `@wamp/client/passthru` makes one. */
export interface PayloadLayer {
  /** @throws UsageError if there is no codec for the scheme, or the router will not pass it on */
  check(scheme: string, router: Announced, role: RouterRole): void;
  /**
   * Packs a payload.
   * @param opening the header of the call's first message, for answers and further chunks
   * @throws UsageError
   */
  seal(
    scheme: string,
    values: PayloadValues,
    kind: PayloadKind,
    uri: string,
    opening?: PassthruHeader,
  ): SealedPayload;
  /**
   * The values of a payload that came in a message with these details, packed or not.
   * @throws WampError `wamp.error.feature_not_supported` without a codec for its scheme, else `wamp.error.invalid_argument`
   */
  open(
    details: Dict,
    values: PayloadValues,
    kind: PayloadKind,
    uri: string,
    opening?: PassthruHeader,
  ): PayloadValues;
  /**
   * Refuses a payload that did not come in this scheme: who relies on a scheme must not be given what a router, or anybody,
   * could have made up in the plain.
   * @throws WampError `wamp.error.invalid_argument`
   */
  expect(details: Dict, scheme: string): void;
  /** The values of a further chunk: what the first one said holds for it. @throws as `open` */
  openChunk(opening: PassthruHeader, values: PayloadValues, uri: string): PayloadValues;
  /** The header that these details tell; undefined if the payload is not packed. */
  headerOf(details: Dict): PassthruHeader | undefined;
}

const refuse = (scheme: string): never => {
  throw new UsageError(`connect got no codec for the passthru scheme "${scheme}"`);
};

/** Passes everything on, and refuses what is packed. */
export const NO_PASSTHRU: PayloadLayer = {
  check: refuse,
  seal: refuse,
  open(details, values) {
    const { ppt_scheme: scheme } = details as PassthruAttributes;
    if (!scheme) return values;
    throw new WampError(FEATURE_NOT_SUPPORTED, [`no codec for the passthru scheme "${scheme}"`]);
  },
  expect: (_details, scheme) => refuse(scheme),
  openChunk: (_opening, values) => values,
  headerOf: () => undefined,
};
