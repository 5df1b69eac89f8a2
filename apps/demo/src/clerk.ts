/** The clerk: calls everybody, asks the router why it chose whom it chose, and compares with what the rules say. */
import { WampError } from '@wamp/client';
import { enter, onOrder, tell } from './backstage.js';
import { uris, type Answer } from './contract.js';

const { client } = await enter();

interface Expected {
  /** who must answer */
  readonly by: string;
  /** the registration's URI that must have matched */
  readonly matched: string;
  /** another registration that matches as well, and must not win */
  readonly beaten?: string;
  readonly more?: (answer: Answer) => boolean;
}

/** What the meta API tells of a registration. */
interface RegistrationDetails {
  readonly uri: string;
  readonly match: 'exact' | 'prefix' | 'wildcard';
  readonly invoke: string;
}

/** Why the router chose this callee, told from what its meta API says of the registration. */
async function explain(procedure: string): Promise<{ uri: string; why: string }> {
  const id = await client.call<number | null>('wamp.registration.match', [procedure]);
  if (id === null) return { uri: '', why: 'nothing matches' };
  const details = await client.call<RegistrationDetails>('wamp.registration.get', [id]);
  const how = {
    exact: 'registered by exactly this name',
    prefix: `longest prefix: ${details.uri}*`,
    wildcard: `wildcard: ${details.uri}`,
  }[details.match];
  const shared = details.invoke === 'single' ? '' : ` · shared, ${details.invoke}`;
  return { uri: details.uri, why: `${how}${shared}` };
}

function brief(answer: Answer): string {
  const parts = Object.entries(answer).filter(([key]) => key !== 'by');
  return parts
    .map(
      ([key, value]) => `${key} ${value instanceof Uint8Array ? `‹${value.length} bytes›` : String(value)}`,
    )
    .join(', ');
}

async function ask(procedure: string, args: readonly unknown[], expected: Expected): Promise<void> {
  const { uri, why } = await explain(procedure);
  const answer = await client.call<Answer>(procedure, args);
  const ok = answer.by === expected.by && uri === expected.matched && (expected.more?.(answer) ?? true);
  const beaten = expected.beaten === undefined ? '' : `, which beats ${expected.beaten}`;
  tell({
    type: 'step',
    step: { call: procedure, outcome: brief(answer), invoked: answer.by, why: why + beaten, ok },
  });
}

async function fails(procedure: string, args: readonly unknown[], error: string, why: string): Promise<void> {
  const outcome = await client.call(procedure, args).then(
    () => 'an answer',
    (reason: unknown) => (reason instanceof WampError ? reason.uri : String(reason)),
  );
  tell({ type: 'step', step: { call: procedure, outcome, invoked: 'nobody', why, ok: outcome === error } });
}

async function goodsAreFound(): Promise<void> {
  tell({ type: 'act', title: 'Goods: by name, by prefix, by wildcard' });
  await ask(uris.count, ['Zündkerzen'], {
    by: 'goods',
    matched: uris.count,
    more: (a) => a['pieces'] === 64,
  });
  await ask('com.warehouse.goods.bolts.locate', [], {
    by: 'goods',
    matched: uris.goods,
    more: (a) => a['shelf'] === 'A-17' && a['question'] === 'locate',
  });
  await ask('com.warehouse.dock.status', [], {
    by: 'goods',
    matched: uris.anyStatus,
    more: (a) => a['place'] === 'dock',
  });
  // Prefix and wildcard both match here; the specification says that the prefix wins.
  await ask('com.warehouse.goods.status', [], {
    by: 'goods',
    matched: uris.goods,
    beaten: uris.anyStatus,
    more: (a) => a['sku'] === 'status',
  });
  await fails('com.warehouse.roof.garden', [], 'wamp.error.no_such_procedure', 'nothing is registered there');
}

async function boxesArePicked(): Promise<void> {
  tell({ type: 'act', title: 'Boxes: three pickers, one registration, fair turns' });
  for (let box = 1; box <= 6; box++) {
    const by = `picker-${((box - 1) % 3) + 1}`;
    await ask(uris.pick, [box], { by, matched: uris.pick, more: (a) => a['box'] === box });
  }
}

async function labelsArePrinted(): Promise<void> {
  tell({ type: 'act', title: 'Labels: the newest printer prints, the old one is the hot stand-by' });
  const ink = Uint8Array.of(1, 2, 3);
  const reversed = (answer: Answer): boolean =>
    answer['label'] instanceof Uint8Array && answer['label'].join() === '3,2,1';
  await ask(uris.print, [ink], { by: 'printer-new', matched: uris.print, more: reversed });
  await fails(
    uris.print,
    [ink, true],
    'wamp.error.canceled',
    'its process was killed in the middle of the call',
  );
  await ask(uris.print, [ink], { by: 'printer-old', matched: uris.print, more: reversed });
}

onOrder(() => {
  void (async () => {
    await goodsAreFound();
    await boxesArePicked();
    await labelsArePrinted();
    tell({ type: 'finished' });
  })();
});

tell({ type: 'ready', note: 'calls everybody and asks the router why' });
