/** The supervisor: calls nothing, offers nothing, watches the registrations of the realm come and go. */
import { enter, onOrder, tell } from './backstage.js';
import type { Seen } from './contract.js';

const { client } = await enter();
const seen: Record<keyof Seen, number> = { create: 0, register: 0, unregister: 0, delete: 0 };

for (const what of ['create', 'register', 'unregister', 'delete'] as const) {
  await client.subscribe(`wamp.registration.on_${what}`, () => {
    seen[what]++;
  });
}
onOrder(() => tell({ type: 'seen', seen }));

tell({
  type: 'ready',
  note: 'listens to wamp.registration.on_create, on_register, on_unregister, on_delete',
});
