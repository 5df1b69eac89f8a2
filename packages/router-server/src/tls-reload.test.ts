import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { installTlsReload } from './tls-reload.js';

const server = (
  hasTls: boolean,
  reloadTls: () => void,
): { hasTls: boolean; url: string; reloadTls: () => void } => ({
  hasTls,
  url: 'wss://localhost:443/ws',
  reloadTls,
});

it('SIGHUP reads the certificates of all servers anew; one that fails keeps the others from nothing', () => {
  const host = new EventEmitter();
  const told: string[] = [];
  const log = {
    info: (sentence: string) => told.push(sentence),
    warn: (sentence: string) => told.push(sentence),
  };
  let reloads = 0;
  const fails = (): void => {
    throw new Error('no such file');
  };
  const servers = [server(true, fails), server(true, () => (reloads += 1)), server(false, fails)];
  installTlsReload({ servers, log, host });
  host.emit('SIGHUP');
  expect(reloads).toBe(1);
  expect(told).toEqual([
    'SIGHUP: the former certificates of wss://localhost:443/ws stay in force: no such file',
    'SIGHUP: the certificates of wss://localhost:443/ws were read anew',
  ]);
});

it('SIGHUP keeps its ordinary meaning without TLS', () => {
  const host = new EventEmitter();
  const log = { info: () => undefined, warn: () => undefined };
  installTlsReload({ servers: [server(false, () => undefined)], log, host });
  expect(host.listenerCount('SIGHUP')).toBe(0);
});
