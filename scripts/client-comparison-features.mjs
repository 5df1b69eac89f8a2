/**
 * What the clients can do, as small programs that are run: a feature counts if its program does what it says. `null` stands
 * for a client that has no interface for it at all. Owns the programs; the servers are client-comparison.mjs'.
 */
import { autobahn, openAutobahn, openWampy, ours } from './client-comparison-clients.mjs';

const TIME_MS = 5000;

/** True within a time; a program that hangs has failed. */
export async function works(program) {
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, TIME_MS, false)));
  try {
    return (await Promise.race([program(), late])) === true;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

const connectOurs = (url, options) => ours.connect(url, { realm: 'realm1', ...options });
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const until = async (condition) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
  return true;
};
let names = 0;
const fresh = () => `com.example.comparison${(names += 1)}`;

/** A procedure that runs until it is canceled, and how a test learns of that. */
async function endless(url) {
  const uri = fresh();
  const seen = { started: false, canceled: false };
  const callee = await connectOurs(url);
  await callee.register(uri, (_args, { signal }) => {
    seen.started = true;
    return new Promise(() => signal.addEventListener('abort', () => (seen.canceled = true)));
  });
  return { uri, seen };
}

async function counting(url) {
  const uri = fresh();
  const state = { yielded: 0 };
  const callee = await connectOurs(url);
  await callee.register(uri, async function* ([to]) {
    for (let i = 1; i <= to; i += 1) {
      state.yielded = i;
      yield i;
    }
    return 'end';
  });
  return { uri, state };
}

