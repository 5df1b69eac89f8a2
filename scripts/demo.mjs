/** `npm run demo`: installs and builds what is missing, then plays the warehouse story over a real router. */
import { ensureBuilt, ensureInstalled, root, run } from './workspace.mjs';

await ensureInstalled();
await ensureBuilt();
process.exit(
  await run(process.execPath, ['apps/demo/dist/main.js', ...process.argv.slice(2)], { cwd: root }),
);
