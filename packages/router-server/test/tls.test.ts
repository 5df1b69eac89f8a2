import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { connect, type Client, type ClientTransport, type TransportFactory } from '@wamp/client';
import { webSocket } from '@wamp/client/node-web-socket';
import { rawSocket } from '@wamp/client/raw-socket';
import { tlsInfoOf } from '@wamp/protocol';
import { Router } from '@wamp/router';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { attach, listen, type ListenOptions, type RouterServer } from '../src/listen.js';
import type { TlsOptions } from '../src/tls-certificates.js';
import type { ConnectionRefused } from '../src/ws-listener.js';
import { RecordingAcceptor } from './acceptor.fixture.js';
import { BytePeer } from './byte-peer.fixture.js';
import { certificateFor, type TestCertificate } from './certificate.fixture.js';

let localhost: TestCertificate;
let other: TestCertificate;
let joe: TestCertificate;
beforeAll(() => {
  localhost = certificateFor('localhost');
  other = certificateFor('other.example');
  joe = certificateFor('joe', true);
});

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Started {
  readonly server: RouterServer;
  readonly acceptor: RecordingAcceptor;
  readonly refusals: ConnectionRefused[];
  readonly failures: Error[];
}

async function start(tls: Partial<TlsOptions> = {}, options: ListenOptions = {}): Promise<Started> {
  const acceptor = new RecordingAcceptor();
  const refusals: ConnectionRefused[] = [];
  const failures: Error[] = [];
  const server = await listen(acceptor, {
    port: 0,
    closeTimeoutMs: 200,
    tls: { certificates: [localhost], watchMs: 0, ...tls },
    observer: { refused: (refusal) => refusals.push(refusal), failed: (error) => failures.push(error) },
    ...options,
  });
  cleanups.push(() => server.close({ graceMs: 20 }));
  return { server, acceptor, refusals, failures };
}