/** Each: what it is, and one program for each client. `host.cut()` cuts all connections of the router, which stays. */
export const FEATURES = [
  {
    name: 'keyword arguments, and errors with URI and arguments',
    ours: async ({ url }) => {
      const client = await connectOurs(url);
      const uri = fresh();
      await client.register(uri, (_args, { kwargs }) => {
        throw new ours.WampError('com.example.failure', ['text'], kwargs);
      });
      const error = await client.call(uri, [], { kwargs: { a: 1 } }).catch((thrown) => thrown);
      return error.uri === 'com.example.failure' && same(error.kwargs, { a: 1 });
    },
    autobahn: async ({ url }) => {
      const { session } = await openAutobahn(url);
      const uri = fresh();
      await session.register(uri, (_args, kwargs) => {
        throw new autobahn.Error('com.example.failure', ['text'], kwargs);
      });
      const error = await new Promise((resolve) => session.call(uri, [], { a: 1 }).then(undefined, resolve));
      return error.error === 'com.example.failure' && same(error.kwargs, { a: 1 });
    },
    wampy: async ({ url }) => {
      const wampy = await openWampy(url);
      const uri = fresh();
      await wampy.register(uri, ({ argsDict }) => {
        throw Object.assign(new Error('text'), {
          error: 'com.example.failure',
          argsDict,
          argsList: ['text'],
        });
      });
      const error = await wampy.call(uri, { argsDict: { a: 1 } }).catch((thrown) => thrown);
      return error.errorUri === 'com.example.failure' && same(error.argsDict, { a: 1 });
    },
  },
  {
    name: 'progressive results, for the caller',
    ours: async ({ url }) => {
      const { uri } = await counting(url);
      const seen = [];
      const client = await connectOurs(url);
      return (
        (await client.call(uri, [3], { onProgress: (n) => seen.push(n) })) === 'end' && same(seen, [1, 2, 3])
      );
    },
    autobahn: async ({ url }) => {
      const { uri } = await counting(url);
      const { session } = await openAutobahn(url);
      const seen = [];
      const end = await new Promise((resolve, reject) =>
        session.call(uri, [3], {}, { receive_progress: true }).then(resolve, reject, (n) => seen.push(n)),
      );
      return end === 'end' && same(seen, [1, 2, 3]);
    },
    wampy: async ({ url }) => {
      const { uri } = await counting(url);
      const wampy = await openWampy(url);
      const seen = [];
      const end = await wampy.call(uri, [3], { progress_callback: ({ argsList }) => seen.push(argsList[0]) });
      return end.argsList[0] === 'end' && same(seen, [1, 2, 3]);
    },
  },
  {
    name: 'progressive results in a `for await` loop, which cancels the call when it is left',
    ours: async ({ url }) => {
      const { uri, state } = await counting(url);
      const client = await connectOurs(url);
      for await (const n of client.stream(uri, [1e9])) if (n === 3) break;
      const then = state.yielded;
      await client.call(uri, [0]);
      return then < 1000;
    },
    autobahn: null,
    wampy: null,
  },
  {
    name: 'a slow loop slows the producer of a stream down',
    ours: async ({ url }) => {
      const { uri, state } = await counting(url);
      const client = await connectOurs(url);
      let count = 0;
      for await (const n of client.stream(uri, [1e6])) {
        await new Promise((resolve) => setTimeout(resolve));
        count += 1;
        if (state.yielded - n > 1000) return false;
        if (count === 500) return true;
      }
      return false;
    },
    autobahn: null,
    wampy: null,
  },
  {
    name: 'a generator as a handler streams its values',
    ours: async ({ url }) => {
      const { uri } = await counting(url);
      const client = await connectOurs(url);
      const seen = [];
      for await (const n of client.stream(uri, [2])) seen.push(n);
      return same(seen, [1, 2]);
    },
    autobahn: async ({ url }) =>
      generatorOf(url, async (uri, handler) => (await openAutobahn(url)).session.register(uri, handler)),
    wampy: async ({ url }) =>
      generatorOf(url, async (uri, handler) => (await openWampy(url)).register(uri, handler)),
  },
  {
    name: 'a stream of arguments (progressive call invocations)',
    ours: async ({ url }) => {
      const client = await connectOurs(url);
      const uri = fresh();
      await client.register(uri, async (_args, { chunks }) => {
        let sum = 0;
        for await (const chunk of chunks) sum += chunk;
        return sum;
      });
      return (await client.upload(uri, [1, 2, 3])) === 6;
    },
    autobahn: null,
    wampy: null,
  },
  {
    name: 'a call that is canceled reaches the handler',
    ours: async ({ url }) => {
      const { uri, seen } = await endless(url);
      const client = await connectOurs(url);
      const stop = new globalThis.AbortController();
      const call = client.call(uri, [], { signal: stop.signal }).catch((error) => error.name);
      await until(() => seen.started);
      stop.abort();
      return (await call) === 'CanceledError' && until(() => seen.canceled);
    },
    autobahn: async ({ url }) => {
      const { uri, seen } = await endless(url);
      const { session } = await openAutobahn(url);
      const call = session.call(uri);
      call.then(undefined, () => undefined);
      await until(() => seen.started);
      call.cancel();
      return until(() => seen.canceled);
    },
    wampy: async ({ url }) => {
      const { uri, seen } = await endless(url);
      const wampy = await openWampy(url);
      wampy.call(uri).catch(() => undefined);
      await until(() => seen.started);
      wampy.cancel(wampy.getOpStatus().reqId, { mode: 'killnowait' });
      return until(() => seen.canceled);
    },
  },
  {
    name: 'a handler learns that its call was canceled (AbortSignal)',
    ours: async ({ url }) => {
      const { uri, seen } = await endless(url);
      const client = await connectOurs(url);
      client.call(uri, [], { timeoutMs: 50 }).catch(() => undefined);
      return until(() => seen.canceled);
    },
    autobahn: null,
    wampy: null,
  },
  {
    name: 'bytes in JSON',
    ours: async ({ url }) => {
      const client = await connectOurs(url);
      const uri = fresh();
      await client.register(uri, ([bytes]) => bytes);
      const back = await client.call(uri, [Uint8Array.of(1, 2)]);
      return back instanceof Uint8Array && back[1] === 2;
    },
    autobahn: async ({ url }) => {
      const { session } = await openAutobahn(url);
      const uri = fresh();
      await session.register(uri, ([bytes]) => bytes);
      const back = await session.call(uri, [Uint8Array.of(1, 2)]);
      return back instanceof Uint8Array && back[1] === 2;
    },
    wampy: async ({ url }) => {
      const wampy = await openWampy(url);
      const uri = fresh();
      await wampy.register(uri, ({ argsList }) => ({ argsList }));
      const back = (await wampy.call(uri, [Uint8Array.of(1, 2)])).argsList[0];
      return back instanceof Uint8Array && back[1] === 2;
    },
  },
  {
    name: 'after a lost connection registrations come back by themselves',
    ours: async (host) => {
      const uri = fresh();
      const client = await connectOurs(host.url, { reconnect: { minDelayMs: 10 } });
      const registration = await client.register(uri, () => 'here');
      await host.cut();
      await until(() => registration.isActive && client.status.current === 'open');
      return (await (await connectOurs(host.url)).call(uri)) === 'here';
    },
    autobahn: async (host) => {
      const uri = fresh();
      const connection = new autobahn.Connection({
        url: host.url,
        realm: 'realm1',
        initial_retry_delay: 0.05,
      });
      let opened = 0;
      connection.onopen = (session) => {
        opened += 1;
        if (opened === 1) session.register(uri, () => 'here');
      };
      connection.onclose = () => false;
      connection.open();
      await until(() => opened === 1);
      await (await connectOurs(host.url)).call('wamp.session.count');
      await host.cut();
      await until(() => opened === 2);
      const answer = await (await connectOurs(host.url)).call(uri).catch(() => undefined);
      connection.close();
      return answer === 'here';
    },
    wampy: async (host) => {
      const uri = fresh();
      let returned = 0;
      const wampy = await openWampy(host.url, {
        autoReconnect: true,
        reconnectInterval: 50,
        onReconnectSuccess: () => (returned += 1),
      });
      await wampy.register(uri, () => ({ argsList: ['here'] }));
      await host.cut();
      await until(() => returned > 0);
      const client = await connectOurs(host.url);
      let answer;
      for (let i = 0; i < 50 && answer !== 'here'; i += 1) {
        answer = await client.call(uri).catch(() => undefined);
        if (answer !== 'here') await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await wampy.disconnect();
      return answer === 'here';
    },
  },
  {
    name: 'calls wait while there is no connection, if they are told to',
    ours: async (host) => {
      const client = await connectOurs(host.url, { reconnect: { minDelayMs: 10, offline: 'wait' } });
      await host.cut();
      await until(() => client.status.current === 'reconnecting');
      return (await client.call('wamp.session.count')) > 0;
    },
    autobahn: null,
    wampy: null,
  },
  {
    name: 'events in a `for await` loop',
    ours: async ({ url }) => {
      const topic = fresh();
      const client = await connectOurs(url);
      const events = await client.subscribe(topic);
      await (await connectOurs(url)).publish(topic, [7]);
      for await (const { args } of events) return args[0] === 7;
      return false;
    },
    autobahn: null,
    wampy: null,
  },
  {
    name: 'leaving finishes what runs first',
    ours: async ({ url }) => {
      const uri = fresh();
      const callee = await connectOurs(url);
      let started = false;
      await callee.register(uri, () => {
        started = true;
        return new Promise((resolve) => setTimeout(resolve, 100, 'finished'));
      });
      const call = (await connectOurs(url)).call(uri);
      await until(() => started);
      await callee.drain();
      return (await call) === 'finished';
    },
    autobahn: null,
    wampy: null,
  },
];

async function generatorOf(url, register) {
  const uri = fresh();
  await register(uri, async function* () {
    yield 1;
    yield 2;
  });
  const seen = [];
  const client = await connectOurs(url);
  for await (const n of client.stream(uri)) seen.push(n);
  return same(seen, [1, 2]);
}
