import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError } from './config-checks.js';
import { parseConfig, readConfig } from './config.js';

describe('the configuration file', () => {
  it('sets what it names and nothing else', () => {
    const source = `{
      "listen": { "host": "0.0.0.0", "port": 9000, "path": "/", "maxMessageBytes": 65536, "pingIntervalMs": 0,
        "allowedOrigins": ["https://app.example"] },
      "realms": { "realm1": {}, "com.example.shop": {} },
      "log": { "level": "debug", "format": "json" }
    }`;
    expect(parseConfig(source)).toEqual({
      host: '0.0.0.0',
      port: 9000,
      path: '/',
      maxMessageBytes: 65536,
      pingIntervalMs: 0,
      allowedOrigins: ['https://app.example'],
      realms: ['realm1', 'com.example.shop'],
      logLevel: 'debug',
      logFormat: 'json',
    });
    expect(parseConfig('{}')).toEqual({});
  });

  it.each([
    ['{"listen":{"prot":1}}', 'unknown key "listen.prot": did you mean "port"?'],
    ['{"Listen":{}}', 'unknown key "Listen": did you mean "listen"?'],
    ['{"certificates":{}}', 'unknown key "certificates": known here: listen, realms, log'],
    [
      '{"realms":{"realm1":{"roles":[]}}}',
      'unknown key "realms.realm1.roles": there is nothing to set here yet',
    ],
    ['{"__proto__":{}}', 'unknown key "__proto__": known here: listen, realms, log'],
    ['{"listen":{"port":"8080"}}', '"listen.port" must be a whole number from 0 to 65535, not "8080"'],
    ['{"listen":{"port":"0x50"}}', '"listen.port" must be a whole number from 0 to 65535, not "0x50"'],
    ['{"listen":{"port":0x50}}', 'not valid JSON at line 1, column 20'],
    ['{"listen":{"port":70000}}', '"listen.port" must be a whole number from 0 to 65535, not 70000'],
    ['{"listen":{"port":null}}', '"listen.port" must be a whole number from 0 to 65535, not null'],
    ['{"listen":[]}', '"listen" must be an object, {…}, not []'],
    [
      '{"listen":{"path":"ws"}}',
      '"listen.path" must be a path that begins with a slash, without ? and #, not "ws"',
    ],
    ['{"listen":{"host":"a b"}}', '"listen.host" must be an address or a host name, not "a b"'],
    ['{"listen":{"allowedOrigins":"*"}}', '"listen.allowedOrigins" must be a list, […], not "*"'],
    [
      '{"listen":{"allowedOrigins":["*","a.example"]}}',
      '"listen.allowedOrigins[1]" must be an origin, for example https://app.example.com, or * for all, not "a.example"',
    ],
    ['{"realms":{}}', '"realms" must name one realm at least'],
    ['{"realms":["realm1"]}', '"realms" must be an object, {…}, not ["realm1"]'],
    ['{"realms":{"a b":{}}}', '"realms.a b": a key here must be a realm name, for example realm1'],
    [
      '{"log":{"level":"loud"}}',
      '"log.level" must be one of trace, debug, info, warn, error, silent, not "loud"',
    ],
    [
      `{"log":{"format":"${'x'.repeat(80)}"}}`,
      `"log.format" must be one of pretty, json, not "${'x'.repeat(56)}…`,
    ],
    ['[]', 'the file must hold one JSON object, {…}'],
    ['{\n  "listen": {,}\n}', 'not valid JSON at line 2, column 14'],
    ['{', 'not valid JSON'],
    ['', 'not valid JSON: it ends too early'],
  ])('%s is refused with one sentence that names the key', (source, sentence) => {
    expect(() => parseConfig(source)).toThrow(ConfigError);
    expect(() => parseConfig(source)).toThrow(sentence);
  });
});

describe('reading the file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'wamp-config-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  it('names the file and the key', () => {
    const file = join(directory, 'router.json');
    writeFileSync(file, '{"listen":{"port":-1}}');
    expect(() => readConfig(file)).toThrow(`${file}: "listen.port" must be`);
  });

  it('a byte order mark before the JSON is no part of it', () => {
    const file = join(directory, 'bom.json');
    writeFileSync(file, '\uFEFF{"listen":{"port":9000}}');
    expect(readConfig(file)).toEqual({ port: 9000 });
  });

  it('a missing file and a directory are one clear sentence each', () => {
    expect(() => readConfig(join(directory, 'none.json'))).toThrow('none.json: there is no such file');
    expect(() => readConfig(directory)).toThrow('it is a directory');
  });
});
