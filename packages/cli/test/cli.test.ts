import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, WampError, type Client } from '@wamp/client';
import {
  ErrorMessage,
  MessageKind,
  Payload,
  ResultMessage,
  WelcomeMessage,
  type Message,
  type Transport,
} from '@wamp/protocol';
import { cryptosignPublicKey } from '@wamp/protocol/auth/cryptosign';
import { listen, Router, type RouterServer } from '@wamp/router-server';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Run } from './terminal.fixture.js';

const KEY = '11'.repeat(32);

let router: Router;
let server: RouterServer;
let client: Client;
let folder: string;
const running: Run[] = [];

function wamp(args: string, options?: ConstructorParameters<typeof Run>[1]): Run {
  return wampWith(args.split(' '), options);
}

function wampWith(args: readonly string[], options?: ConstructorParameters<typeof Run>[1]): Run {
  const run = new Run([...args, '--url', server.url], options);
  running.push(run);
  return run;
}

beforeAll(async () => {
  router = new Router({
    realms: {
      realm1: {},
      guarded: {
        auth: {
          ticket: { type: 'static', principals: { joe: { ticket: 'open sesame', role: 'user' } } },
          wampcra: { type: 'static', users: { ann: { secret: 's3cret', role: 'user' } } },
          cryptosign: {
            type: 'static',
            principals: { key: { authorized_keys: [cryptosignPublicKey(KEY)], role: 'user' } },
          },
        },
        roles: [{ name: 'user', permissions: [{ uri: '', match: 'prefix', allow: { call: true } }] }],
      },
    },
  });
  server = await listen(router, { port: 0 });
  client = await connect(server.url, { realm: 'realm1' });
  folder = mkdtempSync(join(tmpdir(), 'wamp-cli-'));
  await client.register('com.example.echo', (args, { kwargs }) => ({ args, kwargs }));
  await client.register('com.example.fails', () => {
    throw new WampError('com.example.no', ['not today'], { until: 'monday' });
  });
  await client.register('com.example.count', async function* ([last]) {
    for (let n = 1; n <= last; n += 1) yield n;
    return 'done';
  });
  await client.register('com.example.join', async (_args, { chunks }) => {
    const all: unknown[] = [];
    for await (const chunk of chunks) all.push(chunk);
    return all;
  });
});

afterEach(async () => {
  for (const run of running) run.interrupt();
  await Promise.all(running.splice(0).map((run) => run.code));
});

