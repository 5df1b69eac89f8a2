/** Runs inside a real browser: a client of ours over the browser's own WebSocket, as caller, callee and subscriber. */
import { connect, WampError } from '@wamp/client';
import { cbor } from '@wamp/client/cbor';

async function exercise(): Promise<Record<string, unknown>> {
  const url = `ws://${location.host}/ws`;
  const callee = await connect(url, { realm: 'realm1' });
  const caller = await connect(url, { realm: 'realm1', serializers: [cbor()] });
  await callee.register('browser.add', ([a, b]) => Number(a) + Number(b));
  await callee.register('browser.fail', () => {
    throw new WampError('browser.error.sorry', ['no']);
  });
  const heard = new Promise((resolve) => void callee.subscribe('browser.news', ([news]) => resolve(news)));
  const sum = await caller.call('browser.add', [20, 22]);
  const error = await caller.call('browser.fail').catch((reason: unknown) => (reason as WampError).uri);
  await caller.publish('browser.news', ['grüß dich'], { acknowledge: true });
  const news = await heard;
  await caller.close();
  await callee.close();
  return { sum, error, news, native: 'process' in globalThis ? 'no' : 'yes' };
}

exercise()
  .catch((reason: unknown) => ({ failed: String(reason) }))
  .then((result) => fetch('/result', { method: 'POST', body: JSON.stringify(result) }))
  .catch(() => undefined);