/** A TLS connection whose certificate is not checked, to look at it. */
async function secured(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  socket.on('error', () => undefined);
  cleanups.push(() => socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}

const nameOf = (socket: TLSSocket): unknown => socket.getPeerCertificate().subject.CN;
const open = (factory: TransportFactory): Promise<ClientTransport> => factory(new AbortController().signal);

describe('a port with TLS', () => {
  it('SEC-008: carries WebSocket and RawSocket to a client that knows the authority, and to no other', async () => {
    const router = new Router({ realms: { realm1: {} } });
    const server = await listen(router, { port: 0, tls: { certificates: [localhost] } });
    cleanups.push(
      () => server.close({ graceMs: 20 }),
      () => router.close(),
    );
    expect(server.url).toMatch(/^wss:/);
    expect(server.rawSocketUrl).toMatch(/^rss:/);
    const tls = { ca: localhost.cert };
    const place = { host: '127.0.0.1', port: server.port };
    const clients: Client[] = [
      await connect(webSocket({ url: server.url, tls }), { realm: 'realm1' }),
      await connect(rawSocket({ ...place, tls }), { realm: 'realm1' }),
    ];
    await clients[0]!.register('com.example.add', ([a, b]: [number, number]) => a + b);
    expect(await clients[1]!.call('com.example.add', [2, 3])).toBe(5);
    await expect(connect(server.url, { realm: 'realm1' })).rejects.toThrow(
      /cannot be reached: .*self.signed/,
    );
    await expect(connect(server.rawSocketUrl!, { realm: 'realm1' })).rejects.toThrow(/self.signed/);
  });

  it('closes what is not TLS, without a reply', async () => {
    const { server } = await start();
    for (const bytes of ['GET /ws HTTP/1.1\r\n\r\n', '\u007f\u0031\u0000\u0000']) {
      const peer = await BytePeer.connect(server.port);
      peer.sends(bytes);
      await peer.closed();
      expect(peer.received).toHaveLength(0);
    }
  });

  it('ends a handshake that is nonsense, one that does not come, and a silence behind it', async () => {
    const { server, refusals } = await start({}, { handshakeTimeoutMs: 2000 });
    const nonsense = await BytePeer.connect(server.port);
    nonsense.sends([0x16, 3, 1, 0, 5, 9, 9, 9, 9, 9]);
    const slow = await BytePeer.connect(server.port);
    slow.sends([0x16, 3, 1, 0, 200]);
    const silent = await secured(server.port);
    await Promise.all([nonsense.closed(), slow.closed(), once(silent, 'close')]);
    expect(refusals.length).toBeGreaterThanOrEqual(1);
    expect(refusals[0]?.sentence).toMatch(/^TLS handshake failed: /);
  });
});

describe('certificates', () => {
  it('are chosen by the name that the client asks for', async () => {
    const { server } = await start({ certificates: [localhost, other] });
    expect(nameOf(await secured(server.port, { servername: 'other.example' }))).toBe('other.example');
    expect(nameOf(await secured(server.port, { servername: 'localhost' }))).toBe('localhost');
    expect(nameOf(await secured(server.port, { servername: 'unknown.example' }))).toBe('localhost');
    expect(nameOf(await secured(server.port))).toBe('localhost');
  });

  it('are read again on demand, and connections that stand are not touched', async () => {
    const files = new CertificateFiles(localhost);
    const { server, acceptor } = await start({ certificates: [files] });
    const standing = await secured(server.port);
    standing.write(Buffer.from([0x7f, 0xf1, 0, 0]));
    await once(standing, 'data');
    files.replace(other);
    server.reloadTls();
    expect(nameOf(await secured(server.port))).toBe('other.example');
    expect(nameOf(await secured(server.port, { servername: 'other.example' }))).toBe('other.example');
    standing.write(Buffer.from([0, 0, 0, 2, 0x5b, 0x5d]));
    await (await acceptor.connection()).receiver.frameCount(1);
  });

  it('are read again when their files change', async () => {
    const files = new CertificateFiles(localhost);
    const { server } = await start({ certificates: [files], watchMs: 20 });
    expect(nameOf(await secured(server.port))).toBe('localhost');
    files.replace(other);
    while (nameOf(await secured(server.port)) !== 'other.example') await new Promise(setImmediate);
  });

  it('that cannot be used leave the former ones in force, and are told once', async () => {
    const files = new CertificateFiles(localhost);
    const { server, failures } = await start({ certificates: [files], watchMs: 5 });
    files.replace({ cert: 'nonsense', key: 'nonsense' });
    while (failures.length === 0) await new Promise(setImmediate);
    expect(() => server.reloadTls()).toThrow();
    expect(nameOf(await secured(server.port))).toBe('localhost');
    files.replace(other);
    while (nameOf(await secured(server.port)) !== 'other.example') await new Promise(setImmediate);
    expect(failures.length).toBeLessThanOrEqual(2);
  });

  it.each([
    [{ certificates: [] }, 'one at least'],
    [{ certificates: [{ certFile: '/nonexistent' }] }, 'ENOENT'],
    [{ certificates: [{ cert: 'x' }] }, 'needs key or keyFile'],
  ])('%j is refused', async (tls, sentence) => {
    await expect(start(tls)).rejects.toThrow(sentence);
  });
});

describe('certificates of clients', () => {
  const fingerprint = (): string =>
    new X509Certificate(joe.cert).fingerprint256.replaceAll(':', '').toLowerCase();

  it.each(['request', 'require'] as const)(
    'are shown when the listener wants them: %s',
    async (clientCertificates) => {
      const { server, acceptor } = await start({ clientCertificates, ca: joe.cert });
      const tls = { ca: localhost.cert, ...joe };
      const near = [
        await open(webSocket({ url: server.url, tls })),
        await open(rawSocket({ host: '127.0.0.1', port: server.port, tls })),
      ];
      for (const index of near.keys()) {
        const { transport } = await acceptor.connection(index);
        expect(tlsInfoOf(transport.info)?.clientCertificate).toEqual({
          subject: { CN: 'joe' },
          fingerprint: fingerprint(),
          authorized: true,
        });
      }
    },
  );

  it('of no known authority are told as such, or refused if one is required', async () => {
    const asked = await start({ clientCertificates: 'request', ca: other.cert });
    const tls = { ca: localhost.cert, ...joe };
    await open(rawSocket({ host: '127.0.0.1', port: asked.server.port, tls }));
    const { transport } = await asked.acceptor.connection();
    expect(tlsInfoOf(transport.info)?.clientCertificate).toMatchObject({ authorized: false });
    await open(rawSocket({ host: '127.0.0.1', port: asked.server.port, tls: { ca: localhost.cert } }));
    const without = await asked.acceptor.connection(1);
    expect(tlsInfoOf(without.transport.info)?.clientCertificate).toBeUndefined();

    const required = await start({ clientCertificates: 'require', ca: other.cert });
    for (const shown of [tls, { ca: localhost.cert }]) {
      await expect(
        open(rawSocket({ host: '127.0.0.1', port: required.server.port, tls: shown })),
      ).rejects.toThrow();
    }
    expect(required.acceptor.transports).toHaveLength(0);
  });
});

describe('channel bindings', () => {
  it.each([
    ['TLSv1.3', 'tls-exporter', 64],
    ['TLSv1.2', 'tls-unique', 24],
  ] as const)('of %s are the same at both ends: %s', async (version, type, digits) => {
    const { server, acceptor } = await start();
    const tls = { ca: localhost.cert, minVersion: version, maxVersion: version };
    const seen = new Set<string>();
    for (const [index, factory] of [
      webSocket({ url: server.url, tls }),
      rawSocket({ host: '127.0.0.1', port: server.port, tls }),
    ].entries()) {
      const near = await open(factory);
      const { transport: far } = await acceptor.connection(index);
      const [ours, theirs] = [near, far].map(({ info }) => tlsInfoOf(info)?.channelBinding?.[type]);
      expect(ours).toMatch(new RegExp(`^[0-9a-f]{${digits}}$`));
      expect(theirs).toBe(ours);
      expect(JSON.stringify(far.info)).not.toContain(ours);
      seen.add(ours!);
    }
    expect(seen.size).toBe(2);
  });

  it('of a resumed TLS 1.2 session are the same at both ends too', async () => {
    const { server, acceptor } = await start();
    const tls = { ca: localhost.cert, maxVersion: 'TLSv1.2' } as const;
    const first = await secured(server.port, tls);
    const session = first.getSession();
    const near = await open(rawSocket({ host: '127.0.0.1', port: server.port, tls: { ...tls, session } }));
    const { transport: far } = await acceptor.connection();
    const [ours, theirs] = [near, far].map(({ info }) => tlsInfoOf(info)?.channelBinding?.['tls-unique']);
    expect(ours).toBeDefined();
    expect(theirs).toBe(ours);
  });

  it('are known of connections to an attached HTTPS server too', async () => {
    const https = createServer(localhost);
    await new Promise<void>((resolve) => https.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => https.close());
    const acceptor = new RecordingAcceptor();
    const attached = attach(acceptor, https);
    cleanups.push(() => attached.close({ graceMs: 20 }));
    const { port } = https.address() as AddressInfo;
    await open(webSocket({ url: `wss://127.0.0.1:${port}/ws`, tls: { ca: localhost.cert } }));
    const { transport } = await acceptor.connection();
    expect(tlsInfoOf(transport.info)?.channelBinding).toHaveProperty('tls-exporter');
  });
});

/** Certificate and key in files, replaced as certificate programs do it. */
class CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;

  constructor(certificate: TestCertificate) {
    const directory = mkdtempSync(join(tmpdir(), 'wamp-tls-'));
    cleanups.push(() => rmSync(directory, { recursive: true }));
    this.certFile = join(directory, 'cert.pem');
    this.keyFile = join(directory, 'key.pem');
    this.replace(certificate);
  }

  replace({ cert, key }: TestCertificate): void {
    for (const [file, text] of [
      [this.certFile, cert],
      [this.keyFile, key],
    ] as const) {
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
    }
  }
}
