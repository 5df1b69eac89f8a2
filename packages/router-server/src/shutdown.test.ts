import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { installShutdown } from './shutdown.js';

const LIMIT_MS = 8_000;

/** A process that records instead of ending. */
function processStandIn(): {
  host: NodeJS.Process;
  exits: number[];
  signal: (name: string, ...args: unknown[]) => void;
} {
  const emitter = new EventEmitter();
  const exits: number[] = [];
  const host = Object.assign(emitter, {
    exit: (code: number) => void exits.push(code),
  }) as unknown as NodeJS.Process;
  return { host, exits, signal: (name, ...args) => void emitter.emit(name, ...args) };
}

function install(
  close: () => Promise<void>,
  flush?: (done: () => void) => void,
): {
  exits: number[];
  signal: (name: string, ...args: unknown[]) => void;
  said: string[];
} {
  const { host, exits, signal } = processStandIn();
  const said: string[] = [];
  const log = {
    info: (sentence: string) => void said.push(sentence),
    warn: (sentence: string) => void said.push(sentence),
    fatal: (_error: unknown, sentence: string) => void said.push(sentence),
  };
  const flushed = (done: () => void): void => {
    said.push('flushed');
    done();
  };
  installShutdown({ close, limitMs: LIMIT_MS, log, flush: flush ?? flushed, host });
  return { exits, signal, said };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the end of the process', () => {
  it.each(['SIGINT', 'SIGTERM'])(
    '%s closes everything, then exits with 0, the logs written',
    async (name) => {
      let closes = 0;
      const { exits, signal, said } = install(() => {
        closes += 1;
        return Promise.resolve();
      });
      signal(name);
      expect(exits).toEqual([]);
      await turn();
      expect(closes).toBe(1);
      expect(exits).toEqual([0]);
      expect(said.slice(-2)).toEqual(['stopped', 'flushed']);
    },
  );

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('a second %s exits at once with %i', (name, code) => {
    const { exits, signal } = install(() => new Promise(() => undefined));
    signal(name);
    signal(name);
    expect(exits).toEqual([code]);
  });

  it('waits for the log to be written, but not after a second signal', async () => {
    let written: () => void = () => undefined;
    const flush = (done: () => void): void => void (written = done);
    const patient = install(() => Promise.resolve(), flush);
    patient.signal('SIGTERM');
    await turn();
    expect(patient.exits).toEqual([]);
    written();
    expect(patient.exits).toEqual([0]);
    const hasty = install(() => Promise.resolve(), flush);
    hasty.signal('SIGTERM');
    await turn();
    hasty.signal('SIGTERM');
    expect(hasty.exits).toEqual([143]);
  });

  it('a second uncaught error while the log is written does not start over', () => {
    const flushes: (() => void)[] = [];
    const { exits, signal } = install(
      () => Promise.resolve(),
      (done) => void flushes.push(done),
    );
    signal('uncaughtException', new Error('boom'));
    signal('uncaughtException', new Error('boom again'));
    expect(flushes).toHaveLength(1);
    flushes[0]!();
    expect(exits).toEqual([1]);
  });

  it('exits with 1 if closing fails', async () => {
    const { exits, signal, said } = install(() => Promise.reject(new Error('stuck')));
    signal('SIGTERM');
    await turn();
    expect(exits).toEqual([1]);
    expect(said).toContain('closing failed');
  });

  it('an uncaught error is logged and exits with 1', () => {
    const { exits, signal, said } = install(() => Promise.resolve());
    signal('uncaughtException', new Error('boom'));
    expect(exits).toEqual([1]);
    expect(said[0]).toContain('unexpected error');
  });
});
