/**
 * What the signal SIGHUP means to a router with TLS: read the certificates anew. Owns the signal's handler; the servers do the
 * reading. A router without TLS keeps the signal's ordinary meaning, which is the end of the process.
 */
import type { RouterServer } from './listen.js';

export interface TlsReload {
  readonly servers: readonly Pick<RouterServer, 'hasTls' | 'reloadTls' | 'url'>[];
  readonly log: { info(sentence: string): void; warn(sentence: string): void };
  /** the process */
  readonly host: { on(signal: 'SIGHUP', listener: () => void): unknown };
}

export function installTlsReload({ servers, log, host }: TlsReload): void {
  const secured = servers.filter(({ hasTls }) => hasTls);
  if (secured.length === 0) return;
  host.on('SIGHUP', () => {
    for (const server of secured) {
      try {
        server.reloadTls();
        log.info(`SIGHUP: the certificates of ${server.url} were read anew`);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        log.warn(`SIGHUP: the former certificates of ${server.url} stay in force: ${reason}`);
      }
    }
  });
}
