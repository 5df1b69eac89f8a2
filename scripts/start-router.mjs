/**
 * `pnpm --filter router-server start`, in a clone only: brings the router's dist up to date, then becomes the router.
 * One process, so that Ctrl+C reaches the router and nobody else.
 */
import { ensureBuilt } from './workspace.mjs';

await ensureBuilt('packages/router-server');
await import('../packages/router-server/dist/cli.js');
