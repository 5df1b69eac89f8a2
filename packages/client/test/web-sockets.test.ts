/** One suite for both WebSocket transports: that of Node, and that of browsers over a WebSocket of the same interface. */
import {
  GoodbyeMessage,
  MessageKind,
  Payload,
  ResultMessage,
  WelcomeMessage,
  type Serializer,
} from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { json } from '@wamp/protocol/json';
import { msgpack } from '@wamp/protocol/msgpack';
import { CanceledError, connect, ConnectionError, ConnectionLostError, type Client } from '@wamp/client';
import { WebSocket as WsWebSocket } from 'ws';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openWebSocket as openOnNode } from '../src/transports/node-ws.js';
import { openWebSocket as openNative } from '../src/transports/web-socket.js';
import type { ScriptedRouter } from './scripted-router.fixture.js';
import { wsServer, type WsServer } from './ws-server.fixture.js';

const first = (offered: Set<string>): string => [...offered][0]!;
const servers: WsServer[] = [];

async function server(choose: (offered: Set<string>) => string | false = first): Promise<WsServer> {
  const made = await wsServer(choose);
  servers.push(made);
  return made;
}

beforeAll(() => {
  // Node 20 has no WebSocket of its own; that of ws has the same interface.
  (globalThis as { WebSocket: unknown }).WebSocket ??= WsWebSocket;
});

afterEach(async () => {
  for (const each of servers.splice(0)) await each.close();
});

