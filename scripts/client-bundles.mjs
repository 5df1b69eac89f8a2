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
 * What is loaded at once: what the application only imports when it needs it, as a client that reconnects does with session
 * resume, is a file of its own.
 * @param external modules that are left out
 * @returns the bundle's bytes, minified, and minified and compressed
 */
export async function bundled(contents, resolveDir = join(root, 'apps', 'demo'), external = []) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir },
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['@wamp/source'],
    define: { global: 'globalThis' },
    external,
    outdir: 'out',
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  const loaded = new Set();
  const load = (file) => {
    if (loaded.has(file)) return;
    loaded.add(file);
    for (const { path, kind } of metafile.outputs[file].imports) if (kind === 'import-statement') load(path);
  };
  for (const [file, { entryPoint }] of Object.entries(metafile.outputs))
    if (entryPoint === '<stdin>') load(file);
  const files = outputFiles.filter(({ path }) => [...loaded].some((file) => path.endsWith(file)));
  const sum = (bytesOf) => files.reduce((total, { contents: code }) => total + bytesOf(code), 0);
  return {
    minified: sum((code) => code.length),
    compressed: sum((code) => gzipSync(code, { level: 9 }).length),
  };
}
