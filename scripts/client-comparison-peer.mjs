/**
 * One client in a process of its own, for client-comparison.mjs: serves echoes or makes calls, and tells what it cost.
 *
 *   node client-comparison-peer.mjs ours|autobahn|wampy caller|callee URL CALLS DEPTH
 */
import { CLIENTS } from './client-comparison-clients.mjs';

const [name, role, url, calls, depth] = process.argv.slice(2);
const client = await CLIENTS[name].open(url);
if (role === 'callee') {
  await client.register('com.example.echo', (args) => args[0]);
  let before;
  process.on('message', (message) => {
    if (message === 'start') before = process.cpuUsage();
    else {
      const { user, system } = process.cpuUsage(before);
      process.send({ cpuUs: user + system });
      process.disconnect();
    }
  });
  process.send('ready');
} else {
  const round = async (total) => {
    let started = 0;
    const worker = async () => {
      while (started < total) {
        const value = (started += 1);
        if ((await client.call('com.example.echo', [value])) !== value) throw new Error('a wrong answer');
      }
    };
    await Promise.all(Array.from({ length: Number(depth) }, worker));
  };
  await round(Math.ceil(Number(calls) / 5));
  process.send('ready');
  process.once('message', async () => {
    const before = process.cpuUsage();
    const since = performance.now();
    await round(Number(calls));
    const ms = performance.now() - since;
    const { user, system } = process.cpuUsage(before);
    process.send({ cpuUs: user + system, ms });
    process.disconnect();
  });
}
process.once('disconnect', () => process.exit());
