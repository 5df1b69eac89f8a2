/** `npm test`: installs and builds what is missing, then runs every test. Arguments are handed on to vitest. */
import { bin, ensureBuilt, ensureInstalled } from './workspace.mjs';

await ensureInstalled();
await ensureBuilt();
const coverage = process.env.CI === 'true' ? ['--coverage'] : [];
process.exit(await bin('vitest', ['run', ...coverage, ...process.argv.slice(2)]));
