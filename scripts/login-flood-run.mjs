/**
 * What a flood of logins does to those who are in: the time of their calls, before and during the flood, for each method,
 * with logins that are right and logins that are wrong.
 *
 *   node scripts/login-flood-run.mjs [--seconds 4] [--connections 64] [--method ticket]...
 *
 * Runs the built packages: the router in a process of its own, the flood in another one, the calls in this one. Limits on
 * failed logins are lifted, as they would end the flood at once; `--limits` leaves them as they are.
 */
import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBuilt, root } from './workspace.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    connections: { type: 'string', default: '64' },
    method: { type: 'string', multiple: true },
    limits: { type: 'boolean', default: false },
    part: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const connections = Number(values.connections);
if (!(seconds > 0) || !(connections > 0)) {
  console.error('--seconds and --connections take numbers above 0');
  process.exit(2);
}

const KEY = '4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510';
const OTHER_KEY = 'd511fe78e23934b3dadb52fcd022974b80bd92bccc7c5cf404e46cc0a8a2f5cd';
const SECRET = 'a secret of thirty-two bytes, or more';
const COST = { kdf: 'argon2id13', iterations: 2, memory: 4096 };
const METHODS = ['anonymous', 'ticket', 'jwt', 'wampcra', 'wamp-scram', 'cryptosign'];

/** Packages are found as the router-server finds them. */
const required = createRequire(join(root, 'packages', 'router-server', 'package.json'));
const load = (name) => import(pathToFileURL(required.resolve(name)).href);
const ours = (name, file) => import(pathToFileURL(join(root, 'packages', name, 'dist', file)).href);

// ---- the router ------------------------------------------------------------------------------------------------------

async function runRouter() {
  const { Router, listen, jwtTickets, verifyEd25519 } = await ours('router-server', 'index.js');
  const { cryptosignPublicKey } = await ours('protocol', 'auth/cryptosign.js');
  const { scramCredentials } = await ours('protocol', 'auth/scram.js');
  const role = 'user';
  const auth = {
    anonymous: { role },
    ticket: [{ principals: { joe: { ticket: 'open sesame', role } } }, jwtTickets({ secret: SECRET, role })],
    wampcra: { users: { joe: { secret: 'secret1', role } } },
    scram: { principals: { joe: { ...(await scramCredentials('pencil', new Uint8Array(16), COST)), role } } },
    cryptosign: { principals: { joe: { authorized_keys: [cryptosignPublicKey(KEY)], role } } },
  };
  const everything = { call: true, register: true, publish: true, subscribe: true };
  const roles = [{ name: role, permissions: [{ uri: '', match: 'prefix', allow: everything }] }];
  const limits = values.limits
    ? {}
    : { loginFailuresPerIdentity: 1e9, loginFailuresPerAddress: 1e9, loginFailuresBeforeDelay: 1e9 };
  const router = new Router({ realms: { realm1: { auth, roles } }, limits, verifyEd25519 });
  const server = await listen(router, { port: 0 });
  process.on('message', () => process.send({ cpu: process.cpuUsage(), totals: router.stats().totals }));
  process.on('disconnect', () => process.exit());
  process.send({ url: server.url });
}

// ---- the flood -------------------------------------------------------------------------------------------------------

