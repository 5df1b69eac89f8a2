/**
 * Compression of WebSocket messages (permessage-deflate): its options, their bounds, and what is agreed with a client.
 * Owns the translation into the words of ws, which compresses. Source: RFC 7692, section 7.
 */
import { COMPRESSION_RANGES, DEFAULT_COMPRESSION } from './limits.js';

export interface CompressionOptions {
  /** Messages below so many bytes go out as they are, unless context is taken over. Default 1024. */
  readonly thresholdBytes?: number;
  /** The window for what the router sends is 2 to this power, 9 to 15. Default 13. */
  readonly windowBits?: number;
  /** The most that clients may use for what they send, 9 to 15; one that cannot be told so gets no compression. Default: anything. */
  readonly clientWindowBits?: number;
  /** Memory of the compressor, 1 to 9: 2 to the power of this and 9. Default 5. */
  readonly memoryLevel?: number;
  /** Whether the router's messages are compressed with what was sent before. Default false. */
  readonly contextTakeover?: boolean;
  /** Whether clients may do so. Default false. */
  readonly clientContextTakeover?: boolean;
  /** Messages that are compressed or inflated at the same time. Counts for the whole process; what is set first, counts. Default 10. */
  readonly concurrencyLimit?: number;
}

/** What ws calls `PerMessageDeflateOptions`, as far as it is used: users of this package need no types of ws. */
export interface DeflateOptions {
  readonly threshold: number;
  readonly concurrencyLimit: number;
  readonly serverMaxWindowBits: number;
  readonly clientMaxWindowBits?: number;
  readonly serverNoContextTakeover?: boolean;
  readonly clientNoContextTakeover?: boolean;
  readonly zlibDeflateOptions: { readonly memLevel: number };
}

/**
 * The same for ws, with the defaults.
 * @throws RangeError naming the option that is not a whole number in its range
 */
export function deflateOptions(given: CompressionOptions): DeflateOptions {
  const clientWindowBits =
    given.clientWindowBits === undefined ? undefined : inRange('clientWindowBits', given.clientWindowBits);
  return {
    threshold: numberOf('thresholdBytes', given),
    concurrencyLimit: numberOf('concurrencyLimit', given),
    serverMaxWindowBits: numberOf('windowBits', given),
    ...(clientWindowBits === undefined ? {} : { clientMaxWindowBits: clientWindowBits }),
    // `undefined` leaves it to the client, which may ask for less memory at both ends.
    ...(given.contextTakeover === true ? {} : { serverNoContextTakeover: true }),
    ...(given.clientContextTakeover === true ? {} : { clientNoContextTakeover: true }),
    zlibDeflateOptions: { memLevel: numberOf('memoryLevel', given) },
  };
}

/** What decides whether an offer can be agreed to. */
interface AgreedOptions {
  readonly serverMaxWindowBits?: number | undefined;
  readonly clientMaxWindowBits?: number | undefined;
}

/**
 * False for an offer that these options decline, so that the connection goes on without compression: ws would refuse it.
 * @param header the client's `Sec-WebSocket-Extensions`
 */
export function isAgreeable(header: string, options: AgreedOptions): boolean {
  return header
    .split(',', 64)
    .map((offer) => offer.split(';', 64).map((part) => part.trim()))
    .some(([name, ...parameters]) => name === 'permessage-deflate' && isOfferAgreeable(parameters, options));
}

function isOfferAgreeable(parameters: readonly string[], options: AgreedOptions): boolean {
  const values = new Map(
    parameters.map((parameter) => {
      const [key, value] = parameter.split('=', 2);
      return [key!.trim(), value?.trim().replaceAll('"', '')];
    }),
  );
  const allowed = values.get('server_max_window_bits');
  if (allowed !== undefined && Number(allowed) < Number(options.serverMaxWindowBits)) return false;
  if (options.clientMaxWindowBits === undefined) return true;
  if (!values.has('client_max_window_bits')) return false;
  const offered = values.get('client_max_window_bits');
  return offered === undefined || Number(offered) >= options.clientMaxWindowBits;
}

type Bounded = keyof typeof COMPRESSION_RANGES;

function numberOf(name: keyof typeof DEFAULT_COMPRESSION, given: CompressionOptions): number {
  return inRange(name, given[name] ?? DEFAULT_COMPRESSION[name]);
}

function inRange(name: Bounded, value: number): number {
  const [min, max] = COMPRESSION_RANGES[name];
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new RangeError(`compression.${name} must be a whole number from ${min} to ${max}, not ${value}`);
}
