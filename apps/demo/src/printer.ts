/** A label printer. Both printers share one registration with `last`: the newest prints, the older one stands by. */
import { enter, tell } from './backstage.js';
import { uris, type Answer } from './contract.js';

const { client, name } = await enter();

await client.register(
  uris.print,
  async ([ink, slowly]): Promise<Answer> => {
    if (!(ink instanceof Uint8Array)) throw new TypeError('ink is bytes');
    if (slowly === true) {
      tell({ type: 'working', on: 'a long label' });
      await new Promise(() => {}); // a label so long that somebody pulls the plug first
    }
    return { by: name, label: ink.toReversed() };
  },
  { invoke: 'last' },
);

tell({ type: 'ready', note: 'prints labels, invoke: last (the newest prints, the older stands by)' });
