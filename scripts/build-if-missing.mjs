/** Before `pnpm --filter router-server start`: brings the router's dist up to date, in a clone only. */
import { ensureBuilt } from './workspace.mjs';

await ensureBuilt('packages/router-server');
