import { once } from 'node:events';
import { connect } from '@wamp/client';
import { WebSocket } from 'ws';
import { afterEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../src/config-file.js';
import { planOf } from '../src/config-plan.js';
import { listen, Router } from '../src/index.js';
import { RouterProcess } from '../src/router-process.js';

const CONFIG = `
drain: { timeout_ms: 15000 }
transports: [{ type: websocket, endpoint: { type: tcp, port: 0 } }]
monitoring: { metrics: true, endpoint: { type: tcp, port: 0 } }
`;

describe('the operating pages', () => {
  let router: RouterProcess | undefined;
  const start = async (source: string): Promise<RouterProcess> => {
    const plan = planOf(parseConfig(source, 'test', { environment: {}, directory: '/' }));
    router = await RouterProcess.start(plan, { router: {}, listener: {}, suppressedLogLines: () => 7 });
    return router;
  };
  afterEach(() => router?.close());

  const pageOf = (base: string | undefined, path: string): Promise<Response> => fetch(`${base!}${path}`);
  const httpOf = ({ servers }: RouterProcess): string => servers[0]!.url.replace(/^ws(.*)\/ws$/, 'http$1');

  it('say that the router lives and is ready, on their own port only if they have one', async () => {
    const running = await start(CONFIG);
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      expect((await pageOf(running.monitoringUrl, path)).status).toBe(200);
      expect((await pageOf(httpOf(running), path)).status).toBe(404);
    }
    expect((await pageOf(running.monitoringUrl, '/')).status).toBe(404);
    const posted = await fetch(`${running.monitoringUrl!}/readyz`, { method: 'POST' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('are on the port of the transport by default, without metrics', async () => {
    const running = await start('transports: [{ type: websocket, endpoint: { type: tcp, port: 0 } }]');
    expect(running.monitoringUrl).toBeUndefined();
    expect((await pageOf(httpOf(running), '/readyz')).status).toBe(200);
    expect((await pageOf(httpOf(running), '/healthz?x')).status).toBe(200);
    expect((await pageOf(httpOf(running), '/metrics')).status).toBe(404);
  });

  it('metrics tell sessions, registrations, frames, refusals and the process', async () => {
    const running = await start(CONFIG);
    const client = await connect(running.servers[0]!.url, { realm: 'realm1' });
    await client.register('com.example.add', () => 1);
    const stray = new WebSocket(running.servers[0]!.url, ['none']);
    await once(stray, 'error');
    const response = await pageOf(running.monitoringUrl, '/metrics');
    expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    const text = await response.text();
    const { registrations } = running.router.stats().realms.get('realm1')!;
    for (const line of [
      'wamp_router_sessions 1',
      'wamp_router_sessions_joined_total 1',
      'wamp_router_frames_received_total 2',
      `wamp_realm_registrations{realm="realm1"} ${registrations}`,
      'wamp_listener_connections{transport="websocket"} 1',
      'wamp_listener_connections_refused_total{status="400"} 1',
      'wamp_log_lines_suppressed_total 7',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
    await client.close();
    // Counters are read anew each time and add up to what the router counted, not to what was asked for.
    const later = await (await pageOf(running.monitoringUrl, '/metrics')).text();
    expect(later.split('\n')).toContain('wamp_router_sessions_joined_total 1');
  });

  it('while it drains, /readyz says 503 and /healthz 200, and new clients are refused', async () => {
    const running = await start(CONFIG);
    const url = running.servers[0]!.url;
    const callee = await connect(url, { realm: 'realm1' });
    let finish: () => void = () => undefined;
    let begun: () => void = () => undefined;
    const isRunning = new Promise<void>((resolve) => (begun = resolve));
    await callee.register('com.example.slow', () => {
      begun();
      return new Promise((resolve) => (finish = () => resolve('done')));
    });
    const call = (await connect(url, { realm: 'realm1' })).call('com.example.slow');
    await isRunning;
    const closed = running.close();
    expect((await pageOf(running.monitoringUrl, '/readyz')).status).toBe(503);
    expect((await pageOf(running.monitoringUrl, '/healthz')).status).toBe(200);
    const refused = new WebSocket(url, ['wamp.2.json']);
    const [error] = (await once(refused, 'error')) as [Error];
    expect(error.message).toContain('503');
    finish();
    expect(await call).toBe('done');
    await closed;
  });

  it('a server of an embedding program drains its router with close({ drainMs })', async () => {
    const router = new Router({ realms: { realm1: {} } });
    const server = await listen(router, { port: 0 });
    const peer = new WebSocket(server.url, ['wamp.2.json']);
    peer.on('open', () => peer.send('[1,"realm1",{"roles":{"caller":{}}}]'));
    await once(peer, 'message');
    const closed = once(peer, 'close');
    await server.close({ drainMs: 1_000 });
    expect((await closed)[0]).toBe(1012);
    expect(router.stats().sessions).toBe(0);
  });
});
