import { describe, expect, it } from 'vitest';
import { parseConfig } from './config-file.js';
import { planOf } from './config-plan.js';
import { CONFIG } from './config-schema.js';
import { allOptions } from './config-walk.js';

/** What everything is compared with: one entry in each list, so that every option has a place. */
const BASE = `
realms:
  - name: realm1
    options: { admin_roles: [operator] }
    store: { type: memory, event-history: [{ uri: com.example.a }] }
transports:
  - type: websocket
    options: { allowed_origins: [https://app.example] }
monitoring: { endpoint: { type: tcp, port: 9090 } }
`;

/** Another value for each option; by option, because a value that fits by its kind may be wrong by its meaning. */
const OTHER: Readonly<Record<string, unknown>> = {
  'realms.*.name': 'realm2',
  'realms.*.options.uri_check': 'strict',
  'realms.*.options.request_ids': 'strict',
  'realms.*.options.disclosure': 'never',
  'realms.*.options.admin_roles.*': 'owner',
  'realms.*.options.reroute': true,
  'realms.*.store.event-history.*.uri': 'com.example.b',
  'realms.*.store.event-history.*.match': 'prefix',
  'realms.*.store.retention.max_age_ms': 1000,
  'transports.*.endpoint.interface': '127.0.0.2',
  'transports.*.path': '/other',
  'transports.*.serializers.*': 'cbor',
  'transports.*.options.allowed_origins.*': 'https://other.example',
  'monitoring.health': false,
  'monitoring.metrics': true,
  'monitoring.endpoint.interface': '127.0.0.2',
  'log.level': 'warn',
  'log.format': 'json',
};

/** Options that choose between kinds of things, and so cannot be changed alone; and the one that is for editors. */
const CHOICES = new Set([
  '$schema',
  'realms.*.store.type',
  'transports.*.type',
  'transports.*.endpoint.type',
  'monitoring.endpoint.type',
]);

/** The base with one option changed. Numbers become one more than what they were. */
function changed(option: string): unknown {
  const config = parseConfig(BASE, 'base', { environment: {}, directory: '/' });
  const steps = option.split('.').map((step) => (step === '*' ? 0 : step));
  const last = steps.pop()!;
  const holder = steps.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)[key], config);
  const values = holder as Record<PropertyKey, unknown>;
  const before = values[last];
  values[last] = option in OTHER ? OTHER[option] : (before as number) + 1;
  expect(values[last], option).not.toEqual(before);
  expect(values[last], option).not.toBeNaN();
  return CONFIG.parse(config);
}

const plan = (config: unknown): unknown => planOf(config as ReturnType<typeof CONFIG.parse>);

describe('what a configuration asks to be built', () => {
  const options = allOptions(CONFIG).filter((option) => !CHOICES.has(option));
  const base = plan(CONFIG.parse(parseConfig(BASE, 'base', { environment: {}, directory: '/' })));

  it('there are options, and no entry of this test is about one that is none', () => {
    expect(options.length).toBeGreaterThan(50);
    expect(Object.keys(OTHER).filter((option) => !options.includes(option))).toEqual([]);
    expect([...CHOICES].filter((option) => !allOptions(CONFIG).includes(option))).toEqual([]);
  });

  it.each(options)('%s has an effect', (option) => {
    expect(plan(changed(option))).not.toEqual(base);
  });
});
