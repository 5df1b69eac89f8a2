import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { LogOutput } from './log-output.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A destination whose writes end when, and how, the test says. */
function destination(): { stream: Writable; written: string[]; pending: ((error?: Error) => void)[] } {
  const written: string[] = [];
  const pending: ((error?: Error) => void)[] = [];
  const stream = new Writable({
    decodeStrings: false,
    autoDestroy: false,
    write: (chunk: string, _encoding, done) => {
      written.push(chunk);
      pending.push(done);
    },
  });
  return { stream, written, pending };
}

function output(): ReturnType<typeof destination> & { log: LogOutput; losses: string[] } {
  const target = destination();
  const losses: string[] = [];
  return { ...target, losses, log: new LogOutput(target.stream, (error) => losses.push(error.message)) };
}

describe('where log lines go', () => {
  it('a destination that fails is reported once, and gets nothing any more', async () => {
    const { log, stream, written, pending, losses } = output();
    log.write('one');
    pending[0]!(new Error('disk full'));
    await turn();
    stream.emit('error', new Error('disk still full'));
    log.write('two');
    expect(losses).toEqual(['disk full']);
    expect(written).toEqual(['one']);
  });

  it('a destination that takes nothing fills no more than its share of memory', () => {
    const { log, stream } = output();
    for (let i = 0; i < 100; i++) log.write('x'.repeat(100_000));
    expect(stream.writableLength).toBeGreaterThan(4_000_000);
    expect(stream.writableLength).toBeLessThanOrEqual(4 * 1024 * 1024);
  });

  it('flush calls back at once if nothing waits, else when all is written', async () => {
    const { log, pending, written } = output();
    let flushes = 0;
    log.flush(() => (flushes += 1));
    expect(flushes).toBe(1);
    log.write('one');
    log.write('two');
    log.flush(() => (flushes += 1));
    for (let i = 0; i < 2; i++) {
      pending[i]!();
      await turn();
      expect(flushes).toBe(1);
    }
    pending[2]!();
    await turn();
    expect(flushes).toBe(2);
    expect(written).toEqual(['one', 'two', '']);
  });

  it('flush calls back once although the destination is stuck, fails meanwhile, or has failed', async () => {
    const stuck = output();
    stuck.log.write('one');
    await new Promise<void>((resolve) => stuck.log.flush(resolve));
    let flushes = 0;
    stuck.log.flush(() => (flushes += 1));
    stuck.pending[0]!(new Error('gone'));
    await turn();
    expect(flushes).toBe(1);
    stuck.log.flush(() => (flushes += 1));
    expect(flushes).toBe(2);
  });
});
