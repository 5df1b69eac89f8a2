/**
 * Checks every public package as its users will get it: packs it, lints the tarball (publint, arethetypeswrong),
 * installs all tarballs into an empty project outside the repository, and there runs each README example under plain
 * Node, type-checks it with `tsc --strict`, and loads the package with `require`.
 */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bin, ensureBuilt, ensureInstalled, pinnedPnpm, root } from './workspace.mjs';

const windows = process.platform === 'win32';
const exec = (command, args, cwd) =>
  execFileSync(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], shell: windows, encoding: 'utf8' });
let failures = 0;

async function step(title, work) {
  try {
    await work();
    console.log(`  ok    ${title}`);
  } catch (error) {
    failures++;
    console.log(
      `  FAIL  ${title}\n${String(error.stdout ?? '')}${String(error.stderr ?? '')}${String(error.message ?? error)}`,
    );
  }
}

async function passes(status) {
  if ((await status) !== 0) throw new Error('see above');
}

function publicPackages() {
  return readdirSync(join(root, 'packages'))
    .map((name) => join(root, 'packages', name))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) }))
    .filter(({ manifest }) => manifest.private !== true);
}

function pack({ folder, manifest }, into) {
  exec('npx', ['--yes', pinnedPnpm(), 'pack', '--pack-destination', into], folder);
  return join(into, `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`);
}

/** An empty project that has the tarballs and nothing else of ours. */
function emptyProject(box, tarballs) {
  const project = join(box, 'project');
  mkdirSync(project);
  const ours = Object.fromEntries(tarballs.map(({ name, file }) => [name, `file:${file}`]));
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify(
      {
        name: 'empty',
        private: true,
        type: 'module',
        dependencies: ours,
        overrides: ours,
        devDependencies: {
          typescript: '~5.9.3',
          '@types/node': '^20.19.0',
          // what the hooks and their example stand on
          react: '^19.3.1',
          'react-dom': '^19.3.1',
          '@types/react': '^19.3.3',
          '@types/react-dom': '^19.3.0',
        },
      },
      null,
      2,
    ),
  );
  exec('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], project);
  return project;
}

async function checkExample(project, name, folder) {
  const [example] = runnableExamples(join(folder, 'README.md'));
  if (example === undefined) throw new Error('README.md has no runnable example');
  const base = name.replace(/[@/]/g, '_');
  writeFileSync(join(project, `${base}.mts`), example.code);
  writeFileSync(join(project, `${base}.mjs`), toJavaScript(example.code));
  exec(process.execPath, [`${base}.mjs`], project);
}

function checkRequire(project, name, manifest) {
  for (const entry of Object.keys(manifest.exports)) {
    const id = name + entry.slice(1);
    exec(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        '-e',
        `if (Object.keys(require('${id}')).length === 0) process.exit(1)`,
      ],
      project,
    );
  }
}

await ensureInstalled();
// Needs TypeScript, so it can be loaded only now.
const { runnableExamples, toJavaScript } = await import('./readme-examples.mjs');
await ensureBuilt();
const box = mkdtempSync(join(tmpdir(), 'wamp-packages-'));
try {
  const packages = publicPackages();
  const tarballs = packages.map((one) => ({ name: one.manifest.name, file: pack(one, box) }));
  for (const [index, { manifest }] of packages.entries()) {
    const { file } = tarballs[index];
    console.log(manifest.name);
    await step('publint', () => passes(bin('publint', [file, '--strict'])));
    await step('are the types wrong', () =>
      passes(bin('attw', [file, '--profile', 'esm-only', '--format', 'ascii', '-q'])),
    );
  }
  console.log('an empty project with all tarballs');
  const project = emptyProject(box, tarballs);
  for (const { folder, manifest } of packages) {
    await step(`${manifest.name}: the README's example runs under plain Node`, () =>
      checkExample(project, manifest.name, folder),
    );
    await step(`${manifest.name}: require() works`, () => checkRequire(project, manifest.name, manifest));
  }
  await step('wamp-router starts from node_modules/.bin', () =>
    exec('npx', ['--no-install', 'wamp-router', '--version'], project),
  );
  const sources = readdirSync(project).filter((name) => name.endsWith('.mts'));
  await step('the examples type-check with tsc --strict', () =>
    exec(
      process.execPath,
      [
        'node_modules/typescript/bin/tsc',
        '--strict',
        '--noEmit',
        '--module',
        'nodenext',
        '--target',
        'es2022',
        '--lib',
        'es2023,dom',
        '--types',
        'node',
        ...sources,
      ],
      project,
    ),
  );
} finally {
  if (process.env.KEEP === '1') console.log(`kept: ${box}`);
  else rmSync(box, { recursive: true, force: true });
}
console.log(failures === 0 ? 'All packages are fit to be published.' : `${String(failures)} checks failed.`);
process.exit(failures === 0 ? 0 : 1);
