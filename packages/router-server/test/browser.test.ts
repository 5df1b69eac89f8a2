/** The client in a real browser against the real router, through `attach` on the page's own HTTP server. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { afterEach, describe, expect, it } from 'vitest';
import { attach, Router } from '@wamp/router-server';

const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);

/** Without these, a headless browser looks for its maker's servers. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

async function bundle(): Promise<string> {
  const build = await rolldown({
    input: fileURLToPath(new URL('./browser-page.fixture.ts', import.meta.url)),
    platform: 'browser',
    resolve: { conditionNames: ['@wamp/source', 'browser', 'import', 'default'] },
    logLevel: 'silent',
  });
  const { output } = await build.generate({ format: 'iife' });
  await build.close();
  return output[0].code;
}

let ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

function openBrowser(url: string): void {
  const profile = mkdtempSync(join(tmpdir(), 'wamp-browser-'));
  // A process group of its own, so that the browser's many children end with it.
  const browser = spawn(chromium!, [...FLAGS, `--user-data-dir=${profile}`, url], {
    stdio: 'ignore',
    detached: true,
  });
  ends.push(async () => {
    const gone = new Promise((resolve) => browser.once('exit', resolve));
    process.kill(-browser.pid!, 'SIGKILL');
    await gone;
    try {
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    } catch {
      // A dying child may still have written a file; the folder is temporary anyway.
    }
  });
}

/** Serves the page and its script; resolves with what the page reports. */
async function serve(script: string): Promise<{ http: Server; url: string; result: Promise<unknown> }> {
  let resolve: (result: unknown) => void = () => undefined;
  const result = new Promise<unknown>((report) => (resolve = report));
  const http = createServer((request, response) => {
    if (request.url === '/page.js') {
      response.setHeader('content-type', 'text/javascript; charset=utf-8').end(script);
    } else if (request.url === '/result') {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        resolve(JSON.parse(body));
        response.end();
      });
    } else {
      response.setHeader('content-type', 'text/html').end('<!doctype html><script src="/page.js"></script>');
    }
  });
  await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening));
  ends.push(() => {
    http.closeAllConnections();
    http.close();
  });
  return { http, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/`, result };
}

describe.skipIf(chromium === undefined)('in a browser (skipped where no Chromium is installed)', () => {
  it(
    'the client calls, offers, subscribes and publishes over the native WebSocket',
    { timeout: 60_000 },
    async () => {
      const { http, url, result } = await serve(await bundle());
      const router = new Router({ realms: { realm1: {} } });
      attach(router, http);
      ends.push(() => router.close());
      openBrowser(url);
      expect(await result).toEqual({
        sum: 42,
        error: 'browser.error.sorry',
        news: 'grüß dich',
        native: 'yes',
      });
    },
  );
});
