import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FORMATS, RunningRouter } from './running-router.fixture.js';

/**
 * A callee in a process of its own, written with nothing but `ws`: it registers one procedure, and never answers it.
 * It says `registered` and `invoked` on its standard output.
 */
const CALLEE = `
  import { WebSocket } from 'ws';
  const socket = new WebSocket(process.argv[1], ['wamp.2.json']);
  const send = (message) => socket.send(JSON.stringify(message));
  socket.on('open', () => send([1, 'realm1', { roles: { callee: {} } }]));
  socket.on('message', (data) => {
    const [kind] = JSON.parse(data);
    if (kind === 2) send([64, 1, {}, 'com.example.hang']);
    if (kind === 65) console.log('registered');
    if (kind === 68) console.log('invoked');
  });
`;

class CalleeProcess {
  readonly #child: ChildProcess;
  #said = '';

  constructor(url: string) {
    const here = new URL('../..', import.meta.url);
    this.#child = spawn(process.execPath, ['--input-type=module', '-e', CALLEE, url], {
      cwd: here,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child.stdout?.on('data', (chunk) => (this.#said += String(chunk)));
  }

  async says(word: string, times = 1): Promise<void> {
    while (this.#said.split(word).length - 1 < times) await once(this.#child.stdout!, 'data');
  }

  /** Ends the process as a crash or the kernel would: no close frame, no GOODBYE. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}

describe('a callee whose process is killed in the middle of a call', () => {
  let running: RunningRouter;
  let callee: CalleeProcess;
  beforeEach(async () => {
    running = await RunningRouter.start();
    callee = new CalleeProcess(running.server.url);
    await callee.says('registered');
  });
  afterEach(async () => {
    await callee.kill();
    await running.stop();
  });

  it.each(FORMATS)('RPC-019: the caller (%s) gets ERROR wamp.error.canceled at once', async (format) => {
    const caller = await running.client(format);
    const call = caller.call('com.example.hang').catch((error: unknown) => error);
    await callee.says('invoked');
    await callee.kill();
    expect(await call).toMatchObject({ uri: 'wamp.error.canceled' });
    await expect(caller.call('com.example.hang')).rejects.toMatchObject({
      uri: 'wamp.error.no_such_procedure',
    });
  });

  it('all of many calls of several callers are answered, and nothing stays in the router', async () => {
    const callers = await Promise.all(FORMATS.map((format) => running.client(format)));
    const calls = callers.flatMap((caller) =>
      Array.from({ length: 20 }, () => caller.call('com.example.hang').catch((error: unknown) => error)),
    );
    await callee.says('invoked', calls.length);
    await callee.kill();
    for (const error of await Promise.all(calls)) expect(error).toMatchObject({ uri: 'wamp.error.canceled' });
    expect(running.router.stats().realms.get('realm1')).toMatchObject({
      sessions: 3,
      openCalls: 0,
      queuedCalls: 0,
    });
  });
});
