/**
 * What a browser loads of the client: bundles made by esbuild for small applications, minified and compressed.
 * Owns the applications and the measuring; the budgets are in client-size.mjs.
 */
import { build } from 'esbuild';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { root } from './workspace.mjs';

/** Applications by name, and the folder from which their imports are found. */
export const APPLICATIONS = {
  'main entry, JSON': "import { connect } from '@wamp/client';\nglobalThis.app = connect;",
  'main entry, JSON and MessagePack':
    "import { connect } from '@wamp/client';\nimport { msgpack } from '@wamp/client/msgpack';\nglobalThis.app = [connect, msgpack];",
  'main entry, JSON and CBOR':
    "import { connect } from '@wamp/client';\nimport { cbor } from '@wamp/client/cbor';\nglobalThis.app = [connect, cbor];",
  'main entry, JSON and contracts':
    "import { connect } from '@wamp/client';\nimport { contract, procedure, topic } from '@wamp/client/contract';\nglobalThis.app = [connect, contract, procedure, topic];",
};

/**
 * @param external modules that are left out
 * @returns the bundle's bytes, minified, and minified and compressed
 */
export async function bundled(contents, resolveDir = join(root, 'apps', 'demo'), external = []) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['@wamp/source'],
    define: { global: 'globalThis' },
    external,
    write: false,
    logLevel: 'silent',
  });
  const [{ contents: code }] = outputFiles;
  return { minified: code.length, compressed: gzipSync(code, { level: 9 }).length };
}
