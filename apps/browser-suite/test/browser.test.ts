/** The client's suite and that of the hooks, from a page that Vite bundled, in a real browser against a real router. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { build } from 'vite';
import { attach, Router } from '@wamp/router-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientCases } from '../src/client-cases.js';
import { reactCases } from '../src/react-cases.js';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);

/** Without these, a headless browser looks for its maker's servers. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

describe.skipIf(executablePath === undefined)('in a browser (skipped where no Chromium is installed)', () => {
  let folder: string;
  let http: Server;
  let router: Router;
  let browser: Browser;
  let page: Page;
  const sockets = new Set<Duplex>();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wamp-page-'));
    await build({
      root: fileURLToPath(new URL('..', import.meta.url)),
      configFile: false,
      logLevel: 'error',
      resolve: { conditions: ['@wamp/source', 'module', 'browser', 'production'] },
      build: { outDir: folder, emptyOutDir: true },
    });
    http = createServer((request, response) => {
      const path = request.url === '/' ? '/index.html' : String(request.url);
      const file = join(folder, path);
      if (!existsSync(file)) return void response.writeHead(404).end();
      response.setHeader('content-type', TYPES[extname(file)] ?? 'text/plain').end(readFileSync(file));
    });
    http.on('upgrade', (_request, socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    router = new Router({ realms: { realm1: {} } });
    attach(router, http);
    await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening));
    browser = await chromium.launch({ executablePath: executablePath!, args: FLAGS });
    page = await browser.newPage();
    await page.exposeFunction('cutConnections', () => {
      for (const socket of sockets) socket.destroy();
    });
    await page.goto(`http://127.0.0.1:${(http.address() as AddressInfo).port}/`);
  }, 120_000);

  afterAll(async () => {
    await browser.close();
    await router.close();
    http.closeAllConnections();
    http.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('the page has all cases', async () => {
    expect(await page.evaluate(() => window.caseNames)).toEqual(
      Object.keys({ ...clientCases, ...reactCases }),
    );
  });

  it.each(Object.keys(clientCases))('the client %s', { timeout: 60_000 }, async (name) => {
    expect(await page.evaluate((each) => window.runCase(each), name)).toBe('passed');
  });

  it.each(Object.keys(reactCases))('%s', { timeout: 60_000 }, async (name) => {
    expect(await page.evaluate((each) => window.runCase(each), name)).toBe('passed');
  });
});
