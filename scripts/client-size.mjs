/**
 * `pnpm run size`: measures the client's bundles, holds them against their budgets, and writes the figures into the README of
 * the package; with `--check` it fails where they are not the same.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { APPLICATIONS, bundled } from './client-bundles.mjs';
import { root } from './workspace.mjs';

/** Most bytes, minified and compressed. A budget is lowered when a bundle has become smaller, and raised only with a reason. */
const BUDGETS = {
  'main entry, JSON': 15.5 * 1024,
  'main entry, JSON and MessagePack': 20 * 1024,
  'main entry, JSON and CBOR': 20.5 * 1024,
  'main entry, JSON and contracts': 17.5 * 1024,
};

const isCheck = process.argv.includes('--check');
const rows = [];
let failed = false;
for (const [name, code] of Object.entries(APPLICATIONS)) {
  const { minified, compressed } = await bundled(code);
  const budget = BUDGETS[name];
  if (compressed > budget) {
    console.error(`${name}: ${compressed} bytes, the budget is ${budget}`);
    failed = true;
  }
  rows.push([name, minified, compressed]);
}

const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;
const table = [
  '| bundle | minified | and compressed |',
  '|---|---|---|',
  ...rows.map(([name, ...sizes]) => `| ${name} | ${sizes.map(kilobytes).join(' | ')} |`),
].join('\n');
console.log(table);

const readme = join(root, 'packages', 'client', 'README.md');
const before = readFileSync(readme, 'utf8');
const after = before.replace(
  /(<!-- prettier-ignore-start -->\n)[^]*?(\n<!-- prettier-ignore-end -->)/,
  `$1\n${table}\n$2`,
);
if (after !== before) {
  if (isCheck) {
    console.error('packages/client/README.md has other figures: run `pnpm run size`');
    failed = true;
  } else writeFileSync(readme, after);
}
process.exitCode = failed ? 1 : 0;