describe.each([
  ['Node', openOnNode],
  ['native', openNative],
])('the %s WebSocket transport', (name, open) => {
  function dial(
    url: string,
    serializers: readonly Serializer[],
    signal?: AbortSignal,
    maxFrameBytes = 1e6,
  ): Promise<Client> {
    return connect((attempt) => open(url, { serializers, signal: attempt, maxFrameBytes }), {
      realm: 'realm1',
      closeTimeoutMs: 1000,
      ...(signal === undefined ? undefined : { signal }),
    });
  }

  async function joinedOver(
    serializer: Serializer,
  ): Promise<{ client: Client; router: ScriptedRouter; socket: WsServer }> {
    const socket = await server();
    const arrival = socket.router(serializer);
    const connecting = dial(socket.url, [serializer]);
    const router = await arrival;
    await router.welcomes();
    return { client: await connecting, router, socket };
  }

  it.each([json(), msgpack(), cbor()])('carries calls in $format', async (serializer) => {
    const { client, router } = await joinedOver(serializer);
    const call = client.call('a.b', ['grüße', 1.5]);
    const { request, payload } = await router.gets(MessageKind.Call);
    expect(payload.args).toEqual(['grüße', 1.5]);
    router.sends(new ResultMessage(request, {}, Payload.of(['zurück'])));
    expect(await call).toBe('zurück');
    const closing = client.close();
    await router.dismisses();
    await closing;
    expect(await router.seesTheEnd()).toEqual({ wasClean: true, reason: '1000' });
  });

  it('WS-001: offers its serializers in order of preference and takes the one that the server chose', async () => {
    let offered: string[] = [];
    const socket = await server((set) => {
      offered = [...set];
      return 'wamp.2.json';
    });
    const arrival = socket.router(json());
    const connecting = dial(socket.url, [cbor(), json()]);
    await (await arrival).welcomes();
    expect(offered).toEqual(['wamp.2.cbor', 'wamp.2.json']);
    expect((await connecting).status.current).toBe('open');
  });

  it('WS-004: fails if the server picks no subprotocol', async () => {
    const socket = await server(() => false);
    await expect(dial(socket.url, [json()])).rejects.toBeInstanceOf(ConnectionError);
  });

  it('WS-004: fails if the server picks one that was not offered', async () => {
    const socket = await server(() => 'wamp.2.cbor');
    await expect(dial(socket.url, [json()])).rejects.toBeInstanceOf(ConnectionError);
  });

  it('fails with ConnectionError if nobody listens', async () => {
    const socket = await server();
    const { url } = socket;
    await socket.close();
    await expect(dial(url, [json()])).rejects.toBeInstanceOf(ConnectionError);
    await expect(dial(url, [json()])).rejects.toThrow(url);
  });

  it('stops dialing when the signal is aborted', async () => {
    const socket = await server();
    const stop = new AbortController();
    const connecting = dial(socket.url, [json()], stop.signal);
    stop.abort();
    await expect(connecting).rejects.toBeInstanceOf(CanceledError);
  });

  it('WS-002: a frame of the wrong kind is a violation: ABORT, then close', async () => {
    const { client, router, socket } = await joinedOver(json());
    socket.sockets[0]!.send(Buffer.from('[6,{},"a"]'), { binary: true });
    expect((await router.gets(MessageKind.Abort)).reason).toBe('wamp.error.protocol_violation');
    expect((await client.closed).reason).toBe('wamp.error.protocol_violation');
    const end = await router.seesTheEnd();
    expect(end.reason).toBe(name === 'Node' ? '1002' : '3002');
  });

  it('RPC-034: a connection that is cut rejects what is pending', async () => {
    const { client, router } = await joinedOver(json());
    const call = client.call('a.b');
    call.catch(() => undefined);
    await router.gets(MessageKind.Call);
    router.cuts();
    await expect(call).rejects.toBeInstanceOf(ConnectionLostError);
    expect(await client.closed).toMatchObject({ by: 'connection', wasClean: false });
  });

  it('a router that closes the connection with GOODBYE or without is noticed', async () => {
    const polite = await joinedOver(json());
    polite.router.sends(new GoodbyeMessage({}, 'wamp.close.system_shutdown'));
    polite.router.closes();
    expect(await polite.client.closed).toMatchObject({ by: 'router', reason: 'wamp.close.system_shutdown' });
    const rude = await joinedOver(json());
    rude.router.closes();
    expect(await rude.client.closed).toMatchObject({ by: 'connection' });
  });

  it('carries many messages of one turn, and large ones, in order', async () => {
    const { client, router } = await joinedOver(json());
    const big = 'x'.repeat(100_000);
    for (let i = 0; i < 50; i++) void client.publish('a.b', [i, i % 10 === 0 ? big : '']);
    for (let i = 0; i < 50; i++) {
      const { payload } = await router.gets(MessageKind.Publish);
      expect(payload.args[0]).toBe(i);
    }
  });

  it('loses nothing that comes before the session listens', async () => {
    const socket = await server();
    const arrival = socket.router(json());
    const opened = open(socket.url, {
      serializers: [json()],
      signal: new AbortController().signal,
      maxFrameBytes: 1e6,
    });
    const router = await arrival;
    const transport = await opened;
    router.sends(new WelcomeMessage(7, { roles: {} }));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect((await connect(transport, { realm: 'realm1' })).sessionId).toBe(7);
  });

  it('tells a session that opens it too late that it has ended', async () => {
    const socket = await server();
    const opened = open(socket.url, {
      serializers: [json()],
      signal: new AbortController().signal,
      maxFrameBytes: 1e6,
    });
    const transport = await opened;
    socket.sockets[0]!.terminate();
    await new Promise((resolve) => setTimeout(resolve, 30));
    await expect(connect(transport, { realm: 'realm1' })).rejects.toBeInstanceOf(ConnectionError);
  });
});

describe('the Node WebSocket transport', () => {
  it('WS-005: a message above maxFrameBytes ends the connection', async () => {
    const socket = await server();
    const arrival = socket.router(json());
    const connecting = connect(socket.url, { realm: 'realm1', maxFrameBytes: 1000 });
    const router = await arrival;
    await router.welcomes();
    const client = await connecting;
    const call = client.call('a.b');
    call.catch(() => undefined);
    const { request } = await router.gets(MessageKind.Call);
    router.sends(new ResultMessage(request, {}, Payload.of(['x'.repeat(2000)])));
    await expect(call).rejects.toBeInstanceOf(ConnectionLostError);
    expect((await router.seesTheEnd()).reason).toBe('1009');
  });

  it('is what connect uses for an address on Node, JSON by default', async () => {
    const socket = await server();
    const arrival = socket.router(json());
    const connecting = connect(new URL(socket.url), { realm: 'realm1' });
    await (await arrival).welcomes();
    const client = await connecting;
    expect(socket.sockets[0]!.protocol).toBe('wamp.2.json');
    void client.close({ signal: AbortSignal.abort() });
    await client.closed;
  });
});
