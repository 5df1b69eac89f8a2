import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { connect } from '@wamp/client';
import { WebSocket as WebSocketOfWs } from 'ws';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const BIN = fileURLToPath(new URL('../bin/wamp-router.js', import.meta.url));

/** The command as users run it: the built files, in a process of its own. */
class Cli {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly #exit: Promise<number | null>;

  /** @param stdout where it writes to; a pipe, which fills `this.stdout`, or a descriptor */
  constructor(args: readonly string[], stdout: 'pipe' | number = 'pipe') {
    this.child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', stdout, 'pipe'] });
    this.child.stdout?.on('data', (chunk) => (this.stdout += String(chunk)));
    this.child.stderr?.on('data', (chunk) => (this.stderr += String(chunk)));
    this.#exit = once(this.child, 'close').then(([code]) => code as number | null);
  }

  exit(): Promise<number | null> {
    return this.#exit;
  }

  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.stdout);
      if (match !== null) return match;
      if (this.child.exitCode !== null) throw new Error(`it ended: ${this.stdout}${this.stderr}`);
      await Promise.race([once(this.child.stdout!, 'data'), this.#exit]);
    }
  }

  /** Waits until it listens. @returns where */
  async url(): Promise<string> {
    return (await this.prints(/ws:\/\/[\w.:[\]]+\/\w*/))[0];
  }

  /** The log lines so far, of the format `json`. */
  get logs(): Record<string, unknown>[] {
    const lines = this.stdout.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}

async function freePort(): Promise<number> {
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address() as AddressInfo;
  free.close();
  return port;
}

/** Waits, for a router that does not tell on stdout when it listens, until a client has joined and left. */
async function served(url: string, cli: Cli): Promise<void> {
  while (cli.child.exitCode === null) {
    const client = await connect(url, { realm: 'realm1' }).catch(() => undefined);
    await client?.close();
    if (client !== undefined) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`it ended: ${cli.stderr}`);
}

async function refused(url: string, origin?: string): Promise<void> {
  const socket = new WebSocketOfWs(url, ['wamp.2.json'], origin === undefined ? {} : { origin });
  await once(socket, 'error');
}

/** A peer with a call that runs and never ends, which it has made to itself. */
class StubbornPeer {
  readonly #socket: WebSocketOfWs;
  #request = 2;

  private constructor(socket: WebSocketOfWs) {
    this.#socket = socket;
  }

  static async join(url: string): Promise<StubbornPeer> {
    const socket = new WebSocketOfWs(url, ['wamp.2.json']);
    socket.on('error', () => undefined);
    await once(socket, 'open');
    const peer = new StubbornPeer(socket);
    await peer.#ask('[1,"realm1",{"roles":{"caller":{},"callee":{}}}]');
    await peer.#ask('[64,1,{},"com.example.never"]');
    await peer.#ask('[48,2,{},"com.example.never"]');
    return peer;
  }

