import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const script = fileURLToPath(new URL('../scripts/kill-run.mjs', import.meta.url));

it.skipIf(process.platform === 'win32')(
  'RETAIN-003, HIST-001: a router process that is killed while it is published to loses nothing that it acknowledged',
  { timeout: 120_000 },
  async () => {
    const args = [script, '--rounds', '4', '--seed', '5', '--json'];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const tally = JSON.parse(stdout) as Record<string, number>;
    expect(tally).toMatchObject({ rounds: 4, lost: 0, unopenable: 0 });
    expect(tally['acknowledged']).toBeGreaterThan(0);
  },
);
