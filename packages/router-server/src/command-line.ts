/**
 * The command line of `wamp-router`: flags, help and version, merged with the configuration file into settings.
 * Owns the flags' names and the help text; starts nothing and ends no process.
 */
import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { ConfigError, type Check } from './config-checks.js';
import {
  CHECKS,
  DEFAULT_SETTINGS,
  LOG_FORMATS,
  LOG_LEVELS,
  readConfig,
  type LogFormat,
  type LogLevel,
  type Settings,
} from './config.js';

/** What the command line asks for: to run, or to print something and end. */
export type CommandLine =
  | { readonly kind: 'run'; readonly settings: Settings }
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
  wamp-router --config router.json             settings from a file; flags win over it
  wamp-router --host 0.0.0.0                   open to the network, without authentication!
`;

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
  const command = createCommand()
    .exitOverride()
    .configureOutput({ writeOut: (out) => (printed += out), writeErr: (out) => (complaint += out) });
  try {
    command.parse(args, { from: 'user' });
    const flags = command.opts<Flags>();
    return {
      kind: 'run',
      settings: merged(flags.config === undefined ? {} : readConfig(flags.config), flags),
    };
  } catch (error) {
    if (error instanceof ConfigError) return { kind: 'refuse', sentence: error.message };
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0
      ? { kind: 'print', text: printed }
      : { kind: 'refuse', sentence: oneLine(complaint) };
  }
}

function createCommand(): Command {
  return new Command('wamp-router')
    .description('A WAMP router: routed remote procedure calls and publish & subscribe over WebSocket.')
    .version(packageVersion(), '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .option(
      '-p, --port <number>',
      'TCP port; 0 takes any free one (default: 8080)',
      checked(CHECKS.port, decimal),
    )
    .option(
      '--host <address>',
      'address to listen on (default: 127.0.0.1, this machine only)',
      checked(CHECKS.host),
    )
    .option('--path <path>', 'path of the WebSocket endpoint (default: /ws)', checked(CHECKS.path))
    .option('-r, --realm <name>', 'realm to serve; may be repeated (default: realm1)', repeated(CHECKS.realm))
    .option(
      '--allow-origin <origin>',
      'let web pages of this origin connect, * for all; may be repeated (default: those of this machine and host)',
      repeated(CHECKS.origin),
    )
    .addOption(
      new Option('--log-level <level>', `${LOG_LEVELS.join(', ')} (default: info)`).argParser(
        checked(CHECKS.logLevel),
      ),
    )
    .addOption(
      new Option(
        '--log-format <format>',
        `${LOG_FORMATS.join(' or ')} (default: pretty on a terminal)`,
      ).argParser(checked(CHECKS.logFormat)),
    )
    .option('-c, --config <file>', 'read settings from a JSON file; flags win over it')
    .allowExcessArguments(false)
    .addHelpText('after', EXAMPLES);
}

/** The number that decimal digits stand for; other text stays what it is, though `Number` would take 0x50 or 1e3. */
function decimal(text: string): unknown {
  return /^\d+$/.test(text) ? Number(text) : text;
}

/** @param convert makes a value of the text; for a port, a number */
function checked<T>(
  check: Check<T>,
  convert: (text: string) => unknown = (text) => text,
): (text: string) => T {
  return (given) => {
    try {
      return check(given.trim() === '' ? given : convert(given), '');
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      throw new InvalidArgumentError(error.message.replace(/^"" /, 'It ').replace(/, not .*$/s, '.'));
    }
  };
}

function repeated(
  check: Check<string>,
): (text: string, before: readonly string[] | undefined) => readonly string[] {
  const one = checked(check);
  return (given, before = []) => [...before, one(given)];
}

function merged(file: Partial<Settings>, flags: Flags): Settings {
  const { port, host, path, realm, allowOrigin, logLevel, logFormat } = flags;
  const given = {
    port,
    host,
    path,
    realms: realm === undefined ? undefined : [...new Set(realm)],
    allowedOrigins: allowOrigin,
    logLevel,
    logFormat,
  };
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...DEFAULT_SETTINGS, ...file, ...set };
}

/** commander's complaint as one line, without its prefix. */
function oneLine(complaint: string): string {
  return complaint
    .trim()
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ');
}
