import { describe, expect, it } from 'vitest';
import { isAllowableOrigin, OriginPolicy, showableOrigin } from './origin-policy.js';

describe('which web pages may connect', () => {
  it.each([
    [undefined, 'router.example:8080'],
    ['http://localhost', '127.0.0.1:8080'],
    ['http://localhost:5173', '127.0.0.1:8080'],
    ['https://LOCALHOST:5173', '127.0.0.1:8080'],
    ['http://127.0.0.1:3000', 'localhost:8080'],
    ['http://[::1]:3000', 'localhost:8080'],
    ['http://localhost:3000', undefined],
    ['http://router.example:8080', 'router.example:8080'],
    ['https://router.example', 'Router.Example'],
    ['https://router.example', 'router.example:443'],
    ['http://router.example', 'router.example:80'],
    ['http://[2001:db8::1]:8080', '[2001:db8::1]:8080'],
  ])('by default: Origin %s with Host %s is accepted', (origin, host) => {
    expect(new OriginPolicy([]).accepts(origin, host)).toBe(true);
  });

  it.each([
    ['https://evil.example', '127.0.0.1:8080'],
    ['http://evil.example:8080', 'localhost:8080'],
    ['http://localhost.evil.example', 'localhost:8080'],
    ['http://127.0.0.1.evil.example', '127.0.0.1:8080'],
    ['http://localhost@evil.example', 'localhost:8080'],
    ['http://localhost:1/@evil.example', 'localhost:8080'],
    ['http://router.example:3000', 'router.example:8080'],
    ['http://router.example', undefined],
    ['null', 'localhost:8080'],
    ['', 'localhost:8080'],
    ['', ''],
    ['localhost', 'localhost'],
    ['http://localhost, http://evil.example', 'localhost:8080'],
    ['chrome-extension://localhost', 'localhost:8080'],
    ['file://', 'localhost:8080'],
  ])('by default: Origin %s with Host %s is refused', (origin, host) => {
    expect(new OriginPolicy([]).accepts(origin, host)).toBe(false);
  });

  it('what is listed is accepted, however it is spelled, and nothing else beyond the default', () => {
    const policy = new OriginPolicy(['https://App.Example:443', 'chrome-extension://abc', 'null']);
    for (const origin of ['https://app.example', 'chrome-extension://abc', 'null', 'http://localhost']) {
      expect(policy.accepts(origin, '127.0.0.1'), origin).toBe(true);
    }
    for (const origin of ['http://app.example', 'https://app.example:444', 'https://x.app.example']) {
      expect(policy.accepts(origin, '127.0.0.1'), origin).toBe(false);
    }
  });

  it('* accepts every page', () => {
    const policy = new OriginPolicy(['*']);
    for (const origin of ['https://evil.example', 'null', 'nonsense']) {
      expect(policy.accepts(origin, '127.0.0.1'), origin).toBe(true);
    }
  });

  it.each([
    '',
    'app.example',
    'https://',
    'https://app.example/',
    'https://*.example/x',
    'wss://app.example',
  ])('"%s" is no entry of the list', (entry) => {
    expect(isAllowableOrigin(entry)).toBe(false);
    expect(() => new OriginPolicy([entry])).toThrow(`"${entry}"`);
  });

  it('shows only what a person can paste without harm', () => {
    expect(showableOrigin('https://App.example:8443')).toBe('https://app.example:8443');
    expect(showableOrigin('x://$(reboot)')).toBeUndefined();
    expect(showableOrigin('nonsense')).toBeUndefined();
  });
});

describe('hosts', () => {
  it('of somebody else that point at this machine are not "the same host" (DNS rebinding)', () => {
    const policy = new OriginPolicy([]);
    expect(policy.accepts('http://evil.example:8080', 'evil.example:8080', true)).toBe(false);
    expect(policy.accepts('http://192.168.0.7:8080', '192.168.0.7:8080', true)).toBe(true);
    expect(policy.accepts('http://[fe80::1]:8080', '[fe80::1]:8080', true)).toBe(true);
    expect(policy.accepts('http://localhost:8080', 'localhost:8080', true)).toBe(true);
    expect(policy.accepts('https://app.example', 'app.example', false)).toBe(true);
    expect(
      new OriginPolicy(['https://app.example']).accepts('https://app.example', 'app.example', true),
    ).toBe(true);
    expect(new OriginPolicy([], ['app.example']).accepts('https://app.example', 'app.example', true)).toBe(
      true,
    );
  });

  it('are all served without a list, and with one only those in it', () => {
    expect(new OriginPolicy([]).acceptsHost('evil.example')).toBe(true);
    const policy = new OriginPolicy([], ['App.example', '[::1]']);
    for (const host of ['app.example', 'APP.EXAMPLE:8080', '[::1]:8080']) {
      expect(policy.acceptsHost(host), host).toBe(true);
    }
    for (const host of [
      undefined,
      '',
      'evil.example',
      'app.example.evil',
      'app.example/',
      'a@app.example',
      '::',
    ]) {
      expect(policy.acceptsHost(host), host).toBe(false);
    }
  });

  it('are names without ports', () => {
    for (const name of ['app.example:80', 'https://app.example', '', 'a b', 'user@app.example']) {
      expect(() => new OriginPolicy([], [name]), name).toThrow('allowedHosts');
    }
  });
});
