/**
 * How the process ends: once and orderly on the first signal, at once on the second, with 1 after a fault.
 * Owns signals and exit codes; what closing means is handed in.
 */

/** What ending the process needs. */
export interface Shutdown {
  /** Closes everything, in order. */
  readonly close: () => Promise<void>;
  /** milliseconds that closing may take before the process ends anyway */
  readonly limitMs: number;
  readonly log: {
    info(sentence: string): void;
    warn(sentence: string): void;
    fatal(error: unknown, sentence: string): void;
  };
  /** Writes out the logs that are still in memory and calls back, soon, whether or not that was possible. */
  readonly flush: (done: () => void) => void;
  /** `process`, or its stand-in. */
  readonly host: Pick<NodeJS.Process, 'on' | 'exit'>;
}

/** Exit codes by signal, as shells report them: 128 and the signal's number. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof SIGNALS;

/** Takes over SIGINT, SIGTERM and uncaught errors. */
export function installShutdown(shutdown: Shutdown): void {
  const { host, log, flush, limitMs } = shutdown;
  let isEnding = false;
  let isFlushing = false;
  const end = (code: number): void => {
    if (isFlushing) return;
    isFlushing = true;
    flush(() => host.exit(code));
  };
  const onSignal = (signal: Signal): void => {
    if (isEnding) {
      // Whoever asks twice does not want to wait for anything, the log's last lines included.
      host.exit(SIGNALS[signal]);
      return;
    }
    isEnding = true;
    log.info(`${signal}: letting running calls finish; again to stop at once`);
    setTimeout(() => {
      log.warn(`not everything was closed within ${limitMs} ms, stopping now`);
      end(1);
    }, limitMs).unref();
    shutdown.close().then(
      () => {
        log.info('stopped');
        end(0);
      },
      (error: unknown) => {
        log.fatal(error, 'closing failed');
        end(1);
      },
    );
  };
  for (const signal of Object.keys(SIGNALS) as Signal[]) host.on(signal, () => onSignal(signal));
  // The state of the process is unknown after an error that nobody expected: the only safe step is a fresh start.
  host.on('uncaughtException', (error) => {
    isEnding = true;
    log.fatal(error, 'an unexpected error ends the router; please report it');
    end(1);
  });
}
