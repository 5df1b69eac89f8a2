/**
 * The command line of `wamp-router`: commands, flags, help and version; flags are merged with the configuration file.
 * Owns the flags' names and the help text; starts nothing, writes no file and ends no process.
 */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { z } from 'zod';
import { ConfigError, readConfig } from './config-file.js';
import {
  defaultConfig,
  INTERFACE,
  LOG_FORMAT,
  LOG_FORMATS,
  LOG_LEVEL,
  LOG_LEVELS,
  ORIGIN,
  PATH,
  PORT,
  type Config,
  type LogFormat,
  type LogLevel,
  type TransportConfig,
} from './config-schema.js';
import { REALM_NAME } from './config-values.js';

/** What the command line asks for: to run, to write a starting point, or to print something and end. */
export type CommandLine =
  | { readonly kind: 'run'; readonly config: Config; readonly directory: string }
  | { readonly kind: 'check'; readonly file: string; readonly config: Config; readonly directory: string }
  | { readonly kind: 'init'; readonly file: string }
  | { readonly kind: 'print'; readonly text: string }
  | { readonly kind: 'refuse'; readonly sentence: string };

interface Flags {
  readonly port?: number;
  readonly host?: string;
  readonly path?: string;
  readonly realm?: readonly string[];
  readonly allowOrigin?: readonly string[];
  readonly logLevel?: LogLevel;
  readonly logFormat?: LogFormat;
  readonly config?: string;
}

const EXAMPLES = `
Examples:
  wamp-router                                  ws://127.0.0.1:8080/ws, realm1, this machine only
  wamp-router --port 9000 --realm shop         another port and realm
  wamp-router init                             writes router.yaml, a commented starting point
  wamp-router check router.yaml                says what is wrong with it, and starts nothing
  wamp-router --config router.yaml             settings from a file, YAML or JSON; flags win over it
`;

/** What `init` writes to unless it is told otherwise. */
const DEFAULT_FILE = 'router.yaml';

/** The version in this package's package.json. */
export function packageVersion(): string {
  const file = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(file) as { version: string }).version;
}

/**
 * Reads the arguments behind `wamp-router`.
 * @param args the arguments, without the program's own name
 */
export function parseCommandLine(args: readonly string[]): CommandLine {
  let printed = '';
  let complaint = '';
  let asked: CommandLine | undefined;
  const command = createCommand((line) => (asked = line))
    .exitOverride()
    .configureOutput({ writeOut: (out) => (printed += out), writeErr: (out) => (complaint += out) });
  for (const one of command.commands) one.copyInheritedSettings(command);
  try {
    command.parse(args, { from: 'user' });
    return asked!;
  } catch (error) {
    if (error instanceof ConfigError) return { kind: 'refuse', sentence: error.message };
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0
      ? { kind: 'print', text: printed }
      : { kind: 'refuse', sentence: oneLine(complaint) };
  }
}

function createCommand(ask: (line: CommandLine) => void): Command {
  const command = new Command('wamp-router')
    .description('A WAMP router: routed remote procedure calls and publish & subscribe.')
    .version(packageVersion(), '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .allowExcessArguments(false)
    .addHelpText('after', EXAMPLES)
    .action((flags: Flags) => {
      const { config: file } = flags;
      const directory = file === undefined ? '.' : dirname(file);
      const config = file === undefined ? defaultConfig() : readConfig(file);
      ask({ kind: 'run', config: merged(config, flags), directory });
    });
  addFlags(command);
  command
    .command('check')
    .argument('<file>', 'the configuration file')
    .description('check a configuration file, and start nothing')
    .action((file: string) =>
      ask({ kind: 'check', file, config: readConfig(file), directory: dirname(file) }),
    );
  command
    .command('init')
    .argument('[file]', 'the file to write; - for stdout', DEFAULT_FILE)
    .description('write a commented configuration file to start from')
    .action((file: string) => ask({ kind: 'init', file }));
  return command;
}

function addFlags(command: Command): void {
  command
    .option('-p, --port <number>', 'TCP port; 0 takes any free one (default: 8080)', checked(PORT, decimal))
    .option(
      '--host <address>',
      'address to listen on (default: 127.0.0.1, this machine only)',
      checked(INTERFACE),
    )
    .option('--path <path>', 'path of the WebSocket endpoint (default: /ws)', checked(PATH))
    .option('-r, --realm <name>', 'realm to serve; may be repeated (default: realm1)', repeated(REALM_NAME))
    .option(
      '--allow-origin <origin>',
      'let web pages of this origin connect, * for all; may be repeated (default: those of this machine and host)',
      repeated(ORIGIN),
    )
    .addOption(
      new Option('--log-level <level>', `${LOG_LEVELS.join(', ')} (default: info)`).argParser(
        checked(LOG_LEVEL),
      ),
    )
    .addOption(
      new Option(
        '--log-format <format>',
        `${LOG_FORMATS.join(' or ')} (default: pretty on a terminal)`,
      ).argParser(checked(LOG_FORMAT)),
    )
    .option('-c, --config <file>', 'read settings from a YAML or JSON file; flags win over it');
}

/** The number that decimal digits stand for; other text stays what it is, though `Number` would take 0x50 or 1e3. */
function decimal(text: string): unknown {
  return /^\d+$/.test(text) ? Number(text) : text;
}

/** @param convert makes a value of the text; for a port, a number */
function checked<T>(
  schema: z.ZodType<T>,
  convert: (text: string) => unknown = (text) => text,
): (text: string) => T {
  return (given) => {
    const result = schema.safeParse(convert(given));
    if (result.success) return result.data;
    throw new InvalidArgumentError(`It ${result.error.issues[0]!.message}.`);
  };
}

function repeated(
  schema: z.ZodType<string>,
): (text: string, before: readonly string[] | undefined) => readonly string[] {
  const one = checked(schema);
  return (given, before = []) => [...before, one(given)];
}

/** Flags win over the file; those of a listener are about the first one. */
function merged(config: Config, flags: Flags): Config {
  const { realm, logLevel, logFormat } = flags;
  const [first, ...others] = config.transports;
  return {
    ...config,
    realms: realm === undefined ? config.realms : realmsNamed(realm, config),
    transports: [mergedTransport(first!, flags), ...others],
    log: { ...config.log, level: logLevel ?? config.log.level, format: logFormat ?? config.log.format },
  };
}

/** @throws ConfigError for a flag that the transport has no use for */
function mergedTransport(transport: TransportConfig, flags: Flags): TransportConfig {
  const { port, host, path, allowOrigin } = flags;
  const result = structuredClone(transport);
  const { endpoint } = result;
  if (endpoint.type === 'tcp') {
    endpoint.port = port ?? endpoint.port;
    endpoint.interface = host ?? endpoint.interface;
  } else if (port !== undefined || host !== undefined) {
    throw new ConfigError('--port and --host: the first transport of the configuration is a Unix socket');
  }
  if (result.type !== 'rawsocket') {
    result.path = path ?? result.path;
    if (allowOrigin !== undefined) result.options.allowed_origins = [...allowOrigin];
  } else if (path !== undefined || allowOrigin !== undefined) {
    throw new ConfigError(
      '--path and --allow-origin: the first transport of the configuration is no WebSocket',
    );
  }
  return result;
}

function realmsNamed(names: readonly string[], { realms }: Config): Config['realms'] {
  const [plain] = defaultConfig().realms;
  return [...new Set(names)].map(
    (name) => realms.find((realm) => realm.name === name) ?? { ...plain!, name },
  );
}

/** commander's complaint as one line, without its prefix. */
function oneLine(complaint: string): string {
  return complaint
    .trim()
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ');
}
