import { describe, expect, it } from 'vitest';
import { isLoopbackAddress, startupBanner, urlsFor, type BannerFacts } from './startup-banner.js';

const facts: BannerFacts = {
  version: '1.2.3',
  urls: ['ws://127.0.0.1:8080/ws'],
  realms: ['realm1'],
  subprotocols: ['wamp.2.json', 'wamp.2.cbor'],
  isLoopback: true,
  openRealms: ['realm1'],
  colour: false,
};

describe('the start-up banner', () => {
  it('says what this is, where to connect, what is allowed, what to do next and how to stop', () => {
    const text = startupBanner(facts);
    for (const part of [
      'wamp-router 1.2.3',
      'development mode',
      'ws://127.0.0.1:8080/ws',
      'realm1',
      'wamp.2.json, wamp.2.cbor',
      'anonymous',
      `await connect('ws://127.0.0.1:8080/ws', { realm: 'realm1' })`,
      'Ctrl+C',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain('Warning');
    expect(text).not.toContain('\u001b');
  });

  it('warns when the port is open to the network, and lists all addresses', () => {
    const urls = ['ws://localhost:8080/ws', 'ws://192.0.2.7:8080/ws'];
    const text = startupBanner({ ...facts, urls, isLoopback: false });
    expect(text).toContain('Warning: this router is open to the network');
    expect(text).toContain('ws://192.0.2.7:8080/ws');
  });

  it('where everybody has to say who it is, it is no development mode and warns of nothing', () => {
    const text = startupBanner({ ...facts, openRealms: [], isLoopback: false });
    for (const part of ['development', 'anonymous', 'Warning']) expect(text).not.toContain(part);
    const some = startupBanner({ ...facts, realms: ['realm1', 'b'] });
    expect(some).toContain('subscribe in realm1');
  });

  it('fits a terminal of 120 columns', () => {
    for (const line of startupBanner(facts).split('\n')) expect(line.length).toBeLessThanOrEqual(120);
  });

  it('writes a realm with a quote so that the snippet stays valid', () => {
    expect(startupBanner({ ...facts, realms: [`it's`] })).toContain(`{ realm: 'it\\'s' }`);
  });

  it('colours only if the terminal shows colours', () => {
    expect(startupBanner({ ...facts, colour: true })).toContain('\u001b[1mwamp-router\u001b[0m');
  });
});

describe('addresses', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.8.8.8', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['192.168.0.4', false],
  ])('%s is loopback: %s', (address, expected) => {
    expect(isLoopbackAddress(address)).toBe(expected);
  });

  it('for all addresses: this machine first, then the addresses in the network', () => {
    const at = { url: 'ws://[::1]:1/ws', rawSocketUrl: undefined, speaksWebSocket: true, port: 1 };
    const network = [
      { address: '127.0.0.1', family: 'IPv4', internal: true },
      { address: '192.0.2.7', family: 'IPv4', internal: false },
      { address: 'fe80::1', family: 'IPv6', internal: false },
    ];
    expect(urlsFor({ ...at, address: '0.0.0.0' }, network)).toEqual([
      'ws://127.0.0.1:1/ws',
      'ws://192.0.2.7:1/ws',
    ]);
    expect(urlsFor({ ...at, address: '::1' }, network)).toEqual(['ws://[::1]:1/ws']);
    const secure = { ...at, url: 'wss://127.0.0.1:1/ws', rawSocketUrl: 'rss://127.0.0.1:1' };
    expect(urlsFor({ ...secure, address: '::' }, network)).toEqual([
      'wss://localhost:1/ws',
      'wss://192.0.2.7:1/ws',
      'rss://localhost:1',
      'rss://192.0.2.7:1',
    ]);
    const unix = { url: 'ws+unix:///a/b:/ws', rawSocketUrl: 'unix:/a/b', address: '/a/b', port: 0 };
    expect(urlsFor({ ...unix, speaksWebSocket: false }, network)).toEqual(['unix:/a/b']);
  });
});
