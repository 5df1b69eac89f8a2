/**
 * Every limit of the listeners, with its number and its reason.
 * Limits of sessions, calls and queues belong to the router, not here.
 */

/** Limits and times of a listener; all have a default, see the constants of the same name. */
export interface ListenerLimits {
  /**
   * Longest message that a peer may send, in bytes; a longer one closes the connection, over WebSocket with 1009. RawSocket knows
   * only powers of two up to 16 MiB: the largest that is not above this limit counts there.
   */
  readonly maxMessageBytes: number;
  /** Connections at the same time; one more is refused with HTTP 503, over RawSocket with error 4. */
  readonly maxConnections: number;
  /** Of these, from one IPv4 address or one IPv6 network of 64 bits; this machine's own addresses do not count. */
  readonly maxConnectionsPerAddress: number;
  /** Silence after which a ping is sent, in milliseconds; 0 switches keepalive off. */
  readonly pingIntervalMs: number;
  /** How long after that ping a peer may stay silent before it is cut, in milliseconds. */
  readonly pingTimeoutMs: number;
  /**
   * How long the opening handshake may take, in milliseconds: until the first byte, the TLS handshake, the HTTP request or the
   * RawSocket handshake, each.
   */
  readonly handshakeTimeoutMs: number;
  /** How long the closing handshake may take before the connection is cut, in milliseconds. */
  readonly closeTimeoutMs: number;
}

/**
 * 16 MiB is the most that RawSocket can carry, so that a message which fits here fits every transport. A message stands in
 * memory about twice while it is forwarded, so one peer can occupy some 32 MiB at a time.
 */
export const MAX_MESSAGE_BYTES: number = 16 * 1024 * 1024;

/** A session costs about 10 KB at rest; ten thousand are 100 MB, and stay below the usual limits of open files of a service. */
export const MAX_CONNECTIONS = 10_000;

/**
 * An office or a school behind one address has hundreds of clients; one machine that opens connections without end must not use up
 * everybody's. A proxy on another machine has one address for all: raise it there.
 */
export const MAX_CONNECTIONS_PER_ADDRESS = 1_000;

/** Below the 30 to 60 seconds after which common proxies and NAT tables forget a silent connection. */
export const PING_INTERVAL_MS = 20_000;

/**
 * A round trip takes milliseconds; 15 s forgives a laptop that changes its network or a phone that wakes up. Together with the
 * interval, and with the time between two looks, a dead peer is found within 40 s.
 */
export const PING_TIMEOUT_MS = 15_000;

/** An honest client sends its request at once; half-sent requests are how slow-loris attacks hold connections. */
export const HANDSHAKE_TIMEOUT_MS = 10_000;

/** A peer answers a close frame within a round trip, unless it is gone or has megabytes to take first. */
export const CLOSE_TIMEOUT_MS = 5_000;

/**
 * Bytes that may gather for one socket within a turn of the event loop before they are written at once. 64 KiB is what
 * one system call hands over well: from here on copying costs more than the call itself, so that waiting saves nothing, and
 * the peer can start to read.
 */
export const FLUSH_BYTES: number = 64 * 1024;

/** Frames and payloads from here on are handed to the system where they are; below, copying them costs less than a piece more. */
export const APART_BYTES: number = 8 * 1024;

/**
 * Average size of the pieces in which a long message may arrive, in bytes. An Ethernet segment has 1460; much smaller ones
 * cost more in bookkeeping than they carry and are refused once a message has `maxMessageBytes` / 512 of them.
 */
export const MIN_AVERAGE_CHUNK_BYTES = 512;

/**
 * Pings of one peer whose pongs the network has not taken yet; one more cuts the connection. An honest peer sends a ping every
 * few seconds and waits for its pong, so that 60 of them (the default of ws) are minutes; a peer that pings and does not
 * read would fill the memory with pongs, one that pings without end would keep the router busy with nothing else.
 */
export const MAX_PENDING_PONGS = 60;

/**
 * The least that a RawSocket peer has to take: WELCOME has about 1 KiB, and one that cannot take it cannot join. Told in the
 * handshake, instead of failing later.
 */
export const MIN_PEER_LIMIT_BYTES = 2048;

/** Over long-poll, how long a request waits for messages. Proxies give up after 30 to 60 s. */
export const LONG_POLL_HOLD_MS = 15_000;

