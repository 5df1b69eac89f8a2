/** The process `wamp`: its streams, its signals and its exit code. */
import { main } from './main.js';

/** The first signal asks for an orderly end, a second one ends at once. */
export async function runProcess(host: NodeJS.Process): Promise<void> {
  const stop = new AbortController();
  const onSignal = (): void => {
    // The second one is the system's: it kills.
    host.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    stop.abort();
  };
  host.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  // `wamp subscribe … | head -1`: nobody reads any more.
  host.stdout.on('error', onSignal);
  host.exitCode = await main(host.argv.slice(2), {
    out: (text) => host.stdout.write(text),
    err: (text) => host.stderr.write(text),
    in: host.stdin,
    env: host.env,
    isInteractive: host.stdout.isTTY,
    interrupted: stop.signal,
  });
  // A pipe that stays open must not keep the process.
  host.stdin.destroy();
}
