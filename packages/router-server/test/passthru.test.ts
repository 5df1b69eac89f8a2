/** Payload passthru mode from client to client through a running router: it passes bytes on and has no part in them. */
import { connect, Result, WampError, type Client, type ConnectOptions } from '@wamp/client';
import { passthru, wampPassthru, type PassthruCodec } from '@wamp/client/passthru';
import type { Format } from '@wamp/protocol';
import { Wampy } from 'wampy';
import { CborSerializer } from 'wampy/CborSerializer.js';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FORMATS, RunningRouter, serializerFor } from './integration/running-router.fixture.js';

const KEYS = new Map([
  ['k1', new Uint8Array(32).fill(1)],
  ['k2', new Uint8Array(32).fill(2)],
]);
const sealed = (keyId = 'k1'): PassthruCodec =>
  wampPassthru({ cipher: 'xsalsa20poly1305', keys: KEYS, keyId });
const WAMP = { passthru: 'wamp' };
const TEXT = 'nobody else reads this';
const VALUES = [TEXT, 1.5, null, Uint8Array.of(0, 255), { deep: [true] }];

/** Sees what the router sees. */
class Onlooker implements PassthruCodec {
  readonly scheme = 'wamp';
  #sees!: (bytes: Uint8Array) => void;
  /** the first payload that comes */
  readonly seen = new Promise<Uint8Array>((resolve) => (this.#sees = resolve));

  encode(): { payload: Uint8Array; serializer: string } {
    return { payload: Uint8Array.of(1, 2, 3), serializer: 'cbor' };
  }

  decode(payload: Uint8Array): object {
    this.#sees(Uint8Array.from(payload));
    return {};
  }
}

let running: RunningRouter;
let clients: Client[] = [];
beforeAll(async () => {
  running = await RunningRouter.start();
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await running.stop();
  expect(running.violations).toEqual([]);
  expect(running.failures).toEqual([]);
});

async function joins(format: Format, options: Partial<ConnectOptions> = {}): Promise<Client> {
  const client = await connect(running.server.url, {
    realm: 'realm1',
    serializers: [serializerFor(format)],
    passthru: passthru(sealed()),
    ...options,
  });
  clients = [...clients, client];
  return client;
}

describe.each(FORMATS.flatMap((one) => FORMATS.map((other) => [one, other] as const)))(
  'PPT-011: from %s to %s',
  (from, to) => {
    const uri = (name: string): string => `com.example.${from}.${to}.${name}`;
    let near: Client;
    let far: Client;
    beforeAll(async () => {
      near = await joins(from);
      far = await joins(to);
    });

    it('PPT-001, PPT-002: a call and its result', async () => {
      let details: object = {};
      await far.register(
        uri('echo'),
        (args, invocation) => {
          details = invocation.details;
          return new Result(args, invocation.kwargs);
        },
        WAMP,
      );
      const result = await near.call(uri('echo'), VALUES, { ...WAMP, kwargs: { k: TEXT }, raw: true });
      expect(result).toEqual(new Result(VALUES, { k: TEXT }));
      expect(details).toMatchObject({
        ppt_scheme: 'wamp',
        ppt_serializer: 'cbor',
        ppt_cipher: 'xsalsa20poly1305',
        ppt_keyid: 'k1',
      });
    });

    it('PPT-003: an error', async () => {
      await far.register(uri('fail'), (args) => {
        throw new WampError('com.example.error', args, { k: TEXT });
      });
      const call = near.call(uri('fail'), VALUES, WAMP);
      await expect(call).rejects.toMatchObject({
        uri: 'com.example.error',
        args: VALUES,
        kwargs: { k: TEXT },
        details: { ppt_scheme: 'wamp' },
      });
    });

    it('PPT-017: progressive results and chunks', async () => {
      await far.register(
        uri('double'),
        async function* (_args, { chunks }) {
          for await (const chunk of chunks) yield Number(chunk) * 2;
          return TEXT;
        },
        WAMP,
      );
      const parts: unknown[] = [];
      const result = await near.upload(uri('double'), [1, 2, 3], {
        ...WAMP,
        onProgress: (part) => parts.push(part),
      });
      expect(parts).toEqual([2, 4, 6]);
      expect(result).toBe(TEXT);
    });

    it('PPT-004: an event', async () => {
      const event = new Promise((resolve) => {
        void far
          .subscribe(uri('news'), (args, { kwargs }) => resolve([args, kwargs]), WAMP)
          .then(() => near.publish(uri('news'), VALUES, { ...WAMP, kwargs: { k: TEXT }, acknowledge: true }));
      });
      expect(await event).toEqual([VALUES, { k: TEXT }]);
    });

    it('who has another key can read nothing of it, and is told so', async () => {
      const stranger = await joins(to, {
        passthru: passthru(
          wampPassthru({
            cipher: 'xsalsa20poly1305',
            keys: new Map([['k1', KEYS.get('k2')!]]),
            keyId: 'k1',
          }),
        ),
      });
      await stranger.register(uri('strange'), () => 'never');
      const call = near.call(uri('strange'), [TEXT], WAMP);
      await expect(call).rejects.toMatchObject({ uri: 'wamp.error.invalid_argument' });
      await expect(call).rejects.toThrow('wrong key or altered bytes');
    });

    it('what the router sees is the same bytes for everybody, and not the text', async () => {
      const onlookers = [new Onlooker(), new Onlooker()] as const;
      const [watching, other] = [
        await joins(from, { passthru: passthru(onlookers[0]) }),
        await joins(to, { passthru: passthru(onlookers[1]) }),
      ];
      await watching.subscribe(uri('watched'), () => undefined);
      await other.subscribe(uri('watched'), () => undefined);
      await near.publish(uri('watched'), [TEXT], WAMP);
      const [here, there] = await Promise.all(onlookers.map(({ seen }) => seen));
      expect(here).toEqual(there);
      expect(Buffer.from(here!).includes('reads')).toBe(false);
      expect(here!.length).toBeGreaterThan(TEXT.length);
    });
  },
);

describe('PPT-015: who does not know the scheme', () => {
  it('as a callee answers with an ERROR; as a subscriber reports it, and stays', async () => {
    const errors: unknown[] = [];
    const [near, far] = await Promise.all([
      joins('cbor'),
      joins('json', { passthru: passthru(), onError: (error) => errors.push(String(error)) }),
    ]);
    await far.register('com.example.unaware', () => 'never');
    await expect(near.call('com.example.unaware', [1], WAMP)).rejects.toMatchObject({
      uri: 'wamp.error.feature_not_supported',
      args: ['no codec for the passthru scheme "wamp"'],
    });
    const plain = new Promise((resolve) => {
      void far
        .subscribe('com.example.unaware', ([value]) => resolve(value))
        .then(async () => {
          await near.publish('com.example.unaware', ['sealed'], WAMP);
          await near.publish('com.example.unaware', ['plain']);
        });
    });
    expect(await plain).toBe('plain');
    expect(errors).toEqual([expect.stringContaining('no codec for the passthru scheme "wamp"')]);
    expect(far.status.current).toBe('open');
  });

  it('bytes that were made up by somebody without the key are refused', async () => {
    const [near, forger] = await Promise.all([
      joins('json'),
      joins('msgpack', { passthru: passthru(new Onlooker()) }),
    ]);
    await near.register('com.example.guarded', () => 'never', WAMP);
    await expect(forger.call('com.example.guarded', [1], WAMP)).rejects.toMatchObject({
      uri: 'wamp.error.invalid_argument',
    });
  });
});

describe('the package wampy from npm, scheme wamp without a cipher', () => {
  const PPT = { ppt_scheme: 'wamp', ppt_serializer: 'cbor' };

  async function wampy(): Promise<Wampy> {
    const peer = new Wampy(running.server.url, {
      realm: 'realm1',
      autoReconnect: false,
      serializer: new CborSerializer(),
      payloadSerializers: { cbor: new CborSerializer() },
      ws: function (address: string, protocols: string[]) {
        return new WebSocket(address, protocols);
      } as never,
    });
    await peer.connect();
    return peer;
  }

  it('PPT-016: understands our calls and events, and we its', async () => {
    const [theirs, ours] = [await wampy(), await joins('json', { passthru: passthru(wampPassthru()) })];
    await theirs.register('com.example.theirs', (({ argsList }: { argsList: number[] }) => ({
      argsList: [argsList[0]! + argsList[1]!],
      options: PPT,
    })) as never);
    expect(await ours.call('com.example.theirs', [1, 2], WAMP)).toBe(3);

    await ours.register(
      'com.example.ours',
      ([a, b]: [number, number], { kwargs }) => new Result([a + b], kwargs),
      WAMP,
    );
    const result = await theirs.call('com.example.ours', { argsList: [3, 4], argsDict: { k: 'v' } }, PPT);
    expect(result).toMatchObject({ argsList: [7], argsDict: { k: 'v' } });

    const heard = new Promise((resolve) => {
      void ours
        .subscribe('com.example.news', (args, { kwargs }) => resolve([args, kwargs]), WAMP)
        .then(() =>
          theirs.publish('com.example.news', { argsList: ['x'], argsDict: { k: 'v' } }, PPT as never),
        );
    });
    expect(await heard).toEqual([['x'], { k: 'v' }]);
    await theirs.disconnect();
  });
});