/**
 * Over long-poll, how long a peer may take to ask again. With the time that a request waits it is 35 s at most until a peer is
 * found to be gone, as over WebSocket.
 */
export const LONG_POLL_IDLE_MS = 20_000;

/** A list of protocol names; more is not asked for before there is a session. */
export const MAX_OPEN_BODY_BYTES = 4096;

/** Requests of one long-poll peer that wait for their turn to be read; an honest one sends them one after the other. */
export const MAX_PENDING_SENDS = 16;

/**
 * Messages that wait for a long-poll peer; their bytes are bounded by the router. A message that is kept costs some 100 bytes
 * beside its own: 6 MB.
 */
export const MAX_WAITING_MESSAGES = 65_536;

/** What goes into one body over long-poll, unless a single message is longer: peers bound a body as they bound a message. */
export const MAX_BATCH_BYTES: number = 1024 * 1024;

/** TCP connections beyond `maxConnections`, so that surplus peers get an HTTP answer instead of a reset. */
export const SPARE_SOCKETS = 256;

/**
 * How long running calls have to finish when the process ends. Together with the closing of the connections it stays below the
 * 10 s after which Docker kills.
 */
export const DRAIN_MS = 4_000;

/** Certificates last for months, and are changed by programs that do not wait for us. */
export const TLS_WATCH_MS = 10_000;

/**
 * Defaults of compression, where it is switched on. Messages below 1 KiB gain little. A window of 8 KiB and memory level 5 cost
 * 48 KiB for each connection that has sent something long, instead of 256 KiB with what zlib takes by itself; to inflate costs up
 * to 42 KiB more. zlib has four threads: ten messages at a time keep them busy, and hundreds would fragment the memory.
 */
export const DEFAULT_COMPRESSION = Object.freeze({
  thresholdBytes: 1024,
  windowBits: 13,
  memoryLevel: 5,
  concurrencyLimit: 10,
});

/** What the numbers of compression may be. zlib knows no raw window of 8 bits. */
export const COMPRESSION_RANGES = Object.freeze({
  thresholdBytes: [0, 2 ** 31 - 1],
  windowBits: [9, 15],
  clientWindowBits: [9, 15],
  memoryLevel: [1, 9],
  concurrencyLimit: [1, 1024],
} as const);

/** The defaults of all limits. */
export const DEFAULT_LISTENER_LIMITS: ListenerLimits = Object.freeze({
  maxMessageBytes: MAX_MESSAGE_BYTES,
  maxConnections: MAX_CONNECTIONS,
  maxConnectionsPerAddress: MAX_CONNECTIONS_PER_ADDRESS,
  pingIntervalMs: PING_INTERVAL_MS,
  pingTimeoutMs: PING_TIMEOUT_MS,
  handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS,
  closeTimeoutMs: CLOSE_TIMEOUT_MS,
});

/** The longest delay that a Node timer takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Fills in the defaults.
 * @throws RangeError naming the limit that is not a whole number in its range
 */
export function listenerLimits(given: Partial<ListenerLimits>): ListenerLimits {
  return {
    maxMessageBytes: whole('maxMessageBytes', given.maxMessageBytes, 1024, 2 ** 31 - 1),
    maxConnections: whole('maxConnections', given.maxConnections, 1, 1_000_000),
    maxConnectionsPerAddress: whole('maxConnectionsPerAddress', given.maxConnectionsPerAddress, 1, 1_000_000),
    pingIntervalMs: whole('pingIntervalMs', given.pingIntervalMs, 0, MAX_TIMER_MS),
    pingTimeoutMs: whole('pingTimeoutMs', given.pingTimeoutMs, 1, MAX_TIMER_MS),
    handshakeTimeoutMs: whole('handshakeTimeoutMs', given.handshakeTimeoutMs, 1, MAX_TIMER_MS),
    closeTimeoutMs: whole('closeTimeoutMs', given.closeTimeoutMs, 1, MAX_TIMER_MS),
  };
}

function whole(name: keyof ListenerLimits, value: number | undefined, min: number, max: number): number {
  if (value === undefined) return DEFAULT_LISTENER_LIMITS[name];
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new RangeError(`${name} must be a whole number from ${min} to ${max}, not ${value}`);
}
