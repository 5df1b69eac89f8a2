/** The keeper of the goods: one exact procedure, one prefix for all other questions, one wildcard for every status. */
import { enter, tell } from './backstage.js';
import { uris, type Answer } from './contract.js';

const stock: Readonly<Record<string, { readonly pieces: number; readonly shelf: string }>> = {
  bolts: { pieces: 4200, shelf: 'A-17' },
  Zündkerzen: { pieces: 64, shelf: 'B-02' },
};

const { client, name } = await enter();

await client.register(uris.count, ([sku]): Answer => ({ by: name, pieces: stock[String(sku)]?.pieces ?? 0 }));

await client.register(
  uris.goods,
  (_args, invocation): Answer => {
    const [sku = '', question = 'where'] = invocation.procedure.slice(uris.goods.length).split('.');
    return { by: name, sku, question, shelf: stock[sku]?.shelf ?? 'unknown' };
  },
  { match: 'prefix' },
);

await client.register(
  uris.anyStatus,
  (_args, invocation): Answer => ({ by: name, place: invocation.procedure.split('.')[2], status: 'quiet' }),
  { match: 'wildcard' },
);

tell({ type: 'ready', note: 'keeps the goods: one procedure by name, one by prefix, one by wildcard' });
