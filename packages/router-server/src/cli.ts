/**
 * The process `wamp-router`: reads the command line, starts router and listener, tells about it, and ends orderly.
 * Owns the order of these steps and nothing else.
 *
 * Exit codes: 0 after an orderly end, 1 when it could not start or broke, 2 for a wrong flag or configuration,
 * 130 and 143 when a second signal cut the end short.
 */
import { networkInterfaces } from 'node:os';
import { isatty } from 'node:tty';
import { Router } from '@wamp/router';
import { packageVersion, parseCommandLine } from './command-line.js';
import type { Settings } from './config.js';
import { listen, type RouterServer } from './listen.js';
import { ListenError } from './listen-error.js';
import { listenerLog, openLogs, routerLog, type Logs } from './logging.js';
import { installShutdown } from './shutdown.js';
import { isLoopbackAddress, OPEN_WARNING, startupBanner, urlsFor } from './startup-banner.js';

const REFUSED = 2;
const FAILED = 1;

/** How long peers get to answer GOODBYE, and then to close: together less than service managers wait before they kill. */
const GOODBYE_MS = 2_000;
const LINGER_MS = 1_500;

async function main(args: readonly string[]): Promise<void> {
  const line = parseCommandLine(args);
  if (line.kind === 'print') return void process.stdout.write(line.text);
  if (line.kind === 'refuse') {
    complain(line.sentence, REFUSED);
    return;
  }
  try {
    await run(line.settings);
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    complain(error.message, FAILED);
  }
}

function complain(sentence: string, exitCode: number): void {
  process.stderr.write(`wamp-router: ${sentence}\n`);
  process.exitCode = exitCode;
}

async function run(settings: Settings): Promise<void> {
  const isTerminal = isatty(1);
  const colour = isTerminal && process.env['NO_COLOR'] === undefined;
  const format = settings.logFormat ?? (isTerminal ? 'pretty' : 'json');
  const logs = openLogs(settings.logLevel, format, colour, tellLogLost);
  const router = new Router({
    realms: Object.fromEntries(settings.realms.map((realm) => [realm, {}])),
    observer: routerLog(logs.logger),
    limits: { goodbyeMs: GOODBYE_MS },
  });
  const server = await listen(router, { ...listenOptions(settings), observer: listenerLog(logs.logger) });
  installShutdown({
    close: () => closeAll(router, server),
    log: {
      info: (sentence) => logs.logger.info(sentence),
      warn: (sentence) => logs.logger.warn(sentence),
      fatal: (error, sentence) => logs.logger.fatal({ err: error }, sentence),
    },
    flush: (done) => logs.flush(done),
    host: process,
  });
  announce(settings, server, logs, format === 'pretty' ? { colour } : undefined);
}

/** The router's work is worth more than its log: it says once that there is none, and goes on. */
function tellLogLost({ message }: Error): void {
  // stderr may have failed with stdout; then there is nobody left to tell.
  process.stderr.on('error', () => undefined);
  process.stderr.write(`wamp-router: stdout cannot be written, going on without a log: ${message}\n`);
}

function listenOptions(settings: Settings): Record<string, unknown> {
  const { host, port, path, allowedOrigins } = settings;
  const { maxConnections, maxMessageBytes, pingIntervalMs, pingTimeoutMs } = settings;
  const limits = { maxConnections, maxMessageBytes, pingIntervalMs, pingTimeoutMs };
  return { host, port, path, allowedOrigins, ...limits };
}

/** Says goodbye, then closes; peers that do not play along are cut. */
async function closeAll(router: Router, server: RouterServer): Promise<void> {
  server.stopAccepting();
  const timeUp = new Promise<void>((resolve) => setTimeout(resolve, GOODBYE_MS + LINGER_MS).unref());
  await Promise.race([router.close(), timeUp]);
  await server.close({ graceMs: LINGER_MS });
}

/** @param banner how to draw the banner; undefined where a machine reads stdout */
function announce(
  settings: Settings,
  server: RouterServer,
  logs: Logs,
  banner: { colour: boolean } | undefined,
): void {
  const isLoopback = isLoopbackAddress(server.address);
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const urls = urlsFor(server, addresses);
  const { realms } = settings;
  const { subprotocols } = server;
  if (banner !== undefined) {
    logs.print(
      startupBanner({
        version: packageVersion(),
        urls,
        realms,
        subprotocols,
        isLoopback,
        colour: banner.colour,
      }),
    );
    return;
  }
  logs.logger.info(
    { event: 'listening', urls, realms, subprotocols, access: 'anonymous', mode: 'development' },
    `wamp-router ${packageVersion()} in development mode: connect to ${server.url}, realm ${realms[0]!}`,
  );
  if (!isLoopback) logs.logger.warn({ event: 'open_to_network' }, OPEN_WARNING);
}

await main(process.argv.slice(2));
