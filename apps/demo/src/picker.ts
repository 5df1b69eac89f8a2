/** One of the pickers: they share one registration, and the router deals the boxes out in turn. */
import { enter, tell } from './backstage.js';
import { uris, type Answer } from './contract.js';

const { client, name } = await enter();
let picked = 0;

await client.register(uris.pick, ([box]): Answer => ({ by: name, box, picked: ++picked }), {
  invoke: 'roundrobin',
});

tell({ type: 'ready', note: 'shares “pick” with the other pickers, invoke: roundrobin' });
