/**
 * What a configuration file may hold: the one source of checks, types, JSON Schema and manual.
 * Owns the sections beside realms and limits; names are Crossbar.io's where the meaning is the same.
 */
import { z } from 'zod';
import { LIMITS } from './config-limits.js';
import { REALMS } from './config-realms.js';
import {
  listOf,
  NOT_EMPTY,
  SECRET,
  milliseconds,
  oneOf,
  section,
  text,
  whole,
  wholeNumber,
  wholeOrAbsent,
  yesOrNo,
} from './config-values.js';
import {
  COMPRESSION_RANGES,
  DEFAULT_COMPRESSION,
  DEFAULT_LISTENER_LIMITS as LISTENER,
  DRAIN_MS,
  TLS_WATCH_MS,
} from './limits.js';
import { isAllowableOrigin } from './origin-policy.js';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** `pretty` for people, `json` (one object per line) for machines. */
export const LOG_FORMATS = ['pretty', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** Single values that the command line takes too. */
export const PORT = wholeNumber(0, 65_535);
export const INTERFACE = text('an address or a host name', (value) => /^[\w.:%-]{1,253}$/.test(value));
export const PATH = text('a path that begins with a slash, without ? and #', (value) =>
  /^\/[^\s?#]*$/.test(value),
);
export const ORIGIN = text('an origin, for example https://app.example.com, or * for all', isAllowableOrigin);
export const LOG_LEVEL = oneOf(LOG_LEVELS);
export const LOG_FORMAT = oneOf(LOG_FORMATS);

const CERTIFICATE = {
  certificate: NOT_EMPTY.describe(
    'File with the certificate in PEM, followed by those that lead to its authority.',
  ),
  key: NOT_EMPTY.describe('File with its key in PEM.'),
  passphrase: NOT_EMPTY.meta(SECRET).optional().describe('Of the key, if it is encrypted.'),
};

const TLS = section({
  ...CERTIFICATE,
  sni: listOf(section(CERTIFICATE))
    .default([])
    .describe('Further certificates; a client that names a host gets the first that is good for it.'),
  ca_certificates: NOT_EMPTY.optional().describe("File with authorities for clients' certificates, in PEM."),
  client_certificates: oneOf(['none', 'request', 'require'])
    .default('none')
    .describe(
      '`request`: a client may show a certificate. `require`: one that an authority of `ca_certificates` vouches for has to be shown.',
    ),
  min_version: oneOf(['TLSv1.2', 'TLSv1.3'])
    .default('TLSv1.2')
    .describe('The oldest version that is spoken.'),
  watch_ms: milliseconds(
    0,
    TLS_WATCH_MS,
    'How often the files are looked at, to be read anew when they have changed; 0 never. SIGHUP reads them in any case.',
  ),
});

const TCP_ADDRESS = {
  type: z.literal('tcp').describe('A TCP port.'),
  port: PORT.default(8080).describe('The port; 0 takes any free one.'),
  interface: INTERFACE.default('127.0.0.1').describe(
    'The address to listen on. By default this machine only; `0.0.0.0` opens it to the network.',
  ),
};

const PLAIN_TCP = section(TCP_ADDRESS);

const TCP = section({
  ...TCP_ADDRESS,
  tls: TLS.optional().describe(
    'Everything over TLS; what is not is closed. Relative paths begin at the directory of the configuration.',
  ),
});

const UNIX = section({
  type: z.literal('unix').describe('A Unix socket.'),
  path: NOT_EMPTY.describe(
    'Its file. Whoever may write to it may connect. A relative path begins at the directory of the configuration.',
  ),
});

const ENDPOINT = z
  .discriminatedUnion('type', [TCP, UNIX])
  .prefault({ type: 'tcp' })
  .describe('Where it listens.');

const COMMON_OPTIONS = {
  max_message_size: whole(
    1024,
    2 ** 31 - 1,
    LISTENER.maxMessageBytes,
    'Longest message that a peer may send, in bytes. 16 MiB is the most that RawSocket carries, so that every transport can pass on every message. RawSocket knows powers of two only: the largest that is not above this counts there.',
  ),
  max_connections: whole(
    1,
    1_000_000,
    LISTENER.maxConnections,
    'Connections at the same time; one more is refused with HTTP 503, over RawSocket with error 4.',
  ),
  max_connections_per_address: whole(
    1,
    1_000_000,
    LISTENER.maxConnectionsPerAddress,
    'Of these, from one IPv4 address or one IPv6 network of 64 bits. Addresses of this machine, where proxies run, do not count.',
  ),
  auto_ping_interval: milliseconds(
    0,
    LISTENER.pingIntervalMs,
    'Silence in milliseconds after which a ping is sent; 0 switches keepalive off. Below the time after which proxies forget a silent connection.',
  ),
  auto_ping_timeout: milliseconds(
    1,
    LISTENER.pingTimeoutMs,
    'Further silence in milliseconds after which the connection is cut: a dead peer is found within both times together.',
  ),
  open_handshake_timeout: milliseconds(
    1,
    LISTENER.handshakeTimeoutMs,
    'Time in milliseconds for the opening handshake; half-sent ones must not hold connections.',
  ),
  close_handshake_timeout: milliseconds(
    1,
    LISTENER.closeTimeoutMs,
    'Time in milliseconds for the closing handshake; a peer that is gone does not answer it.',
  ),
};

const DEFLATE = section({
  threshold: whole(
    ...COMPRESSION_RANGES.thresholdBytes,
    DEFAULT_COMPRESSION.thresholdBytes,
    'Messages below so many bytes go out as they are, unless context is taken over.',
  ),
  no_context_takeover: yesOrNo(
    true,
    'Whether each message of the router is compressed for itself, and not with what was sent before.',
  ),
  request_no_context_takeover: yesOrNo(true, "Whether clients' messages have to be."),
  max_window_bits: whole(
    ...COMPRESSION_RANGES.windowBits,
    DEFAULT_COMPRESSION.windowBits,
    'The window for what the router sends is 2 to this power.',
  ),
  request_max_window_bits: wholeOrAbsent(
    ...COMPRESSION_RANGES.clientWindowBits,
    'The same for what clients send; one that cannot be told so gets no compression. By default they choose.',
  ),
  memory_level: whole(
    ...COMPRESSION_RANGES.memoryLevel,
    DEFAULT_COMPRESSION.memoryLevel,
    'Memory of the compressor for each connection: 2 to the power of this and 9 bytes, beside four windows.',
  ),
  concurrency_limit: whole(
    ...COMPRESSION_RANGES.concurrencyLimit,
    DEFAULT_COMPRESSION.concurrencyLimit,
    'Messages that are compressed or inflated at the same time. One number for all transports; the first that is used counts.',
  ),
}).prefault({});

const WEB_OPTIONS = {
  allowed_origins: listOf(ORIGIN)
    .default([])
    .describe(
      'Web pages that may connect, beyond those of this machine and of the host that the request names; `*` for all.',
    ),
  allowed_hosts: listOf(INTERFACE)
    .min(1, 'must name one host at least')
    .optional()
    .describe(
      'Names that a request may have in its `Host` header, without ports; all others are refused. By default every name, but over a connection from this machine a page of "the same host" counts only if that host is an address or `localhost`.',
    ),
  batched: yesOrNo(
    true,
    'Whether the batched subprotocols, for example `wamp.2.json.batched`, are spoken too.',
  ),
  require_websocket_subprotocol: yesOrNo(
    true,
    'Whether a WebSocket client has to offer a subprotocol; if not, one that offers none speaks `wamp.2.json`.',
  ),
  compression: section({
    deflate: DEFLATE.describe('How permessage-deflate is done, with clients that offer it.'),
  })
    .optional()
    .describe(
      'Compression of WebSocket messages, off unless this is there: `compression: { deflate: {} }`. It costs ten times what routing a message costs. `max_message_size` counts for the inflated message.',
    ),
  longpoll: yesOrNo(
    false,
    'Whether HTTP long-poll is spoken on the same port, for networks that let no WebSocket through.',
  ),
};

const RAW_OPTIONS = {
  ping_always: yesOrNo(
    false,
    'Whether RawSocket peers get PING that neither say in HELLO what they are (agent) nor have sent one themselves. Autobahn|Python and Crossbar.io take a PING for a broken message; peers are watched by TCP keepalive in any case.',
  ),
};

const OPTIONS_TEXT = 'Limits and times of this transport.';

export const SERIALIZER_NAMES = ['json', 'msgpack', 'cbor'] as const;

const SERIALIZERS = listOf(oneOf(SERIALIZER_NAMES))
  .min(1, 'must name one serializer at least')
  .default([...SERIALIZER_NAMES])
  .describe('What is spoken; a client chooses by its own preference.');

const WEB_PATH = PATH.default('/ws').describe('Path of the WebSocket endpoint.');

const WEB_SOCKET = section({
  type: z.literal('websocket').describe('WebSocket over HTTP/1.1.'),
  endpoint: ENDPOINT,
  path: WEB_PATH,
  serializers: SERIALIZERS,
  options: section({ ...WEB_OPTIONS, ...COMMON_OPTIONS })
    .prefault({})
    .describe(OPTIONS_TEXT),
});

const RAW_SOCKET = section({
  type: z.literal('rawsocket').describe('RawSocket.'),
  endpoint: ENDPOINT,
  serializers: SERIALIZERS,
  options: section({ ...RAW_OPTIONS, ...COMMON_OPTIONS })
    .prefault({})
    .describe(OPTIONS_TEXT),
});

const UNIVERSAL = section({
  type: z
    .literal('universal')
    .describe('WebSocket, HTTP and RawSocket on one port, told apart by the first byte.'),
  endpoint: ENDPOINT,
  path: WEB_PATH,
  serializers: SERIALIZERS,
  options: section({ ...WEB_OPTIONS, ...RAW_OPTIONS, ...COMMON_OPTIONS })
    .prefault({})
    .describe(OPTIONS_TEXT),
});

const TRANSPORTS = listOf(z.discriminatedUnion('type', [WEB_SOCKET, RAW_SOCKET, UNIVERSAL])).min(
  1,
  'must name one transport at least',
);

const DRAIN = section({
  timeout_ms: milliseconds(
    0,
    DRAIN_MS,
    'Time in milliseconds that running calls have to finish after SIGTERM, before connections are closed. Service managers kill after 10 (Docker) to 90 s (systemd), and what follows takes up to 5 s more.',
  ),
}).prefault({});

const LOG = section({
  level: LOG_LEVEL.default('info').describe('The least important lines that are written.'),
  format: LOG_FORMAT.optional().describe(
    '`pretty` for people, `json` for machines. By default `pretty` if stdout is a terminal, else `json`.',
  ),
  lines_per_second: whole(
    0,
    1_000_000,
    100,
    'Lines of one kind (`event`) that are written in a second; how many more there were is written in one line. 0 is no limit.',
  ),
}).prefault({});

const MONITORING = section({
  health: yesOrNo(
    true,
    'Whether there are `/healthz`, which says 200 as long as the process answers, and `/readyz`, which says 503 while new clients should go elsewhere.',
  ),
  metrics: yesOrNo(false, "Whether there is `/metrics`, in Prometheus' format. It tells names of realms."),
  endpoint: PLAIN_TCP.optional().describe(
    'A port of their own for these pages; the port has to be named. Without it they are on the ports of the transports.',
  ),
}).prefault({});

export const CONFIG = section({
  $schema: z
    .string()
    .optional()
    .describe('For editors: where the JSON Schema of this file is. The router ignores it.'),
  realms: REALMS.prefault([{ name: 'realm1' }]).describe('The realms that clients may join.'),
  transports: TRANSPORTS.prefault([{ type: 'universal' }]).describe('Where and how the router listens.'),
  secret: NOT_EMPTY.meta(SECRET)
    .optional()
    .describe(
      'A secret of the router, from which follows what peers are told that claim to be somebody who does not exist. By default it is drawn anew at each start; routers behind one address should share it.',
    ),
  limits: LIMITS.prefault({}).describe('What peers can make the router keep or wait for.'),
  log: LOG.describe('What is written to stdout.'),
  drain: DRAIN.describe('How the router ends.'),
  monitoring: MONITORING.describe('Pages for those who operate the router.'),
});

/** A checked configuration with all defaults filled in. */
export type Config = z.output<typeof CONFIG>;
export type TransportConfig = Config['transports'][number];

/** What is served without a configuration file. */
export function defaultConfig(): Config {
  return CONFIG.parse({});
}