afterAll(async () => {
  await client.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

describe('wamp call', () => {
  it('takes JSON or text, and prints the result as JSON', async () => {
    const run = wampWith([
      'call',
      'com.example.echo',
      '1',
      '{"a":[2]}',
      'Ada L.',
      '-k',
      'b=true',
      '-k',
      'c=x=y',
    ]);
    expect(await run.code).toBe(0);
    expect(run.lines).toEqual([{ args: [1, { a: [2] }, 'Ada L.'], kwargs: { b: true, c: 'x=y' } }]);
    expect(run.stderr).toBe('');
  });

  it('prints several lines for a person, and one when asked', async () => {
    const nice = wamp('call com.example.echo 1', { isInteractive: true });
    const compact = wamp('call com.example.echo 1 -c', { isInteractive: true });
    expect([await nice.code, await compact.code]).toEqual([0, 0]);
    expect(nice.stdout.split('\n').length).toBeGreaterThan(4);
    expect(compact.stdout).toBe('{"args":[1],"kwargs":{}}\n');
  });

  it('prints progressive results as lines', async () => {
    const run = wamp('call com.example.count 3 --progress');
    expect(await run.code).toBe(0);
    expect(run.lines).toEqual([1, 2, 3, 'done']);
  });

  it('sends standard input as chunks', async () => {
    const run = wamp('call com.example.join first --chunks', { input: '2\n{"three":3}\nlast\n' });
    expect(await run.code).toBe(0);
    expect(run.lines).toEqual([['first', 2, { three: 3 }, 'last']]);
  });

  it('says what the callee answered with, and ends with 1', async () => {
    const run = wamp('call com.example.fails');
    expect(await run.code).toBe(1);
    expect(run.stderr).toBe(
      'wamp: com.example.no: not today\n{"args":["not today"],"kwargs":{"until":"monday"}}\n',
    );
    expect(run.stdout).toBe('');
  });

  it('ends with 130 when interrupted, and the callee learns of it', async () => {
    let aborted: () => void = () => undefined;
    const seen = new Promise<void>((resolve) => (aborted = resolve));
    let started: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (started = resolve));
    const registration = await client.register('com.example.sleeps', async (_args, { signal }) => {
      started();
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      aborted();
    });
    const run = wamp('call com.example.sleeps');
    await begun;
    run.interrupt();
    expect(await run.code).toBe(130);
    await seen;
    await registration.unregister();
  });
});

describe('wamp register', () => {
  it('serves a procedure with a shell command', async () => {
    const run = wampWith(['register', 'com.example.upper', '--exec', 'tr a-z A-Z']);
    await run.says('registered com.example.upper');
    expect(await client.call('com.example.upper', ['x'])).toEqual({ ARGS: ['X'], KWARGS: {} });
    run.interrupt();
    expect(await run.code).toBe(130);
    await expect(client.call('com.example.upper')).rejects.toMatchObject({
      uri: 'wamp.error.no_such_procedure',
    });
  });

  it('never makes what a caller sends part of the command', async () => {
    await wampWith(['register', 'com.example.cat', '--exec', 'cat']).says('registered');
    const hostile = '$(touch x); `id` && "\'';
    expect(await client.call('com.example.cat', [hostile])).toEqual({ args: [hostile], kwargs: {} });
  });

  it('yields the lines of a command, and reports its failure', async () => {
    const command = 'echo 1; echo two; echo broken >&2; exit 3';
    await wampWith(['register', 'com.example.lines', '--lines', '--exec', command]).says('registered');
    const stream = client.stream('com.example.lines');
    const lines: unknown[] = [];
    const loop = async (): Promise<void> => {
      for await (const line of stream) lines.push(line);
    };
    await expect(loop()).rejects.toMatchObject({
      uri: 'wamp.error.runtime_error',
      args: ['the command ended with exit code 3'],
      kwargs: { stderr: 'broken' },
    });
    expect(lines).toEqual([1, 'two']);
  });

  it('ends the command when the call is canceled', async () => {
    await wampWith(['register', 'com.example.slow', '--exec', 'cat; sleep 600']).says('registered');
    const stop = new AbortController();
    const call = client.call('com.example.slow', [], { signal: stop.signal, cancelMode: 'kill' });
    stop.abort();
    await expect(call).rejects.toMatchObject({ uri: 'wamp.error.canceled' });
  });

  it('serves a procedure with a module', async () => {
    const file = join(folder, 'handlers.mjs');
    writeFileSync(file, 'export const add = ([a, b]) => a + b;');
    await wamp(`register com.example.add --module ${file} --export add`).says('registered');
    expect(await client.call('com.example.add', [1, 2])).toBe(3);
    const none = wamp(`register com.example.sub --module ${file} --export sub`);
    expect(await none.code).toBe(2);
    expect(none.stderr).toContain('exports no function "sub"');
  });
});

describe('wamp subscribe and publish', () => {
  it('prints events as lines, and ends after so many', async () => {
    const run = wamp('subscribe com.example. --match prefix --count 3');
    await run.says('subscribed');
    const acknowledged = wamp('publish com.example.news hi -k a=1 --ack');
    expect(await acknowledged.code).toBe(0);
    expect(await wamp('publish com.example.more first --lines', { input: 'x\n2\n' }).code).toBe(0);
    expect(await run.code).toBe(0);
    expect(run.lines).toMatchObject([
      { topic: 'com.example.news', publication: acknowledged.lines[0], args: ['hi'], kwargs: { a: 1 } },
      { topic: 'com.example.more', args: ['first', 'x'] },
      { topic: 'com.example.more', args: ['first', 2] },
    ]);
  });
});

describe('wamp list, describe, ping and bench', () => {
  it('list what is there', async () => {
    const json = wamp('list');
    expect(await json.code).toBe(0);
    expect(json.lines).toMatchObject([
      { uri: 'com.example.count' },
      { uri: 'com.example.echo', match: 'exact' },
      { uri: 'com.example.fails' },
      { uri: 'com.example.join' },
    ]);
    const table = wamp('list', { isInteractive: true });
    expect(await table.code).toBe(0);
    expect(table.stdout).toMatch(/^ID +URI +MATCH +INVOKE +CREATED\n/);
    const sessions = wamp('list sessions');
    await sessions.code;
    expect(sessions.lines.length).toBeGreaterThanOrEqual(2);
  });

  it('describe a procedure', async () => {
    const run = wamp('describe com.example.echo');
    expect(await run.code).toBe(0);
    expect(run.lines).toMatchObject([{ uri: 'com.example.echo', callees: 1 }]);
  });

  it('measure', async () => {
    const ping = wamp('ping -n 2 --interval 0');
    expect(await ping.code).toBe(0);
    expect(ping.lines).toMatchObject([{ ping: 1 }, { ping: 2 }]);
    const bench = wamp('bench com.example.echo 1 -n 200 -f 20');
    expect(await bench.code).toBe(0);
    expect(bench.lines).toMatchObject([{ calls: 200, errors: 0 }]);
    expect(await wamp('bench com.example.none -n 5').code).toBe(1);
  });
});

describe('wamp ping', () => {
  it('takes what every router has where wamp.router.ping is missing', async () => {
    const called: string[] = [];
    const answer = (message: Message): Message | undefined => {
      if (message.kind === MessageKind.Hello) return new WelcomeMessage(1, { roles: { dealer: {} } });
      if (message.kind === MessageKind.Goodbye) return message;
      if (message.kind !== MessageKind.Call) return undefined;
      const { request, procedure } = message;
      called.push(procedure);
      return procedure === 'wamp.session.count'
        ? new ResultMessage(request, {}, Payload.of([1]))
        : new ErrorMessage(MessageKind.Call, request, {}, 'wamp.error.no_such_procedure');
    };
    const attach = (transport: Transport): void =>
      transport.open({
        receive: (frame) => {
          const reply = answer(transport.serializer.decode(frame));
          if (reply !== undefined) transport.send(transport.serializer.encode(reply));
        },
        violated: () => undefined,
        drained: () => undefined,
        closed: () => undefined,
      });
    const other = await listen({ attach }, { port: 0 });
    const run = new Run(['ping', '-n', '2', '--interval', '0', '--url', other.url]);
    expect(await run.code).toBe(0);
    expect(run.lines).toMatchObject([{ ping: 1 }, { ping: 2 }]);
    expect(called).toEqual(['wamp.router.ping', 'wamp.session.count', 'wamp.session.count']);
    await other.close();
  });
});

describe('logging in', () => {
  const asked = 'call wamp.session.count --realm guarded';

  it.each([
    ['--authid joe --ticket', 'open sesame'],
    ['--authid ann --secret', 's3cret'],
    ['--private-key', KEY],
  ])('with %s', async (flags, secret) => {
    const run = wampWith([...asked.split(' '), ...flags.split(' '), secret]);
    expect(await run.code).toBe(0);
    expect(run.lines).toEqual([1]);
  });

  it('with a secret from a file', async () => {
    writeFileSync(join(folder, 'ticket'), 'open sesame\n');
    expect(await wamp(`${asked} --authid joe --ticket @${join(folder, 'ticket')}`).code).toBe(0);
  });

  it.each([
    ['--authid joe --ticket wrong', 3, 'wamp.error'],
    ['', 3, 'wamp.error'],
    ['--ticket x', 2, '--ticket needs --authid'],
    ['--private-key xyz', 2, '64 hexadecimal digits'],
    ['--authid joe --ticket @/no/such/file', 2, '/no/such/file cannot be read'],
  ])('fails with "%s": %i, %s', async (flags, code, sentence) => {
    const run = wamp(`${asked} ${flags}`.trim());
    expect(await run.code).toBe(code);
    expect(run.stderr).toContain(sentence);
  });
});

describe('what goes wrong', () => {
  it.each([
    ['cal x', 2, "unknown command 'cal'"],
    ['call', 2, "missing required argument 'procedure'"],
    ['call a.b --timeout soon', 2, 'whole number'],
    ['call a.b -k x', 2, 'name=value'],
    ['register a.b', 2, 'either --exec COMMAND or --module FILE'],
    ['register a.b --exec x --module y', 2, 'either --exec COMMAND or --module FILE'],
    ['call a.b --serializer xml', 2, 'Allowed choices are'],
    ['call a.b --realm elsewhere', 3, 'no_such_realm'],
  ])('wamp %s ends with %i and says "%s"', async (args, code, sentence) => {
    const run = wamp(args);
    expect(await run.code).toBe(code);
    expect(run.stderr).toContain(sentence);
    expect(run.stdout).toBe('');
  });

  it('a router that is not there, or that goes, is no answer', async () => {
    const away = new Run(['call', 'a.b', '--url', 'ws://127.0.0.1:1/ws']);
    expect(await away.code).toBe(3);
    expect(away.stderr).toMatch(/^wamp: ws:\/\/127.0.0.1:1\/ws cannot be reached: .*ECONNREFUSED/);
  });
});
