import { describe, expect, it } from 'vitest';
import { parseConfig } from './config-file.js';
import { planOf } from './config-plan.js';
import { CONFIG } from './config-schema.js';
import { allOptions } from './config-walk.js';

/** What everything is compared with: one of each kind of thing, so that every option has a place. */
const BASE = `
secret: a
realms:
  - name: realm1
    auth:
      anonymous: { role: r }
      ticket: { principals: { joe: { ticket: a, role: r, authid: a, realm: a, extra: { a: 1 } } } }
      wampcra:
        users: { joe: { secret: a, salt: a, iterations: 1, keylen: 1, role: r, authid: a, realm: a, extra: { a: 1 } } }
      scram:
        principals:
          joe: { kdf: pbkdf2, iterations: 1, memory: 1, salt: a, stored-key: a, server-key: a, role: r, authid: a, realm: a, extra: { a: 1 } }
      cryptosign: { principals: { joe: { authorized_keys: ['${'0'.repeat(64)}'], role: r, authid: a, realm: a, extra: { a: 1 } } } }
      tls:
        role: r
        principals: { joe: { certificate-sha256: '${'0'.repeat(64)}', role: r, authid: a, realm: a, extra: { a: 1 } } }
    roles:
      - name: r
        authorizer: a
        trustlevel: 1
        permissions: [{ uri: a, match: prefix, cache: false, authorizer: a }]
      - name: s
    options: { admin_roles: [operator] }
    store: { type: memory, event-history: [{ uri: com.example.a }] }
  - name: dynamic
    auth:
      anonymous: { type: dynamic, authenticator: a, authenticator-realm: a }
      ticket: { type: dynamic, authenticator: a, authenticator-realm: a }
      wampcra: { type: dynamic, authenticator: a, authenticator-realm: a }
      scram: { type: dynamic, authenticator: a, authenticator-realm: a }
      cryptosign: { type: dynamic, authenticator: a, authenticator-realm: a }
      tls: { type: dynamic, authenticator: a, authenticator-realm: a }
    store:
      { type: sqlite, path: a, retained_events: 1, retained_bytes: 1, history_events: 1, history_bytes: 1, event-history: [{ uri: com.example.a }] }
  - name: keys
    auth: { ticket: { type: jwt, jwks: a } }
  - name: one-token
    auth: { ticket: { type: jwt, secret: a, issuer: a, audience: a, authid-claim: a, role-claim: a, role: r } }
  - name: key-list
    auth: { ticket: [{ type: jwt, jwks: a }] }
  - name: several
    auth:
      ticket:
        - { principals: { joe: { ticket: a, role: r, authid: a, realm: a, extra: { a: 1 } } } }
        - { type: dynamic, authenticator: a, authenticator-realm: a }
        - { type: jwt, secret: a, issuer: a, audience: a, authid-claim: a, role-claim: a, role: r }
      tls: { principals: { joe: { certificate-sha256: ['${'0'.repeat(64)}'], role: r } } }
transports:
  - type: websocket
    endpoint: { type: unix, path: a }
    serializers: [json]
    options: { allowed_origins: [https://app.example], allowed_hosts: [a.example] }
  - type: universal
    endpoint:
      type: tcp
      tls:
        certificate: a
        key: a
        passphrase: a
        sni: [{ certificate: a, key: a, passphrase: a }]
        ca_certificates: a
    serializers: [json]
    options:
      allowed_origins: [https://app.example]
      allowed_hosts: [a.example]
      compression: { deflate: { request_max_window_bits: 12 } }
monitoring: { endpoint: { type: tcp, port: 9090 } }
log: { format: pretty }
`;

/** Another value by the option's last key; by key, because a value that fits by its kind may be wrong by its meaning. */
const OTHER: Readonly<Record<string, unknown>> = {
  admin_roles: 'owner',
  allowed_origins: 'https://other.example',
  allowed_hosts: 'b.example',
  authorized_keys: '1'.repeat(64),
  cache: true,
  client_certificates: 'request',
  min_version: 'TLSv1.3',
  'certificate-sha256': '1'.repeat(64),
  disclosure: 'never',
  extra: 2,
  format: 'json',
  health: false,
  interface: '127.0.0.2',
  kdf: 'argon2id13',
  level: 'warn',
  match: 'wildcard',
  path: '/other',
  request_ids: 'strict',
  role: 's',
  serializers: 'msgpack',
  slow_subscribers: 'latest',
  survives: 'power-loss',
  uri_check: 'strict',
  'retention.max_age_ms': 1000,
};

/** Keys that choose between kinds of things, and so cannot be changed alone; and the one that is for editors. */
const isChoice = (option: string): boolean => option === '$schema' || option.endsWith('.type');

type Holder = Record<PropertyKey, unknown>;

/** Every place in a configuration that an option has. */
function placesOf(at: unknown, [key, ...rest]: readonly string[]): readonly [Holder, string][] {
  if (typeof at !== 'object' || at === null) return [];
  const keys = key === '*' ? Object.keys(at) : Object.hasOwn(at, key!) ? [key!] : [];
  if (rest.length === 0) return keys.map((one) => [at as Holder, one]);
  return keys.flatMap((one) => placesOf((at as Holder)[one], rest));
}

function otherValue(option: string, before: unknown): unknown {
  const keys = option.replaceAll('.*', '').split('.');
  const known = OTHER[keys.slice(-2).join('.')] ?? OTHER[keys.at(-1)!];
  if (known !== undefined) return known;
  if (typeof before === 'boolean') return !before;
  if (typeof before === 'string') return 'b';
  return typeof before === 'number' ? before + 1 : 'json';
}

/** The base with one option changed. */
function changed(option: string): unknown {
  const config = parseConfig(BASE, 'base', { environment: {}, directory: '/' });
  const place = placesOf(config, option.split('.')).at(-1);
  expect(place, `a place for ${option} in the base`).toBeDefined();
  const [holder, key] = place!;
  const before = holder[key];
  holder[key] = otherValue(option, before);
  expect(holder[key], option).not.toEqual(before);
  return CONFIG.parse(config);
}

const plan = (config: unknown): unknown => planOf(config as ReturnType<typeof CONFIG.parse>);

describe('what a configuration asks to be built', () => {
  const options = allOptions(CONFIG).filter((option) => !isChoice(option));
  const base = plan(CONFIG.parse(parseConfig(BASE, 'base', { environment: {}, directory: '/' })));

  it('there are options, and no entry of this test is about one that is none', () => {
    expect(options.length).toBeGreaterThan(100);
    const known = (entry: string): boolean =>
      options.some((option) => option.replaceAll('.*', '').endsWith(entry));
    expect(Object.keys(OTHER).filter((entry) => !known(entry))).toEqual([]);
  });

  it.each(options)('%s has an effect', (option) => {
    expect(plan(changed(option))).not.toEqual(base);
  });
});
