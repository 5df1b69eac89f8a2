import type { SessionInfo } from '@wamp/router';
import { describe, expect, it } from 'vitest';
import { LogBudget } from './log-budget.js';
import { jsonLogger, listenerLog, prettyLine, routerLog } from './logging.js';

const session: SessionInfo = {
  session: 123,
  realm: 'realm1',
  authid: 'joe',
  authrole: 'anonymous',
  authmethod: 'anonymous',
  authprovider: 'static',
  authextra: {},
  agent: 'a'.repeat(500),
  transport: { type: 'websocket', peer: '127.0.0.1:1234' },
  joinedAt: 0,
};

/** The lines that a logger writes. */
function recorded(): { logger: ReturnType<typeof jsonLogger>; lines: () => Record<string, unknown>[] } {
  let text = '';
  const logger = jsonLogger('trace', { write: (line: string) => void (text += line) });
  const parsed = (line: string): Record<string, unknown> => JSON.parse(line) as Record<string, unknown>;
  return { logger, lines: () => text.trimEnd().split('\n').map(parsed) };
}

describe('the log of the router', () => {
  it('tells who joined and left, with the peer; long text from peers is cut', () => {
    const { logger, lines } = recorded();
    const log = routerLog(logger);
    log.sessionJoined?.(session);
    log.sessionLeft?.(session, 'goodbye', 'wamp.close.normal');
    const seat = { level: 'info', realm: 'realm1', session: 123, peer: '127.0.0.1:1234' };
    expect(lines()).toMatchObject([
      {
        ...seat,
        event: 'session_joined',
        authid: 'joe',
        authrole: 'anonymous',
        agent: `${'a'.repeat(200)}…`,
      },
      { ...seat, event: 'session_left', cause: 'goodbye', reason: 'wamp.close.normal' },
    ]);
  });

  it('warns of violations, refusals and slow consumers, and reports faults as errors', () => {
    const { logger, lines } = recorded();
    const log = routerLog(logger);
    log.violated?.('malformed', 'not JSON', undefined);
    log.refused?.('wamp.error.no_such_realm', 'there is no realm x', session.transport);
    log.congested?.(session, true, 2_000_000);
    log.congested?.(session, false, 0);
    log.eventsLost?.(session, 12, 30);
    log.sessionLeft?.(session, 'too_slow', 'it did not read');
    log.undelivered?.(session, 'event_dropped', 'too long');
    log.hookFailed?.('authorizer', new Error('down'));
    log.storeFailed?.('realm1', { task: 'append', topic: 'a.topic', cause: new Error('disk') });
    log.failed?.(new Error('bug'), session);
    listenerLog(logger).refused?.({ peer: 'p', status: 400, sentence: 'no\nreally' });
    listenerLog(logger).refused?.({ peer: 'p', status: 403, sentence: 'not you' });
    listenerLog(logger).failed?.(new Error('EMFILE'));
    log.sessionDetached?.(session, 'connection lost');
    log.sessionResumed?.(session, { peer: '127.0.0.1:99' });
    expect(lines().map(({ level, event }) => [level, event])).toEqual([
      ['warn', 'protocol_violation'],
      ['warn', 'session_refused'],
      ['warn', 'slow_consumer'],
      ['info', 'slow_consumer'],
      ['warn', 'events_lost'],
      ['warn', 'session_left'],
      ['debug', 'undelivered'],
      ['error', 'hook_failed'],
      ['error', 'store_failed'],
      ['error', 'router_failed'],
      ['debug', 'connection_refused'],
      ['warn', 'connection_refused'],
      ['error', 'listener_failed'],
      ['info', 'session_detached'],
      ['info', 'session_resumed'],
    ]);
    expect(lines()[1]).toMatchObject({ peer: '127.0.0.1:1234', error: 'wamp.error.no_such_realm' });
    expect(lines().at(-1)).toMatchObject({ session: session.session, peer: '127.0.0.1:99' });
    expect(lines()[9]).toMatchObject({ err: { message: 'bug' } });
  });
});

describe('a log line for people', () => {
  it('is the sentence and name=value, without what the sentence says', () => {
    const line = prettyLine(
      { level: 30, time: 1, event: 'x', msg: 'session joined', realm: 'realm1', agent: undefined },
      'msg',
      false,
    );
    expect(line).toBe('session joined    realm=realm1');
  });

  it('escapes what peers sent', () => {
    const line = prettyLine({ msg: 'm', authid: 'a\n\u001b[2J\u009b2Jb c' }, 'msg', false);
    expect(line).toContain('authid="a\\n\\u001b[2J\\u009b2Jb c"');
  });

  it('shows the stack of a fault', () => {
    expect(prettyLine({ msg: 'm', err: { stack: 'Error: x\n    at y' } }, 'msg', false)).toBe(
      'm\nError: x\n    at y',
    );
  });

  it('leaves out what comes too often of one kind, but nothing else', () => {
    let text = '';
    const told: unknown[] = [];
    const budget = new LogBudget(2, (event, count) => told.push([event, count]));
    const logger = jsonLogger('info', { write: (line: string) => void (text += line) }, budget);
    const log = routerLog(logger);
    for (let i = 0; i < 5; i++) log.sessionJoined?.(session);
    log.violated?.('malformed', 'not JSON', undefined);
    for (let i = 0; i < 5; i++) logger.info('a sentence of the process');
    expect(text.match(/session_joined/g)).toHaveLength(2);
    expect(text.match(/protocol_violation/g)).toHaveLength(1);
    expect(text.match(/a sentence of the process/g)).toHaveLength(5);
    budget.endWindow();
    expect(told).toEqual([['session_joined', 3]]);
  });
});
