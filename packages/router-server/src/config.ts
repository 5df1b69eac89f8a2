/**
 * The settings of the `wamp-router` process: their names, defaults and checks, and the file that they may come from.
 * Flags are read elsewhere; here it is said what a valid value is, for both.
 */
import { readFileSync } from 'node:fs';
import { isValidUri } from '@wamp/protocol';
import { ConfigError, dictionary, listOf, oneOf, section, text, wholeNumber } from './config-checks.js';
import { isAllowableOrigin } from './origin-policy.js';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** `pretty` for people, `json` (one object per line) for machines. */
export const LOG_FORMATS = ['pretty', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** Everything that can be set, with defaults filled in. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** web pages that may connect, beyond those of this machine and of the router's own host */
  readonly allowedOrigins: readonly string[];
  readonly maxConnections: number | undefined;
  readonly maxMessageBytes: number | undefined;
  readonly pingIntervalMs: number | undefined;
  readonly pingTimeoutMs: number | undefined;
  readonly realms: readonly string[];
  readonly logLevel: LogLevel;
  /** undefined: pretty if stdout is a terminal, json otherwise */
  readonly logFormat: LogFormat | undefined;
}

export const DEFAULT_SETTINGS: Settings = {
  host: '127.0.0.1',
  port: 8080,
  path: '/ws',
  allowedOrigins: [],
  maxConnections: undefined,
  maxMessageBytes: undefined,
  pingIntervalMs: undefined,
  pingTimeoutMs: undefined,
  realms: ['realm1'],
  logLevel: 'info',
  logFormat: undefined,
};

const TIME_MS = wholeNumber(0, 2 ** 31 - 1);

/** The checks of single settings. */
export const CHECKS = {
  host: text('an address or a host name', (value) => /^[\w.:%-]{1,253}$/.test(value)),
  port: wholeNumber(0, 65_535),
  path: text('a path that begins with a slash, without ? and #', (value) => /^\/[^\s?#]*$/.test(value)),
  origin: text('an origin, for example https://app.example.com, or * for all', isAllowableOrigin),
  realm: text('a realm name, for example realm1 or com.example.shop', isRealmName),
  logLevel: oneOf(...LOG_LEVELS),
  logFormat: oneOf(...LOG_FORMATS),
} as const;

/** A realm is named by a URI. Source: basic profile, "Realms". */
function isRealmName(value: string): boolean {
  return isValidUri(value, 'exact', 'loose');
}

const FILE = section({
  listen: section({
    host: CHECKS.host,
    port: CHECKS.port,
    path: CHECKS.path,
    allowedOrigins: listOf(CHECKS.origin),
    maxConnections: wholeNumber(1, 1_000_000),
    maxMessageBytes: wholeNumber(1024, 2 ** 31 - 1),
    pingIntervalMs: TIME_MS,
    pingTimeoutMs: wholeNumber(1, 2 ** 31 - 1),
  }),
  realms: dictionary('a realm name, for example realm1', isRealmName, section({})),
  log: section({ level: CHECKS.logLevel, format: CHECKS.logFormat }),
});

/**
 * Reads settings from the text of a configuration file.
 * @returns only what the text sets
 * @throws ConfigError with one sentence that names the key
 */
export function parseConfig(source: string): Partial<Settings> {
  const { listen = {}, realms, log = {} } = FILE(parseJson(source), '');
  if (realms?.size === 0) throw new ConfigError('"realms" must name one realm at least');
  return {
    ...listen,
    ...(realms === undefined ? {} : { realms: [...realms.keys()] }),
    ...(log.level === undefined ? {} : { logLevel: log.level }),
    ...(log.format === undefined ? {} : { logFormat: log.format }),
  };
}

/**
 * Reads a configuration file.
 * @throws ConfigError with one sentence that names the file, and the key if one is wrong
 */
export function readConfig(file: string): Partial<Settings> {
  try {
    // Some editors begin a file with a byte order mark; JSON has none.
    return parseConfig(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    if (error instanceof ConfigError) throw new ConfigError(`${file}: ${error.message}`);
    throw new ConfigError(`cannot read the configuration file ${file}: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a directory';
  if (code === 'EACCES') return 'permission denied';
  return message;
}

function parseJson(source: string): unknown {
  try {
    return JSON.parse(source) as unknown;
  } catch (error) {
    throw new ConfigError(`not valid JSON${place(source, (error as Error).message)}`);
  }
}

/** V8 tells the position of an error as an offset; people count lines. */
function place(source: string, message: string): string {
  const offset = /position (\d+)/.exec(message)?.[1];
  if (offset === undefined) return ': it ends too early';
  const before = source.slice(0, Number(offset)).split('\n');
  return ` at line ${before.length}, column ${before.at(-1)!.length + 1}`;
}
