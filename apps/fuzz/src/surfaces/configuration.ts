/** Configuration files: checked, or refused with a complaint that names the file; never anything else. */
import { damaged } from '../input.js';
import type { Random } from '../random.js';
import type { Surface } from '../surface.js';

interface ConfigModule {
  readonly parseConfig: (source: string, name: string, references: object) => unknown;
}
interface TemplateModule {
  readonly [name: string]: unknown;
}

/** The checking of files is no interface of the package: its built modules are taken as they are. */
const built = (module: string): string =>
  new URL(`../../../../packages/router-server/dist/${module}.js`, import.meta.url).href;

const KEYS = [
  ...[
    'listeners',
    'realms',
    'limits',
    'log',
    'secret',
    'tls',
    'auth',
    'roles',
    'permissions',
    'ticket',
    'principals',
    'store',
  ],
  ...[
    'port',
    'host',
    'path',
    'allow',
    'deny',
    'uri',
    'match',
    'authorizer',
    '__proto__',
    'constructor',
    '<<',
    '',
    'name',
  ],
];
const VALUES = [
  ...[
    '1',
    '-1',
    '1e999',
    '0x10',
    '0o7',
    '~',
    'true',
    '"${HOME}"',
    '${file:/etc/hostname}',
    '${',
    '"\\u0000"',
    '*a',
    '&a x',
    '!!binary x',
  ],
  ...[
    '[]',
    '{}',
    '[1, 2',
    '{a: ',
    "'",
    '|',
    '>',
    '2026-01-01',
    '.nan',
    '!!js/function x',
    '"\\ud800"',
    '99999999999999999999',
  ],
];

function randomYaml(random: Random, depth = 0): string {
  const indent = '  '.repeat(depth);
  return random
    .list(5, () => {
      const key = `${indent}${random.oneIn(6) ? '- ' : ''}${random.of(KEYS)}:`;
      return depth < 4 && random.oneIn(2)
        ? `${key}\n${randomYaml(random, depth + 1)}`
        : `${key} ${random.of(VALUES)}`;
    })
    .join('\n');
}

export async function openConfiguration(): Promise<Surface> {
  const { parseConfig } = (await import(built('config-file'))) as ConfigModule;
  const template = Object.values((await import(built('config-template'))) as TemplateModule);
  const start = new TextEncoder().encode(
    template
      .map((each) =>
        typeof each === 'function' && each.length === 0
          ? String((each as () => unknown)())
          : typeof each === 'string'
            ? each
            : '',
      )
      .join(''),
  );
  return {
    make: (random) => {
      if (random.oneIn(2)) return [new TextEncoder().encode(randomYaml(random))];
      let bytes: Uint8Array = start;
      for (let damage = random.below(5); damage >= 0; damage -= 1) bytes = damaged(bytes, random);
      return [bytes];
    },
    take: ([bytes]) => {
      const source = Buffer.from(bytes ?? []).toString('utf8');
      try {
        parseConfig(source, 'fuzz.yaml', { environment: { HOME: '/root' }, directory: '/' });
        return Promise.resolve(undefined);
      } catch (error) {
        const { name, message } = error as Error;
        const isClear = name === 'ConfigError' && message.includes('fuzz.yaml') && message.length < 100_000;
        return Promise.resolve(isClear ? undefined : `the complaint is ${String((error as Error).stack)}`);
      }
    },
    close: () => Promise.resolve(),
  };
}