  /** Waits until the router refuses calls because it drains. */
  async seesDrain(): Promise<void> {
    for (;;) {
      this.#request += 1;
      const answer = await this.#ask(`[48,${this.#request},{},"com.example.none"]`);
      if (answer.includes('wamp.error.unavailable')) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async #ask(message: string): Promise<string> {
    const answer = once(this.#socket, 'message');
    this.#socket.send(message);
    return String((await answer)[0]);
  }
}

/** Longer than any of these tests. */
const SLOW_DRAIN = '{"drain":{"timeout_ms":60000}}';

describe('wamp-router', () => {
  const running: Cli[] = [];
  const directory = mkdtempSync(join(tmpdir(), 'wamp-router-'));
  const run = (...args: string[]): Cli => {
    const cli = new Cli(args);
    running.push(cli);
    return cli;
  };
  const runWithStdoutTo = (file: string, ...args: string[]): Cli => {
    const stdout = openSync(file, 'w');
    const cli = new Cli(args, stdout);
    closeSync(stdout);
    running.push(cli);
    return cli;
  };
  const configFile = (content: string): string => {
    const file = join(directory, 'router.json');
    writeFileSync(file, content);
    return file;
  };

  beforeAll(async () => {
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    await promisify(execFile)(process.execPath, [tsc, '-b', 'packages/router-server'], { cwd: ROOT });
  }, 300_000);
  afterEach(async () => {
    for (const cli of running.splice(0)) {
      if (cli.child.exitCode === null && cli.child.signalCode === null) cli.child.kill('SIGKILL');
      await cli.exit();
    }
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it('--help prints how to use it and ends with 0', async () => {
    const cli = run('--help');
    expect(await cli.exit()).toBe(0);
    expect(cli.stdout).toContain('Usage: wamp-router');
    expect(cli.stdout).toContain('--log-format');
    expect(cli.stderr).toBe('');
  });

  it('--version prints the version and ends with 0', async () => {
    const cli = run('--version');
    expect(await cli.exit()).toBe(0);
    expect(cli.stdout).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
  });

  it.each([
    [['--prot', '1'], "wamp-router: unknown option '--prot' (Did you mean --port?)\n"],
    [
      ['--port', 'x'],
      "wamp-router: option '-p, --port <number>' argument 'x' is invalid. It must be a whole number from 0 to 65535.\n",
    ],
    [['--realm', 'a b'], 'It must be a realm name'],
    [
      ['--config', '/no/such.json'],
      'wamp-router: cannot read the configuration file /no/such.json: there is no such file\n',
    ],
  ])('%j: one sentence on stderr, exit code 2', async (args, sentence) => {
    const cli = run(...args);
    expect(await cli.exit()).toBe(2);
    expect(cli.stderr).toContain(sentence);
    expect(cli.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(cli.stdout).toBe('');
  });

  it('a wrong key in the configuration: one sentence that names file and key, exit code 2', async () => {
    const file = configFile('{"transports":[{"type":"websocket","pathh":"/"}]}');
    for (const args of [
      ['--config', file],
      ['check', file],
    ]) {
      const cli = run(...args);
      expect(await cli.exit()).toBe(2);
      expect(cli.stderr).toBe(
        `wamp-router: ${file}:1:36: transports[0].pathh: unknown key; did you mean "path"?\n`,
      );
    }
  });

  it('init writes a file that check accepts and that can be served; it overwrites nothing', async () => {
    const file = join(directory, 'fresh.yaml');
    const init = run('init', file);
    expect(await init.exit()).toBe(0);
    const check = run('check', file);
    expect(await check.exit()).toBe(0);
    expect(check.stdout).toContain('is valid: 1 realm, 1 transport');
    const again = run('init', file);
    expect(await again.exit()).toBe(1);
    expect(again.stderr).toContain('it exists already');
    const cli = run('--config', file, '--port', '0');
    await (await connect(await cli.url(), { realm: 'realm1' })).close();
  });

  it('a port in use: one sentence on stderr, exit code 1, no stack trace', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const cli = run('--port', String(port));
    expect(await cli.exit()).toBe(1);
    expect(cli.stderr).toMatch(
      new RegExp(`^wamp-router: port ${port} on 127\\.0\\.0\\.1 is in use: [^\\n]+\\n$`),
    );
    other.close();
  });

  it('as a person starts it: says mode, access, address, realm, subprotocols, and a client that works', async () => {
    const cli = run('--port', '0', '--log-format', 'pretty');
    const url = await cli.url();
    await cli.prints(/Stop with Ctrl\+C/);
    for (const part of [
      'development mode',
      'anonymous',
      'realm1',
      'wamp.2.json, wamp.2.msgpack, wamp.2.cbor',
    ]) {
      expect(cli.stdout).toContain(part);
    }
    const client = await connect(url, { realm: 'realm1' });
    await cli.prints(/session joined.*realm=realm1/);
    await client.close();
    await cli.prints(/session left.*cause=goodbye/);
  });

  it('as a service starts it: one JSON object per line, with sessions and violations', async () => {
    const cli = run('--port', '0');
    const url = await cli.url();
    const client = await connect(url, { realm: 'realm1' });
    await client.close();
    const socket = new WebSocketOfWs(url, ['wamp.2.json']);
    socket.on('open', () => socket.send('[99]'));
    await once(socket, 'close');
    await cli.prints(/protocol_violation/);
    const events = cli.logs.map(({ event }) => event);
    expect(events[0]).toBe('listening');
    expect(cli.logs[0]).toMatchObject({
      urls: [url, url.replace(/^ws(.*)\/ws$/, 'rs$1')],
      realms: ['realm1'],
      access: 'anonymous',
      mode: 'development',
    });
    expect(events).toContain('session_joined');
    expect(events).toContain('session_left');
  });

  it('takes settings from a file, and flags win over it', async () => {
    const file = configFile(
      '{"transports":[{"type":"websocket","endpoint":{"type":"tcp","port":1},"path":"/wamp"}],"realms":[{"name":"com.example.shop"}]}',
    );
    const cli = run('--config', file, '--port', '0');
    const url = await cli.url();
    expect(url).toMatch(/\/wamp$/);
    const client = await connect(url, { realm: 'com.example.shop' });
    await expect(connect(url, { realm: 'realm1' })).rejects.toMatchObject({
      uri: 'wamp.error.no_such_realm',
    });
    await client.close();
  });

  it('serves several realms', async () => {
    const cli = run('--port', '0', '--realm', 'a', '--realm', 'b');
    const url = await cli.url();
    for (const realm of ['a', 'b']) await (await connect(url, { realm })).close();
  });

  it('--log-level silent prints nothing for a service, whatever happens', async () => {
    const port = await freePort();
    const cli = run('--port', String(port), '--log-level', 'silent', '--log-format', 'json');
    await served(`ws://127.0.0.1:${port}/ws`, cli);
    cli.child.kill('SIGTERM');
    expect(await cli.exit()).toBe(0);
    expect(cli.stdout).toBe('');
  });

  it('refuses web pages of other origins unless --allow-origin names them, and says so in the log', async () => {
    const cli = run('--port', '0', '--allow-origin', 'https://app.example');
    const url = await cli.url();
    await refused(url, 'https://evil.example');
    await cli.prints(/"warn".*connection_refused.*403.*--allow-origin https:\/\/evil\.example/);
    const allowed = new WebSocketOfWs(url, ['wamp.2.json'], { origin: 'https://app.example' });
    await once(allowed, 'open');
    allowed.terminate();
  });

  it('warns when it is open to the network', async () => {
    const service = run('--port', '0', '--host', '0.0.0.0');
    await service.prints(/open_to_network/);
    const person = run('--port', '0', '--host', '0.0.0.0', '--log-format', 'pretty');
    await person.prints(/Warning: this router is open to the network/);
    const careful = run('--port', '0');
    await careful.url();
    expect(careful.stdout).not.toContain('open_to_network');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    '%s: ends sessions without GOODBYE, with close code 1012, and ends with 0',
    async (signal) => {
      const cli = run('--port', '0');
      const socket = new WebSocketOfWs(await cli.url(), ['wamp.2.json']);
      const kinds: unknown[] = [];
      socket.on('open', () => socket.send('[1,"realm1",{"roles":{"caller":{}}}]'));
      socket.on('message', (data: Buffer) => kinds.push((JSON.parse(data.toString()) as unknown[])[0]));
      await once(socket, 'message');
      const closed = once(socket, 'close');
      cli.child.kill(signal);
      expect(await cli.exit()).toBe(0);
      expect((await closed)[0]).toBe(1012);
      expect(kinds).toEqual([2]);
      expect(cli.logs.at(-1)).toMatchObject({ msg: 'stopped' });
    },
  );

  it('SIGTERM lets a running call finish, and refuses new ones', async () => {
    const cli = run('--port', '0');
    const url = await cli.url();
    const callee = await connect(url, { realm: 'realm1' });
    let finish: () => void = () => undefined;
    let begun: () => void = () => undefined;
    const running = new Promise<void>((resolve) => (begun = resolve));
    await callee.register('com.example.slow', () => {
      begun();
      return new Promise((resolve) => (finish = () => resolve('done')));
    });
    const caller = await connect(url, { realm: 'realm1' });
    const call = caller.call('com.example.slow');
    await running;
    cli.child.kill('SIGTERM');
    await cli.prints(/again to stop at once/);
    await expect(caller.call('com.example.slow')).rejects.toMatchObject({ uri: 'wamp.error.unavailable' });
    finish();
    expect(await call).toBe('done');
    expect(await cli.exit()).toBe(0);
  });

  it('SIGTERM ends it with 0 although a call does not end', async () => {
    const file = configFile('{"drain":{"timeout_ms":100}}');
    const cli = run('--config', file, '--port', '0');
    await StubbornPeer.join(await cli.url());
    cli.child.kill('SIGTERM');
    expect(await cli.exit()).toBe(0);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('a second %s ends it at once with %i', async (signal, code) => {
    const cli = run('--config', configFile(SLOW_DRAIN), '--port', '0');
    await StubbornPeer.join(await cli.url());
    cli.child.kill(signal);
    await cli.prints(/again to stop at once/);
    cli.child.kill(signal);
    expect(await cli.exit()).toBe(code);
  });

  describe.skipIf(!existsSync('/dev/full'))(
    'stdout that cannot be written (skipped without /dev/full)',
    () => {
      it.each([['json'], ['pretty']])(
        '%s: it serves, says so once on stderr, and SIGTERM ends it with 0',
        async (format) => {
          const port = await freePort();
          const cli = runWithStdoutTo('/dev/full', '--port', String(port), '--log-format', format);
          for (let i = 0; i < 3; i++) await served(`ws://127.0.0.1:${port}/ws`, cli);
          cli.child.kill('SIGTERM');
          expect(await cli.exit()).toBe(0);
          expect(cli.stderr).toMatch(
            /^wamp-router: stdout cannot be written, going on without a log: ENOSPC[^\n]*\n$/,
          );
        },
      );

      it('a second SIGTERM ends it at once with 143', async () => {
        const port = await freePort();
        const cli = runWithStdoutTo('/dev/full', '--config', configFile(SLOW_DRAIN), '--port', String(port));
        await served(`ws://127.0.0.1:${port}/ws`, cli);
        const peer = await StubbornPeer.join(`ws://127.0.0.1:${port}/ws`);
        cli.child.kill('SIGTERM');
        await peer.seesDrain();
        cli.child.kill('SIGTERM');
        expect(await cli.exit()).toBe(143);
      });
    },
  );

  it.each([['json'], ['pretty']])(
    '%s: the reader of its log goes away: it serves, says so once, and SIGTERM ends it with 0',
    async (format) => {
      const cli = run('--port', '0', '--log-format', format);
      const url = await cli.url();
      cli.child.stdout?.destroy();
      for (let i = 0; i < 3; i++) await served(url, cli);
      cli.child.kill('SIGTERM');
      expect(await cli.exit()).toBe(0);
      expect(cli.stderr).toMatch(/^wamp-router: stdout cannot be written[^\n]*EPIPE[^\n]*\n$/);
    },
  );

  it('the reader of its log stops reading: it serves, and SIGTERM ends it with 0', async () => {
    const cli = run('--port', '0', '--log-level', 'debug');
    const url = await cli.url();
    cli.child.stdout?.pause();
    // More lines than the pipe holds: each of these refusals is one.
    for (let i = 0; i < 40; i++) await Promise.all(Array.from({ length: 50 }, () => refused(`${url}/${i}`)));
    await served(url, cli);
    cli.child.kill('SIGTERM');
    const exited = once(cli.child, 'exit');
    expect(await exited).toEqual([0, null]);
    cli.child.stdout?.resume();
  });
});
