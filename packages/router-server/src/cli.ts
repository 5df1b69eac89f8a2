/**
 * The process `wamp-router`: reads the command line, starts router and listener, tells about it, and ends orderly.
 * Owns the order of these steps and nothing else.
 *
 * Exit codes: 0 after an orderly end, 1 when it could not start or broke, 2 for a wrong flag or configuration,
 * 130 and 143 when a second signal cut the end short.
 */
import { writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { isatty } from 'node:tty';
import { EventStoreFileError } from '@wamp/event-store-sqlite';
import { packageVersion, parseCommandLine } from './command-line.js';
import { planOf, type Plan } from './config-plan.js';
import type { Config } from './config-schema.js';
import { configTemplate } from './config-template.js';
import { ListenError } from './listen-error.js';
import { listenerLog, openLogs, routerLog, type Logs } from './logging.js';
import { CLOSING_MS, PlanError, RouterProcess } from './router-process.js';
import { installShutdown } from './shutdown.js';
import { installTlsReload } from './tls-reload.js';
import { isLoopbackAddress, OPEN_WARNING, startupBanner, urlsFor } from './startup-banner.js';

const REFUSED = 2;
const FAILED = 1;

async function main(args: readonly string[]): Promise<void> {
  const line = parseCommandLine(args);
  if (line.kind === 'print') return void process.stdout.write(line.text);
  if (line.kind === 'refuse') {
    complain(line.sentence, REFUSED);
    return;
  }
  if (line.kind === 'init') {
    writeTemplate(line.file);
    return;
  }
  try {
    const plan = planOf(line.config, line.directory);
    if (line.kind === 'check') {
      RouterProcess.check(plan);
      approve(line.file, line.config);
    } else {
      await run(line.config, plan);
    }
  } catch (error) {
    if (error instanceof PlanError) complain(error.message, REFUSED);
    else if (error instanceof ListenError || error instanceof EventStoreFileError)
      complain(error.message, FAILED);
    else throw error;
  }
}

function approve(file: string, { realms, transports }: Config): void {
  const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
  const content = `${count(realms.length, 'realm')}, ${count(transports.length, 'transport')}`;
  process.stdout.write(`${file} is valid: ${content}\n`);
}

/** @param sentences one for each line */
function complain(sentences: string, exitCode: number): void {
  process.stderr.write(sentences.replace(/^/gm, 'wamp-router: ') + '\n');
  process.exitCode = exitCode;
}

/** What is there already stays as it is. */
function writeTemplate(file: string): void {
  if (file === '-') {
    process.stdout.write(configTemplate());
    return;
  }
  try {
    writeFileSync(file, configTemplate(), { flag: 'wx' });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'EEXIST' ? 'it exists already; name another file, or - for stdout' : message;
    complain(`cannot write ${file}: ${reason}`, FAILED);
    return;
  }
  process.stdout.write(`${file} is written; start with: wamp-router --config ${file}\n`);
}

async function run(config: Config, plan: Plan): Promise<void> {
  const isTerminal = isatty(1);
  const colour = isTerminal && process.env['NO_COLOR'] === undefined;
  const format = plan.log.format ?? (isTerminal ? 'pretty' : 'json');
  const logs = openLogs({ ...plan.log, format, colour }, tellLogLost);
  const router = await RouterProcess.start(plan, {
    router: routerLog(logs.logger),
    listener: listenerLog(logs.logger),
    suppressedLogLines: () => logs.suppressed,
  });
  installTlsReload({
    servers: router.servers,
    log: {
      info: (sentence) => logs.logger.info(sentence),
      warn: (sentence) => logs.logger.warn(sentence),
    },
    host: process,
  });
  installShutdown({
    close: () => router.close(),
    limitMs: plan.drainMs + CLOSING_MS,
    log: {
      info: (sentence) => logs.logger.info(sentence),
      warn: (sentence) => logs.logger.warn(sentence),
      fatal: (error, sentence) => logs.logger.fatal({ err: error }, sentence),
    },
    flush: (done) => logs.flush(done),
    host: process,
  });
  announce(config, router, logs, format === 'pretty' ? { colour } : undefined);
}

/** The router's work is worth more than its log: it says once that there is none, and goes on. */
function tellLogLost({ message }: Error): void {
  // stderr may have failed with stdout; then there is nobody left to tell.
  process.stderr.on('error', () => undefined);
  process.stderr.write(`wamp-router: stdout cannot be written, going on without a log: ${message}\n`);
}

/** @param banner how to draw the banner; undefined where a machine reads stdout */
function announce(
  config: Config,
  { servers, monitoringUrl }: RouterProcess,
  logs: Logs,
  banner: { colour: boolean } | undefined,
): void {
  const isLoopback = servers.every(({ address, port }) => port === 0 || isLoopbackAddress(address));
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const urls = servers.flatMap((server, i) => {
    const speaksWebSocket = config.transports[i]!.type !== 'rawsocket';
    const { url, rawSocketUrl, address, port } = server;
    return urlsFor({ url, rawSocketUrl, speaksWebSocket, address, port }, addresses);
  });
  const realms = config.realms.map(({ name }) => name);
  const openRealms = config.realms.filter(isOpenRealm).map(({ name }) => name);
  const subprotocols = [...new Set(servers.flatMap((server) => server.subprotocols))];
  const version = packageVersion();
  if (banner !== undefined) {
    const facts = { version, urls, realms, openRealms, subprotocols, monitoringUrl, isLoopback };
    logs.print(startupBanner({ ...facts, colour: banner.colour }));
    return;
  }
  const access = openRealms.length === 0 ? {} : { access: 'anonymous', mode: 'development' };
  logs.logger.info(
    { event: 'listening', urls, realms, subprotocols, monitoringUrl, ...access },
    `wamp-router ${version}${openRealms.length === 0 ? '' : ' in development mode'}: connect to ${urls[0]!}, realm ${realms[0]!}`,
  );
  if (!isLoopback && openRealms.length > 0) {
    logs.logger.warn({ event: 'open_to_network', openRealms }, OPEN_WARNING);
  }
}

/** True if whoever reaches the port may do everything in this realm. */
function isOpenRealm({ auth, roles }: Config['realms'][number]): boolean {
  return roles === undefined && (auth === undefined || auth.anonymous !== undefined);
}

await main(process.argv.slice(2));
