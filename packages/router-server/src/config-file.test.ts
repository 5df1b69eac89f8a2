import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError, parseConfig, readConfig } from './config-file.js';
import { defaultConfig, type Config } from './config-schema.js';
import { configTemplate } from './config-template.js';

const parse = (source: string, environment: Record<string, string> = {}): Config =>
  parseConfig(source, 'router.yaml', { environment, directory: '/' });

/** The complaint about a text. */
function complaint(source: string, environment: Record<string, string> = {}): string {
  try {
    parse(source, environment);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error('the text was accepted');
}

describe('the configuration file', () => {
  it('may be empty, YAML or JSON, and sets what it names and nothing else', () => {
    const expected = defaultConfig();
    expect(parse('')).toEqual(expected);
    expect(parse('{}')).toEqual(expected);
    const yaml =
      'log: { level: debug }\ntransports:\n  - type: universal\n    endpoint: { type: tcp, port: 9000 }\n';
    const json =
      '{"log":{"level":"debug"},\n\t"transports":[{"type":"universal","endpoint":{"type":"tcp","port":9000}}]}';
    for (const source of [yaml, json, `\uFEFF${json}`]) {
      const config = parse(source);
      expect(config.log.level).toBe('debug');
      expect(config.transports[0]).toEqual({
        ...expected.transports[0],
        endpoint: { ...expected.transports[0]!.endpoint, port: 9000 },
      });
      expect({ ...config, log: expected.log, transports: expected.transports }).toEqual(expected);
    }
  });

  it('what init writes is accepted, and serves what is served without a file', () => {
    expect(parse(configTemplate())).toEqual(defaultConfig());
  });

  it.each([
    ['transport: []', '1:1: transport: unknown key; did you mean "transports"?'],
    ['Limits: {}', '1:1: Limits: unknown key; did you mean "limits"?'],
    ['certificates: {}', '1:1: certificates: unknown key; known here: $schema, realms, transports,'],
    ['{"__proto__":{}}', '1:2: __proto__: unknown key; known here:'],
    [
      'realms:\n  - name: realm1\n    options:\n      admin-role: []',
      '4:7: realms[0].options.admin-role: unknown key; did you mean "admin_roles"?',
    ],
    ['realms: []', '1:9: realms: must name one realm at least'],
    ['realms: [{}]', '1:10: realms[0].name: is missing; it must be a realm name'],
    ['realms: { realm1: {} }', '1:9: realms: must be a list'],
    ['realms: [{ name: a b }]', '1:18: realms[0].name: must be a realm name, for example realm1'],
    ['realms:\n  - name: a\n  - name: b\n  - name: a', '4:11: realms[2].name: the realm a is there twice'],
    [
      'realms: [{ name: a, store: { type: memory, event-history: [{ uri: a..b }] } }]',
      '1:67: realms[0].store.event-history[0].uri: is no valid URI for match: exact',
    ],
    [
      'transports: [{ type: websockt }]',
      'transports[0].type: must be one of websocket, rawsocket, universal',
    ],
    [
      'transports: [{ type: rawsocket, path: /ws }]',
      'transports[0].path: unknown key; known here: type, endpoint,',
    ],
    ['transports: [{ type: websockt }]', 'did you mean "websocket"?'],
    [
      'transports:\n  - type: websocket\n    endpoint: { type: tcp, port: 70000 }',
      '3:34: transports[0].endpoint.port: must be a whole number from 0 to 65535, not 70000',
    ],
    [
      'transports: [{ type: websocket, endpoint: { type: tcp, port: null } }]',
      'transports[0].endpoint.port: must be a whole number from 0 to 65535, not null',
    ],
    [
      'transports: [{ type: websocket, path: ws }]',
      'must be a path that begins with a slash, without ? and #, not "ws"',
    ],
    [
      'transports: [{ type: websocket, options: { allowed_origins: ["*", a.example] } }]',
      'options.allowed_origins[1]: must be an origin, for example https://app.example.com, or * for all, not "a.example"',
    ],
    [
      'limits:\n  outbound_low_bytes: 99000000',
      '2:23: limits.outbound_low_bytes: must be less than outbound_high_bytes, which is 67108864, not 99000000',
    ],
    ['log: { level: inf0 }', '1:15: log.level: must be one of trace, debug, info'],
    ['log: { level: inf0 }', 'did you mean "info"?'],
    [`log: { format: ${'x'.repeat(80)} }`, `not "${'x'.repeat(56)}…`],
    ['log: []', '1:6: log: must be a dictionary'],
    ['[]', '1:1: the file: must be a dictionary'],
    ['log: 1\nlog: 2', '2:1: Map keys must be unique'],
    ['{\n  "log": {,}\n}', 'router.yaml:2:11: '],
    ['{', 'router.yaml:1:2: '],
    ['a: !!js/function x', 'router.yaml:1:4: '],
  ])('%j is refused with place, key and remedy', (source, sentence) => {
    const message = complaint(source);
    expect(message).toContain(sentence);
    expect(message).toMatch(/^router\.yaml:\d+:\d+: /);
  });

  it.each([
    [
      'ticket: { principals: { joe: { ticket: 12345, role: r } } }',
      'auth.ticket.principals.joe.ticket: must be text',
    ],
    [
      'wampcra: { users: { joe: { secret: [12345], role: r } } }',
      'auth.wampcra.users.joe.secret: must be text',
    ],
    [
      'scram: { principals: { joe: { stored-key: 12345 } } }',
      'auth.scram.principals.joe.stored-key: must be text that is not empty; if it is one, put it in quotes',
    ],
    [
      'ticket: { principals: { joe: { tickt: "12345" } } }',
      'auth.ticket.principals.joe.tickt: unknown key; did you mean "ticket"?',
    ],
    [
      'ticket: { type: dynamic, authenticatr: a }',
      'auth.ticket.authenticatr: unknown key; did you mean "authenticator"?',
    ],
    ['ticket: { type: dynamc, authenticator: a }', 'auth.ticket.type: must be dynamic'],
    [
      'cryptosign: { principals: { joe: { role: r, authorized_keys: [ab] } } }',
      'must be 64 hexadecimal digits',
    ],
  ])('auth: %s is refused, and secrets are not shown', (auth, sentence) => {
    const message = complaint(`realms: [{ name: a, auth: { ${auth} } }]`);
    expect(message).toContain(`realms[0].`);
    expect(message).toContain(sentence);
    expect(message).not.toContain('12345');
  });

  it('roles that are given to somebody have to be there', () => {
    const realm = (more: string): string => `realms: [{ name: a, ${more}, roles: [{ name: user }] }]`;
    const static_ = 'auth: { ticket: { principals: { joe: { ticket: a, role: usr } } } }';
    expect(complaint(realm(static_))).toContain(
      'realms[0].auth.ticket.principals.joe.role: gives the role usr, which is not among the roles: user',
    );
    expect(complaint('realms: [{ name: a, roles: [{ name: user }] }]')).toContain('gives the role anonymous');
    expect(parse(realm(static_.replace('usr', 'user'))).realms[0]!.roles).toHaveLength(1);
    expect(complaint(realm('auth: {}').replace('user }', 'user, permissions: [{ uri: a..b }] }'))).toContain(
      'realms[0].roles[0].permissions[0].uri: is no valid URI for match: exact',
    );
  });

  it('tells everything that is wrong, one line each', () => {
    const lines = complaint('log: { level: loud, colour: true }\nlimits: { sessions: many }').split('\n');
    expect(lines).toHaveLength(3);
  });

  it('an alias of what is not there is refused', () => {
    expect(complaint('a: *b')).toContain('router.yaml: Unresolved alias');
  });

  it('a text that would unfold without end is refused', () => {
    const bomb = Array.from({ length: 12 }, (_, i) => {
      const before = i === 0 ? 'x' : `*a${i - 1}`;
      return `a${i}: &a${i} [${Array.from({ length: 9 }, () => before).join(', ')}]`;
    });
    expect(complaint(bomb.join('\n'))).toContain('Excessive alias count');
  });
});

describe('references in the configuration', () => {
  const source =
    'transports: [{ type: websocket, path: "/${PART}", endpoint: { type: tcp, port: "${PORT:-8080}" } }]';

  it('stand for text, numbers and truth values', () => {
    expect(parse(source, { PART: 'wamp', PORT: '9000' }).transports).toMatchObject([
      { path: '/wamp', endpoint: { port: 9000 } },
    ]);
    expect(parse(source, { PART: '' }).transports).toMatchObject([{ path: '/', endpoint: { port: 8080 } }]);
    const { realms } = parse('realms: [{ name: a, options: { reroute: "${YES}" } }]', { YES: 'true' });
    expect(realms[0]!.options.reroute).toBe(true);
  });

  it('that cannot be resolved are named with their place', () => {
    expect(complaint(source)).toBe(
      'router.yaml:1:39: transports[0].path: the environment variable PART is not set: set it, or write ${PART:-default}',
    );
  });

  it('complaints show what was written, never what it stands for', () => {
    const message = complaint(source, { PART: 'a', PORT: 'hunter2' });
    expect(message).toContain('not "${PORT:-8080}"');
    expect(message).not.toContain('hunter2');
  });
});

describe('reading the file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'wamp-config-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  it('names the file and the key; paths of references begin at its directory', () => {
    const file = join(directory, 'router.json');
    writeFileSync(file, '{"log":{"level":"${file:level}"}}');
    writeFileSync(join(directory, 'level'), 'loud\n');
    expect(() => readConfig(file)).toThrow(`${file}:1:17: log.level: must be one of`);
    writeFileSync(join(directory, 'level'), 'warn\n');
    expect(readConfig(file).log.level).toBe('warn');
  });

  it('a missing file and a directory are one clear sentence each', () => {
    expect(() => readConfig(join(directory, 'none.json'))).toThrow('none.json: there is no such file');
    expect(() => readConfig(directory)).toThrow('it is a directory');
  });
});
