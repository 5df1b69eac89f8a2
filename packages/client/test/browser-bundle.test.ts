/** What a bundler for browsers would take in, found by following the imports that remain at run time. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const here = dirname(fileURLToPath(import.meta.url));
const source = (name: string): string => join(here, '..', 'src', name);

function resolve(specifier: string, from: string, platform: 'browser' | 'node'): string {
  const options: ts.CompilerOptions = {
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    module: ts.ModuleKind.ESNext,
    customConditions: ['@wamp/source', platform],
  };
  const { resolvedModule } = ts.resolveModuleName(specifier, from, options, ts.sys);
  return resolvedModule?.resolvedFileName ?? specifier;
}

/** Specifiers of the imports and re-exports that are not only types. */
function importsOf(file: string): string[] {
  const parsed = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022);
  return parsed.statements.flatMap((statement) => {
    if (ts.isImportDeclaration(statement)) {
      const isType = statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
      return isType ? [] : [(statement.moduleSpecifier as ts.StringLiteral).text];
    }
    if (
      ts.isExportDeclaration(statement) &&
      !statement.isTypeOnly &&
      statement.moduleSpecifier !== undefined
    ) {
      return [(statement.moduleSpecifier as ts.StringLiteral).text];
    }
    return [];
  });
}

/** Every file and every package that an entry reaches. */
function reachedFrom(entry: string, platform: 'browser' | 'node'): string[] {
  const reached = new Set<string>();
  const open = [source(entry)];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    const isOurs = file.endsWith('.ts') && !file.endsWith('.d.ts') && !file.includes('node_modules');
    if (isOurs) open.push(...importsOf(file).map((specifier) => resolve(specifier, file, platform)));
  }
  return [...reached].map((file) => file.replaceAll('\\', '/'));
}

const NODE_ONLY = /^node:|^ws$|\/ws\/|\/node-ws\.ts$|\/host\/node\.ts$/;

describe('the main entry', () => {
  it('for browsers reaches neither ws nor a module of Node', () => {
    const files = reachedFrom('index.ts', 'browser');
    expect(files.filter((file) => NODE_ONLY.test(file))).toEqual([]);
    expect(files.some((file) => file.endsWith('/transports/web-socket.ts'))).toBe(true);
  });

  it('reaches neither the dealer, nor the binary serializers, nor ciphers', () => {
    for (const platform of ['browser', 'node'] as const) {
      const files = reachedFrom('index.ts', platform);
      expect(files.filter((file) => /\/dealer\/|cbor|msgpack|noble/.test(file))).toEqual([]);
      expect(files.length).toBeGreaterThan(30);
    }
  });

  it('for Node takes ws', () => {
    const files = reachedFrom('index.ts', 'node');
    expect(files.some((file) => file.endsWith('/transports/node-ws.ts'))).toBe(true);
    expect(files.some((file) => file.endsWith('/transports/web-socket.ts'))).toBe(false);
  });
});

it('the loopback entry works in browsers too', () => {
  const files = reachedFrom('loopback.ts', 'browser');
  expect(files.filter((file) => NODE_ONLY.test(file))).toEqual([]);
  expect(files.some((file) => file.includes('/dealer/src/'))).toBe(true);
});

it('so does the entry for payload passthru mode', () => {
  const files = reachedFrom('wamp-passthru.ts', 'browser');
  expect(files.filter((file) => NODE_ONLY.test(file))).toEqual([]);
  expect(files.some((file) => file.includes('@noble/ciphers/'))).toBe(true);
});

describe('the entry for logging in', () => {
  /** The modules of which something is left in a bundle that uses one export. */
  async function bundled(name: string): Promise<string[]> {
    const { metafile } = await build({
      stdin: {
        contents: `import { ${name} } from './auth/index.ts'; globalThis.used = ${name};`,
        resolveDir: source('.'),
        loader: 'ts',
      },
      ...{ bundle: true, write: false, metafile: true, format: 'esm', platform: 'browser' },
      conditions: ['@wamp/source'],
    });
    return Object.values(metafile.outputs).flatMap(({ inputs }) =>
      Object.keys(inputs).filter((file) => inputs[file]!.bytesInOutput > 0),
    );
  }

  const CURVE = /ed25519/;
  const ARGON2 = /argon2/;
  const CRYPTOGRAPHY = /noble|protocol\/src\/auth/;

  it.each(['ticket', 'jwt', 'certificate'])('brings no cryptography into a bundle with %s', async (name) => {
    const files = await bundled(name);
    expect(files.length).toBeGreaterThan(1);
    expect(files.filter((file) => CRYPTOGRAPHY.test(file))).toEqual([]);
  });

  it.each([
    ['wampcra', false, false],
    ['scram', true, false],
    ['cryptosign', false, true],
  ])('brings into a bundle with %s what that needs', async (name, hasArgon2, hasCurve) => {
    const files = await bundled(name);
    expect(files.some((file) => CRYPTOGRAPHY.test(file))).toBe(true);
    expect(files.some((file) => ARGON2.test(file))).toBe(hasArgon2);
    expect(files.some((file) => CURVE.test(file))).toBe(hasCurve);
    expect(files.filter((file) => NODE_ONLY.test(file))).toEqual([]);
  });
});
