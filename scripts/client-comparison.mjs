/**
 * Compares the clients that a TypeScript team can install, and writes docs/client-comparison.md: what they can do (each feature is
 * a program that is run), what a call costs them as caller and as callee, and what a browser loads of them.
 *
 *   node scripts/client-comparison.mjs [--calls 20000] [--depth 64] [--rounds 3] [--no-write]
 *
 * Everything runs against the same router, in processes of their own, interleaved; the figures are medians. They move from machine to
 * machine, so that only ratios within one run count.
 */
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { bundled } from './client-bundles.mjs';
import { ensureBuilt, root } from './workspace.mjs';

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '20000' },
    depth: { type: 'string', default: '64' },
    rounds: { type: 'string', default: '3' },
    'no-write': { type: 'boolean', default: false },
  },
});

await ensureBuilt('packages/router-server');
const server = await import(pathToFileURL(join(root, 'packages', 'router-server', 'dist', 'index.js')).href);
const { Router } = await import(pathToFileURL(join(root, 'packages', 'router', 'dist', 'index.js')).href);
const { CLIENTS } = await import('./client-comparison-clients.mjs');
const { FEATURES, works } = await import('./client-comparison-features.mjs');
const names = Object.keys(CLIENTS);

/** A router of its own, whose connections can all be cut. */
async function startHost() {
  let listening = await server.listen(new Router({ realms: { realm1: {} } }), { port: 0 });
  const { port } = listening;
  return {
    url: `ws://127.0.0.1:${port}/ws`,
    async cut() {
      await listening.close({ graceMs: 0 });
      listening = await server.listen(new Router({ realms: { realm1: {} } }), { port });
    },
    close: () => listening.close({ graceMs: 0 }),
  };
}

async function featureTable() {
  const rows = [];
  for (const feature of FEATURES) {
    const marks = [];
    for (const name of names) {
      const host = await startHost();
      const program = feature[name];
      marks.push(program === null ? '–' : (await works(() => program(host))) ? 'yes' : 'no');
      await host.close();
    }
    rows.push(`| ${feature.name} | ${marks.join(' | ')} |`);
    console.log(rows.at(-1));
  }
  return rows;
}

function start(name, role, url) {
  const peer = fork(
    join(root, 'scripts', 'client-comparison-peer.mjs'),
    [name, role, url, values.calls, values.depth],
    { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  );
  const next = () =>
    new Promise((resolve, reject) => {
      peer.once('message', resolve);
      peer.once('exit', (code) => reject(new Error(`${name} as ${role} ended with ${code}`)));
    });
  return { peer, next };
}

/** One pair of processes, in which one side is measured. */
async function measured(callerName, calleeName) {
  const host = await startHost();
  const callee = start(calleeName, 'callee', host.url);
  await callee.next();
  const caller = start(callerName, 'caller', host.url);
  await caller.next();
  callee.peer.send('start');
  caller.peer.send('start');
  const called = await caller.next();
  callee.peer.send('stop');
  const served = await callee.next();
  await host.close();
  const total = Number(values.calls);
  return {
    callerUs: called.cpuUs / total,
    calleeUs: served.cpuUs / total,
    perSecond: (total / called.ms) * 1000,
  };
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

async function speedTable() {
  const all = Object.fromEntries(
    names.map((name) => [name, { caller: [], callee: [], per: [], served: [] }]),
  );
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const name of names) {
      const calling = await measured(name, 'ours');
      all[name].caller.push(calling.callerUs);
      all[name].per.push(calling.perSecond);
      const serving = await measured('ours', name);
      all[name].callee.push(serving.calleeUs);
      all[name].served.push(serving.perSecond);
    }
  }
  return names.map((name) => {
    const { caller, per, callee, served } = all[name];
    const cells = [
      `${median(caller).toFixed(1)} µs`,
      Math.round(median(per)).toLocaleString('en'),
      `${median(callee).toFixed(1)} µs`,
      Math.round(median(served)).toLocaleString('en'),
    ];
    return `| ${CLIENTS[name].title} | ${cells.join(' | ')} |`;
  });
}

async function sizeTable() {
  const from = join(root, 'packages', 'router-server');
  const applications = {
    ours: ["import { connect } from '@wamp/client';\nglobalThis.app = connect;"],
    // It asks for modules of Node, which a browser has not: they are left out of the figure.
    autobahn: ["import autobahn from 'autobahn';\nglobalThis.app = autobahn;", from, builtinModules],
    wampy: ["import { Wampy } from 'wampy';\nglobalThis.app = Wampy;", from],
  };
  const rows = [];
  for (const name of names) {
    const { compressed } = await bundled(...applications[name]);
    rows.push(`| ${CLIENTS[name].title} | ${(compressed / 1024).toFixed(1)} KB |`);
  }
  return rows;
}

const titles = names.map((name) => CLIENTS[name].title).join(' | ');
const features = await featureTable();
const speed = await speedTable();
const sizes = await sizeTable();
const page = `# The clients compared

Made by \`node scripts/client-comparison.mjs\`; nothing here is typed by hand. The others are the unmodified packages from npm, in the
versions of \`packages/router-server/package.json\`. All of them speak JSON over WebSocket to the same router of this toolkit.

## What they can do

Each line is a program in \`scripts/client-comparison-features.mjs\` that was run. "yes": it did what the line says. "no": it did not, within five seconds.
"–": the client has no interface for it.

| | ${titles} |
|---|${names.map(() => '---|').join('')}
${features.join('\n')}

## What a call costs

CPU time of the client's process per call, and calls per second: ${Number(values.calls).toLocaleString('en')} calls with one small argument, ${values.depth} in flight, caller,
callee and router in three processes on one machine with ${cpus().length} cores; medians of ${values.rounds} interleaved rounds. As a caller each client calls our
callee, as a callee it is called by our caller. Only the ratios within the table count.

| | caller: CPU per call | calls/s | callee: CPU per call | calls/s |
|---|---|---|---|---|
${speed.join('\n')}

## What a browser loads

An application that imports the client and does nothing with it, bundled by esbuild, minified and compressed (gzip -9).
Modules of Node that autobahn-js asks for are left out.

| | |
|---|---|
${sizes.join('\n')}
`;
console.log(page);
if (!values['no-write']) writeFileSync(join(root, 'docs', 'client-comparison.md'), page);
process.exit();
