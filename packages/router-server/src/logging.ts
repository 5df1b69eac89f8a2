/**
 * The logs of the process: pino, as lines for people or as JSON for machines, fed by the router's and the listener's
 * observers. Owns the names of log fields and which event is logged at which level.
 */
import type { RouterObserver, SessionInfo } from '@wamp/router';
import { pino, stdTimeFunctions, type DestinationStream, type Logger, type LoggerOptions } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { LogFormat, LogLevel } from './config-schema.js';
import { LogBudget } from './log-budget.js';
import { LogOutput, stdoutStream } from './log-output.js';
import type { ListenerObserver } from './ws-listener.js';

/** A logger and the way to get its last lines out. */
export interface Logs {
  readonly logger: Logger;
  /** Writes text that is no log line to the same place, in order with the lines. */
  print(text: string): void;
  /** Lines that were left out because too many of their kind came at once. */
  readonly suppressed: number;
  /** Calls back when everything is written, or after a moment if it cannot be. */
  flush(done: () => void): void;
}

/** What is written, and how. */
export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** whether the terminal shows colours; for `pretty` only */
  readonly colour: boolean;
  /** lines of one kind that are written in a second; 0 is no limit */
  readonly linesPerSecond: number;
}

/** Text from peers is cut to this many characters. */
const MAX_PEER_TEXT = 200;

/**
 * Opens the log on stdout. If stdout fails, the log ends and the router does not.
 * @param lost told once, when stdout has failed
 */
export function openLogs(options: LogOptions, lost: (error: NodeJS.ErrnoException) => void): Logs {
  const output = new LogOutput(stdoutStream(), (error) => {
    logger.level = 'silent';
    lost(error);
  });
  const budget = new LogBudget(options.linesPerSecond, (of, count) => {
    logger.warn(
      { event: 'log_suppressed', of, count },
      'too many log lines of one kind, the others are left out',
    );
  });
  const { level } = options;
  const logger =
    options.format === 'pretty'
      ? prettyLogger(level, options.colour, output, budget)
      : jsonLogger(level, output, budget);
  return {
    logger,
    print: (text) => output.write(text),
    get suppressed() {
      return budget.suppressed;
    },
    flush: (done) => {
      budget.endWindow();
      output.flush(done);
    },
  };
}

/** One JSON object per line, with the level's name and a time that people can read. */
export function jsonLogger(level: LogLevel, destination: DestinationStream, budget = NO_BUDGET): Logger {
  const options = {
    level,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    hooks: budgetHook(budget),
  };
  return pino(options, destination);
}

function prettyLogger(
  level: LogLevel,
  colour: boolean,
  output: DestinationStream,
  budget: LogBudget,
): Logger {
  const line = prettyFactory({
    colorize: colour,
    customColors: 'fatal:bgRed,error:red,warn:yellow,info:blue,debug:gray,trace:gray,message:reset',
    translateTime: 'SYS:HH:MM:ss',
    customPrettifiers: { time: (time) => (typeof time === 'string' ? time : '') },
    ignore: 'pid,hostname',
    hideObject: true,
    messageFormat: (log, messageKey) => prettyLine(log, messageKey, colour),
  });
  return pino({ level, hooks: budgetHook(budget) }, { write: (record) => output.write(line(record)) });
}

const NO_BUDGET = new LogBudget(0, () => undefined);

/** Lines with an `event` are those that peers can cause. */
function budgetHook(budget: LogBudget): NonNullable<LoggerOptions['hooks']> {
  return {
    logMethod(args, method) {
      const [fields] = args as unknown[];
      const event = (fields as { event?: unknown } | null)?.event;
      if (typeof event === 'string' && event !== 'log_suppressed' && !budget.admits(event)) return;
      method.apply(this, args);
    },
  };
}

/** What a line for people leaves out: it stands elsewhere in the line, or the sentence says it. */
const NOT_SHOWN = new Set(['level', 'time', 'pid', 'hostname', 'event', 'msg', 'err', 'authmethod']);

/**
 * One line for people: the sentence, then `name=value`; a fault's stack below. What peers sent is escaped, so that it can
 * neither break the line nor steer the terminal.
 */
