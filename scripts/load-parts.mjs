/**
 * What the runs that put load on a router have in common: a peer that speaks WAMP in JSON, and parts that are processes of
 * their own, so that nothing that is measured shares a thread with what measures it.
 */
import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './workspace.mjs';

export const serverFolder = join(root, 'packages', 'router-server');
const { WebSocket } = createRequire(join(serverFolder, 'package.json'))('ws');

/** A peer that speaks JSON. Every message goes to `onMessage`; at first that is whoever has asked. */
export class Peer {
  #socket;
  #waiting = [];
  onMessage = (message) => this.#waiting.shift()?.(message);
  /** told when the connection ends in any other way than by ours */
  onLost = (code) => fail(`a connection was closed with ${code}`);

  static async join(url) {
    const peer = new Peer();
    peer.#socket = new WebSocket(url, 'wamp.2.json', { perMessageDeflate: false });
    peer.#socket.on('message', (data) => peer.onMessage(JSON.parse(data)));
    peer.#socket.on('close', (code) => peer.onLost(code));
    await new Promise((resolve, reject) => peer.#socket.once('open', resolve).once('error', reject));
    peer.#socket.on('error', () => undefined); // 'close' follows
    const roles = { caller: {}, callee: {}, publisher: {}, subscriber: {} };
    await peer.ask([1, 'realm1', { roles }], 2);
    return peer;
  }

  send(message) {
    this.#socket.send(JSON.stringify(message));
  }

  /** Sends a request. @returns its answer without the message code, which has to be `answer` */
  async ask(message, answer) {
    const answered = new Promise((resolve) => this.#waiting.push(resolve));
    this.send(message);
    const [code, ...rest] = await answered;
    if (code !== answer)
      fail(`${JSON.stringify(message)} was answered with ${JSON.stringify([code, ...rest])}`);
    return rest;
  }

  stopReading() {
    this.#socket.pause();
  }

  readOn() {
    this.#socket.resume();
  }
}

export function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

/** Does something for each number below `count`, some of them at the same time. */
export async function forEach(count, atATime, work) {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      next += 1;
      await work(next - 1);
    }
  };
  await Promise.all(Array.from({ length: atATime }, worker));
}

/** Starts a part of the script as a process. @returns it, and what it says first */
export async function start(script, part, options = {}) {
  const child = fork(script, [part, JSON.stringify(options)]);
  child.once('exit', (code) => code === 0 || child.killed || fail(`the ${part} has ended`));
  return { child, said: await heard(child) };
}

/** The next message of a part. */
export const heard = (child) => new Promise((resolve) => child.once('message', resolve));

/** In the process of a part, runs it. @returns false in the process of the script itself */
export async function runPart(parts) {
  const [part, options] = process.argv.slice(2);
  if (!Object.hasOwn(parts, part ?? '')) return false;
  // A part does not outlive the script.
  process.on('disconnect', () => process.exit());
  await parts[part](JSON.parse(options));
  return true;
}

/** Options of the command line that are whole numbers. */
export function wholeNumbers(values) {
  const numbers = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)]));
  if (Object.values(numbers).every((value) => Number.isSafeInteger(value) && value > 0)) return numbers;
  return fail(
    `${Object.keys(values)
      .map((name) => `--${name}`)
      .join(', ')} take whole numbers`,
  );
}