/** What a client does for one login: HELLO.Details, and its answer to CHALLENGE.Extra. */
async function loginOf(method, isGood) {
  const { signWampcra } = await ours('protocol', 'auth/wampcra.js');
  const { cryptosignPublicKey, signCryptosign } = await ours('protocol', 'auth/cryptosign.js');
  const scram = await ours('protocol', 'auth/scram.js');
  const { encodeBase64, decodeBase64 } = await ours('protocol', 'auth/bytes.js');
  const { SignJWT } = await load('jose');
  const key = isGood ? KEY : OTHER_KEY;
  const nonce = 'A'.repeat(24);
  const salted = await scram.saltedPassword(isGood ? 'pencil' : 'pen', new Uint8Array(16), COST);
  const secret = isGood ? SECRET : SECRET.toUpperCase();
  const jwt = new SignJWT({ sub: 'joe' }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1h');
  const token = await jwt.sign(Buffer.from(secret));
  const of = (authmethod, answer, authextra = {}) => ({
    details: { roles: { caller: {} }, authmethods: [authmethod], authid: 'joe', authextra },
    answer,
  });
  switch (method) {
    case 'anonymous':
      return of(isGood ? 'anonymous' : 'nonsense', () => ['', {}]);
    case 'ticket':
      return of('ticket', () => [isGood ? 'open sesame' : 'open', {}]);
    case 'jwt':
      return of('ticket', () => [token, {}]);
    case 'wampcra':
      return of('wampcra', ({ challenge }) => [signWampcra(isGood ? 'secret1' : 'secret2', challenge), {}]);
    case 'cryptosign':
      // One signature serves all wrong logins: to make one costs more here than to check it there.
      return of('cryptosign', ({ challenge }) => [signCryptosign(key, challenge), {}], {
        pubkey: cryptosignPublicKey(KEY),
      });
    case 'wamp-scram':
      return of(
        'wamp-scram',
        (extra) => {
          const { salt, iterations } = extra;
          const exchange = {
            authid: 'joe',
            clientNonce: nonce,
            nonce: extra.nonce,
            salt,
            iterations,
            channelBinding: null,
          };
          const message = scram.scramAuthMessage(exchange);
          if (decodeBase64(salt) === undefined) throw new Error('no salt');
          return [encodeBase64(scram.scramClientProof(salted, message)), { nonce: extra.nonce }];
        },
        { nonce },
      );
    default:
      throw new Error(`there is no method ${method}`);
  }
}

async function runFlood() {
  const { default: WebSocket } = await load('ws');
  let flood;
  const attempt = (login, state) => {
    const socket = new WebSocket(state.url, 'wamp.2.json');
    const send = (message) => socket.send(JSON.stringify(message));
    socket.on('open', () => send([1, 'realm1', login.details]));
    socket.on('message', (data) => {
      const [code, first, second] = JSON.parse(data);
      if (code === 4) send([5, ...login.answer(second, first)]);
      else if (code === 2) state.welcomes += 1;
      else if (code === 3) state.aborts += 1;
      if (code === 2) socket.terminate();
    });
    socket.on('error', () => (state.errors += 1));
    socket.on('close', () => {
      state.open -= 1;
      if (state.isRunning) state.fill();
    });
  };
  process.on('message', async ({ method, isGood, url }) => {
    if (method === undefined) {
      flood.isRunning = false;
      process.send({ welcomes: flood.welcomes, aborts: flood.aborts, errors: flood.errors });
      return;
    }
    const login = await loginOf(method, isGood);
    flood = { url, welcomes: 0, aborts: 0, errors: 0, open: 0, isRunning: true };
    flood.fill = () => {
      while (flood.open < connections) {
        flood.open += 1;
        attempt(login, flood);
      }
    };
    flood.fill();
    process.send({ started: true });
  });
  process.on('disconnect', () => process.exit());
  process.send({ ready: true });
}

// ---- those who are in ------------------------------------------------------------------------------------------------

const self = fileURLToPath(import.meta.url);
const part = (name) =>
  fork(self, ['--part', name, '--connections', values.connections, ...(values.limits ? ['--limits'] : [])]);
const answerOf = (child) => new Promise((resolve) => child.once('message', resolve));
const asked = (child, question = {}) => {
  const answer = answerOf(child);
  child.send(question);
  return answer;
};

/** Calls every two milliseconds. @returns sorted milliseconds */
async function measure(client, ms) {
  const times = [];
  const pending = new Set();
  const end = performance.now() + ms;
  while (performance.now() < end) {
    const began = performance.now();
    const call = client.call('test.echo', ['x'.repeat(16)]).then(() => {
      times.push(performance.now() - began);
      pending.delete(call);
    });
    pending.add(call);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await Promise.all(pending);
  return times.sort((one, other) => one - other);
}

const at = (times, share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
const shown = (ms) => ms.toFixed(2).padStart(8);

async function main() {
  await ensureBuilt();
  const router = part('router');
  const { url } = await answerOf(router);
  const flood = part('flood');
  await answerOf(flood);
  const { connect } = await ours('client', 'index.js');
  const { ticket } = await ours('client', 'auth/index.js');
  const enter = () => connect(url, { realm: 'realm1', auth: ticket('joe', 'open sesame') });
  const [callee, caller] = [await enter(), await enter()];
  await callee.register('test.echo', ([text]) => text);
  await measure(caller, 2_000);
  console.log(`${connections} connections at a time, ${seconds} s each; milliseconds of a call`);
  console.log('method       logins   | before: p50      p99 | during: p50      p99 | logins/s   router CPU');
  for (const method of values.method ?? METHODS) {
    for (const isGood of [true, false]) {
      const before = await measure(caller, (seconds * 1_000) / 2);
      await asked(flood, { method, isGood, url });
      const { cpu: from } = await asked(router);
      const during = await measure(caller, seconds * 1_000);
      const { cpu: to } = await asked(router);
      const { welcomes, aborts, errors } = await asked(flood);
      const cpu = (to.user + to.system - from.user - from.system) / 1e6 / seconds;
      const outcome = isGood ? welcomes : aborts;
      const odd = (isGood ? aborts : welcomes) + errors;
      console.log(
        `${method.padEnd(12)} ${(isGood ? 'right' : 'wrong').padEnd(8)} |     ${shown(at(before, 0.5))} ${shown(at(before, 0.99))} |     ` +
          `${shown(at(during, 0.5))} ${shown(at(during, 0.99))} | ${String(Math.round(outcome / seconds)).padStart(8)}   ` +
          `${(cpu * 100).toFixed(0).padStart(3)} %${odd > 0 ? `   (${odd} ended otherwise)` : ''}`,
      );
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
  await Promise.all([caller.close(), callee.close()]);
  router.disconnect();
  flood.disconnect();
}

if (values.part === 'router') await runRouter();
else if (values.part === 'flood') await runFlood();
else await main();
