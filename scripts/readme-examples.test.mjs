/** Every README's runnable example runs under plain Node against the built packages and ends by itself. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { runnableExamples, toJavaScript } from './readme-examples.mjs';
import { root } from './workspace.mjs';

const packages = readdirSync(join(root, 'packages')).filter((name) =>
  existsSync(join(root, 'packages', name, 'package.json')),
);
const documents = [
  ...packages.map((name) => ({
    file: join(root, 'packages', name, 'README.md'),
    folder: join(root, 'packages', name),
  })),
  { file: join(root, 'README.md'), folder: join(root, 'apps', 'demo') },
  ...readdirSync(join(root, 'docs'))
    .map((name) => join(root, 'docs', name))
    .filter((file) => file.endsWith('.md') && runnableExamples(file).length > 0)
    .map((file) => ({ file, folder: join(root, 'apps', 'demo') })),
];

describe.each(documents)('$file', ({ file, folder }) => {
  const examples = runnableExamples(file);

  it('has a runnable example', () => {
    expect(examples.length).toBeGreaterThan(0);
  });

  it.each(examples)('line $line runs', async ({ line, code }) => {
    const script = join(folder, `.example-${String(line)}.mjs`);
    writeFileSync(script, toJavaScript(code));
    try {
      await promisify(execFile)(process.execPath, [script], { cwd: folder, timeout: 15_000 });
    } finally {
      rmSync(script);
    }
  });
});
