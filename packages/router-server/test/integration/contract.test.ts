import { connect, type Client } from '@wamp/client';
import { contract, procedure, topic } from '@wamp/client/contract';
import { Router } from '@wamp/router';
import { listen, type RouterServer } from '@wamp/router-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

const news = contract('com.example.news', {
  read: procedure({ args: z.tuple([z.number()]), result: z.string() }),
  published: topic({ uri: '{country}.published', args: z.tuple([z.string(), z.coerce.number()]) }),
  priced: topic({ kwargs: z.object({ sku: z.string() }) }),
});

let server: RouterServer;
const clients: Client[] = [];
const errors: unknown[] = [];

async function client(): Promise<Client> {
  const joined = await connect(server.url, { realm: 'realm1', onError: (error) => errors.push(error) });
  clients.push(joined);
  return joined;
}

beforeAll(async () => {
  server = await listen(new Router({ realms: { realm1: {} } }), { port: 0 });
});
afterAll(async () => {
  await Promise.all(clients.map((each) => each.close()));
  await server.close();
});

describe('a contract over a router', () => {
  it('delivers events in order, checked, with the parts of their topic by name', async () => {
    const [publisher, subscriber] = [await client(), await client()];
    const seen: unknown[] = [];
    const last = new Promise<void>((resolve) => {
      void subscriber
        .use(news)
        .published.subscribe(([title, year], { params, topic: uri }) => {
          seen.push([params.country, title, year, uri]);
          if (title === 'last') resolve();
        })
        .then(async () => {
          const { published } = publisher.use(news);
          await published.publish({ country: 'is' }, ['first', 2025], { acknowledge: true });
          await publisher.publish('com.example.news.is.published', [7, 'not what the contract says']);
          await published.publish({ country: 'no' }, ['second', '2026']);
          await published.publish({ country: 'is' }, ['last', 2027]);
        });
    });
    await last;
    expect(seen).toEqual([
      ['is', 'first', 2025, 'com.example.news.is.published'],
      ['no', 'second', 2026, 'com.example.news.no.published'],
      ['is', 'last', 2027, 'com.example.news.is.published'],
    ]);
    expect(errors).toMatchObject([
      { uri: 'wamp.error.invalid_argument', kwargs: { issues: [{ path: 'args[0]' }, {}] } },
    ]);
  });

  it('checks what is published when the publisher asks for it', async () => {
    const publisher = await client();
    await expect(
      publisher.use(news, { validate: true }).priced.publish({ sku: 1 as never }),
    ).rejects.toMatchObject({ kwargs: { issues: [{ path: 'kwargs.sku' }] } });
  });

  it('calls with keyword arguments, and answers, over a socket', async () => {
    const [caller, callee] = [await client(), await client()];
    const service = await callee.serve(news, { read: ([page]) => `page ${page}` });
    expect(await caller.use(news).read([7])).toBe('page 7');
    await service.unregister();
  });
});
