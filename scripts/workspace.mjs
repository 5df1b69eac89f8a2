/**
 * Gets a clone ready with nothing but Node and npm: fetches the pinned pnpm through npx, installs, builds.
 * Says what it does before it does it, and does only what is missing.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const windows = process.platform === 'win32';

/** Runs a program in `cwd`; resolves with its exit status. */
export function run(command, args, { cwd = root, env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      stdio: 'inherit',
      shell: windows,
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', ...env },
    });
    const passOn = (signal) => child.kill(signal);
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, passOn);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      for (const one of ['SIGINT', 'SIGTERM']) process.off(one, passOn);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });
}

/** Runs a program of the workspace's own node_modules. */
export function bin(name, args, options) {
  return run(process.execPath, [resolveBin(name), ...args], options);
}

function resolveBin(name) {
  const packages = { tsc: 'typescript', vitest: 'vitest', publint: 'publint', attw: '@arethetypeswrong/cli' };
  const folder = join(root, 'node_modules', packages[name] ?? name);
  const { bin: bins } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bins === 'string' ? bins : bins[name]);
}

/** The package manager that package.json pins, as `pnpm@version`. */
export function pinnedPnpm() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager.split('+')[0];
}

/** Runs the pinned pnpm, fetched by npx if need be. */
export function pnpm(args, options) {
  return run('npx', ['--yes', pinnedPnpm(), ...args], options);
}

function say(text) {
  process.stderr.write(`\x1b[2m› ${text}\x1b[0m\n`);
}

function isInstalled() {
  const installed = join(root, 'node_modules', '.pnpm', 'lock.yaml');
  if (!existsSync(installed) || !existsSync(join(root, 'apps', 'demo', 'node_modules'))) return false;
  return readFileSync(installed, 'utf8') === readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8');
}

async function orExit(work) {
  const status = await work;
  if (status !== 0) process.exit(status);
}

/** Installs the dependencies unless exactly these are there. Ends the process if that fails. */
export async function ensureInstalled() {
  if (isInstalled()) return;
  say(`installing dependencies with ${pinnedPnpm()} (through npx, nothing is installed globally)`);
  await orExit(pnpm(['install', '--frozen-lockfile', '--reporter=append-only', '--loglevel=warn']));
}

/** Brings every dist folder up to date. Ends the process if the code does not compile. */
export async function ensureBuilt(project = '.') {
  const cli = join(root, 'packages', 'router-server', 'dist', 'cli.js');
  if (!existsSync(cli)) say('building the packages with TypeScript (the first time takes some seconds)');
  await orExit(bin('tsc', ['-b', project]));
}