export function prettyLine(
  log: Readonly<Record<string, unknown>>,
  messageKey: string,
  colour: boolean,
): string {
  const fields = Object.entries(log)
    .filter(([name, value]) => !NOT_SHOWN.has(name) && value !== undefined)
    .map(([name, value]) =>
      colour ? `\u001b[2m${name}=\u001b[22m${shown(value)}` : `${name}=${shown(value)}`,
    );
  const err = log['err'] as { stack?: string } | undefined;
  const stack = err?.stack === undefined ? '' : `\n${err.stack}`;
  return `${[String(log[messageKey]).padEnd(16), ...fields].join('  ').trimEnd()}${stack}`;
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (/^[\w.:@/[\]-]+$/.test(text)) return text;
  return JSON.stringify(text).replace(
    /[\u007f-\u009f]/g,
    (char) => `\\u00${char.charCodeAt(0).toString(16)}`,
  );
}

/** Logs what the listener does on its own. */
export function listenerLog(logger: Logger): ListenerObserver {
  return {
    refused: ({ peer, status, sentence }) => {
      const reason = cut(sentence.split('\n')[0]!);
      // A browser does not show its page why it was refused, so that this line is all there is.
      const level = status === 403 ? 'warn' : 'debug';
      logger[level]({ event: 'connection_refused', peer, status, reason }, 'connection refused');
    },
    failed: (error) =>
      logger.error({ event: 'listener_failed', err: error }, 'the listener reports an error'),
  };
}

/** Logs what happens in the router. */
export function routerLog(logger: Logger): RouterObserver {
  return { ...sessionLog(logger), ...troubleLog(logger) };
}

/** How sessions begin and end. */
function sessionLog(logger: Logger): RouterObserver {
  return {
    sessionJoined: (session) => {
      const { authid, authrole, authmethod, agent } = session;
      const who = {
        authid: cut(authid),
        authrole,
        authmethod,
        agent: agent === undefined ? undefined : cut(agent),
      };
      logger.info({ event: 'session_joined', ...seat(session), ...who }, 'session joined');
    },
    sessionLeft: (session, cause, sentence) => {
      const level =
        cause === 'failure' ? 'error' : cause === 'too_slow' || cause === 'overloaded' ? 'warn' : 'info';
      logger[level](
        { event: 'session_left', ...seat(session), cause, reason: cut(sentence) },
        'session left',
      );
    },
    sessionDetached: (session, sentence) => {
      logger.info(
        { event: 'session_detached', ...seat(session), reason: cut(sentence) },
        'session lost its connection, and waits for its client',
      );
    },
    sessionResumed: (session, transport) => {
      // From where the client has come this time.
      logger.info({ event: 'session_resumed', ...seat(session), peer: peerOf(transport) }, 'session resumed');
    },
  };
}

/** What should not happen, or not often. */
function troubleLog(logger: Logger): RouterObserver {
  return {
    refused: (uri, sentence, transport) => {
      const peer = peerOf(transport);
      logger.warn({ event: 'session_refused', peer, error: uri, reason: cut(sentence) }, 'session refused');
    },
    violated: (code, sentence, session) => {
      logger.warn(
        { event: 'protocol_violation', ...seat(session), code, reason: cut(sentence) },
        'protocol violation',
      );
    },
    congested: (session, isCongested, bufferedBytes) => {
      const fields = { event: 'slow_consumer', ...seat(session), isCongested, bufferedBytes };
      if (isCongested) logger.warn(fields, 'slow consumer: its input waits until it has read on');
      else logger.info(fields, 'slow consumer has caught up');
    },
    undelivered: (session, what, sentence) => {
      logger.debug(
        { event: 'undelivered', ...seat(session), what, reason: cut(sentence) },
        'message not delivered',
      );
    },
    eventsLost: (session, lost, total) => {
      logger.warn(
        { event: 'events_lost', ...seat(session), lost, total },
        'slow subscriber: it loses events',
      );
    },
    hookFailed: (hook, error) =>
      logger.error({ event: 'hook_failed', hook, err: error }, `the ${hook} failed`),
    storeFailed: (realm, { task, topic, cause }) =>
      logger.error(
        { event: 'store_failed', realm, task, topic: cut(topic), err: cause },
        'the event store failed',
      ),
    failed: (error, session) => {
      logger.error(
        { event: 'router_failed', ...seat(session), err: error },
        'an unexpected error; please report it',
      );
    },
  };
}

function seat(session: SessionInfo | undefined): Record<string, unknown> {
  if (session === undefined) return {};
  return { realm: session.realm, session: session.session, peer: peerOf(session.transport) };
}

function peerOf(transport: Readonly<Record<string, unknown>>): string {
  const { peer, type } = transport;
  if (typeof peer === 'string') return peer;
  return typeof type === 'string' ? type : 'unknown';
}

function cut(text: string): string {
  return text.length <= MAX_PEER_TEXT ? text : `${text.slice(0, MAX_PEER_TEXT)}…`;
}
