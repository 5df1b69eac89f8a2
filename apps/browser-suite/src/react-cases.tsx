/** The React hooks in a browser, in StrictMode, where every effect runs twice. */
import { connect, type Client } from '@wamp/client';
import { useCall, useConnect, useProgress, useSubscription, WampProvider } from '@wamp/react';
import { StrictMode, useState, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import type { Cases } from './cases.js';
import { same, until } from './claims.js';
import { lab } from './contract.js';

const url = (): string => `ws://${location.host}/ws`;

interface Screen {
  readonly text: () => string;
  readonly click: (name: string) => void;
  readonly show: (node: ReactNode) => void;
}

/** Renders below a client of its own, with a backend that serves what the components ask for. */
async function onScreen(
  work: (screen: Screen, backend: Client, client: Client) => Promise<void>,
): Promise<void> {
  const [backend, client] = [
    await connect(url(), { realm: 'realm1' }),
    await connect(url(), { realm: 'realm1' }),
  ];
  const element = document.body.appendChild(document.createElement('div'));
  const root = createRoot(element);
  try {
    await work(
      {
        text: () => element.textContent,
        click: (name) => element.querySelector<HTMLElement>(`[name=${name}]`)?.click(),
        show: (node) =>
          root.render(
            <StrictMode>
              <WampProvider client={client}>{node}</WampProvider>
            </StrictMode>,
          ),
      },
      backend,
      client,
    );
  } finally {
    root.unmount();
    element.remove();
    await Promise.all([backend.close(), client.close()]);
  }
}

function Sum({ a, b }: { a: number; b: number }): ReactNode {
  const { status, data, error, reload } = useCall<number>('react.add', [a, b]);
  return (
    <p>
      {status}:{data ?? '-'}:{error === undefined ? '' : (error as { uri: string }).uri}
      <button name="reload" onClick={reload} />
    </p>
  );
}

function TypedSum({ a, b }: { a: number; b: number }): ReactNode {
  const { data } = useCall((client, signal) => client.use(lab).add([a, b], { signal }), [a, b]);
  return <p>{data === undefined ? 'waiting' : data + 1}</p>;
}

function Report(): ReactNode {
  const { status, progress, count, result, restart, cancel } = useProgress<number, string>(
    'react.report',
    [],
    { keep: 2 },
  );
  return (
    <p>
      {status}:{progress.join()}:{count}:{result}
      <button name="restart" onClick={restart} />
      <button name="cancel" onClick={cancel} />
    </p>
  );
}

function News({ topic }: { topic: string }): ReactNode {
  const [heard, setHeard] = useState<readonly string[]>([]);
  const { status } = useSubscription(topic, ([text]: string[]) => setHeard([...heard, String(text)]));
  return (
    <p>
      {status}:{heard.join()}
    </p>
  );
}

function Readings(): ReactNode {
  const [last, setLast] = useState('none');
  const { status } = useSubscription(
    (client) => client.use(lab).reading,
    ([value], { params }) => setLast(`${params.sensor}=${value}`),
  );
  return (
    <p>
      {status}:{last}
    </p>
  );
}

function OwnClient({ realm }: { realm: string }): ReactNode {
  const { client, error } = useConnect(url(), { realm, reconnect: false });
  return <p>{error === undefined ? (client?.realm ?? 'connecting') : (error as { uri: string }).uri}</p>;
}

export const reactCases: Cases = {
  'useCall shows a result, follows its arguments, and calls again when asked': async () => {
    await onScreen(async ({ show, text, click }, backend) => {
      let bonus = 0;
      await backend.register('react.add', ([a, b]: number[]) => Number(a) + Number(b) + bonus);
      show(<Sum a={1} b={2} />);
      await until(() => text() === 'done:3:');
      show(<Sum a={2} b={2} />);
      await until(() => text() === 'done:4:');
      bonus = 10;
      click('reload');
      await until(() => text() === 'done:14:');
    });
  },

  'useCall shows an error, and keeps what it had': async () => {
    await onScreen(async ({ show, text, click }, backend) => {
      const registration = await backend.register('react.add', () => 3);
      show(<Sum a={1} b={2} />);
      await until(() => text() === 'done:3:');
      await registration.unregister();
      click('reload');
      await until(() => text() === 'failed:3:wamp.error.no_such_procedure');
    });
  },

  'useCall cancels the call that nobody wants any more': async () => {
    await onScreen(async ({ show }, backend) => {
      let canceled = 0;
      let begun = 0;
      await backend.register('react.add', (_args, { signal }) => {
        begun += 1;
        return new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            canceled += 1;
            resolve(undefined);
          });
        });
      });
      show(<Sum a={1} b={2} />);
      await until(() => begun > 0);
      show(<p />);
      await until(() => canceled === begun);
    });
  },

  'useCall takes a contract, with its types': async () => {
    await onScreen(async ({ show, text }, backend) => {
      await backend.use(lab).add.register(([a, b]) => a + b);
      show(<TypedSum a={20} b={21} />);
      await until(() => text() === '42');
    });
  },

  'useProgress shows what comes, begins anew and stops': async () => {
    await onScreen(async ({ show, text, click }, backend) => {
      let isEndless = false;
      await backend.register('react.report', async function* (_args, { signal }) {
        for (let n = 1; n <= 3 || (isEndless && !signal.aborted); n += 1) {
          yield n;
          await new Promise((resolve) => setTimeout(resolve));
        }
        return 'end';
      });
      show(<Report />);
      await until(() => text() === 'done:2,3:3:end');
      isEndless = true;
      click('restart');
      await until(() => text().startsWith('pending') && !text().includes(':3:'));
      click('cancel');
      await until(() => text().startsWith('failed'));
    });
  },

  'useSubscription hears with its newest handler, and moves with its topic': async () => {
    await onScreen(async ({ show, text }, backend) => {
      show(<News topic="react.one" />);
      await until(() => text() === 'active:');
      await backend.publish('react.one', ['a'], { acknowledge: true });
      await until(() => text() === 'active:a');
      await backend.publish('react.one', ['b'], { acknowledge: true });
      await until(() => text() === 'active:a,b');
      show(<News topic="react.two" />);
      let isMoved = false;
      while (!isMoved) {
        await backend.publish('react.two', ['c'], { acknowledge: true });
        await new Promise((resolve) => setTimeout(resolve, 10));
        isMoved = text().includes('c');
      }
      const before = await backend.call('wamp.subscription.lookup', ['react.one']);
      same(before, null);
    });
  },

  'useSubscription takes a topic of a contract': async () => {
    await onScreen(async ({ show, text }, backend) => {
      show(<Readings />);
      await until(() => text() === 'active:none');
      await backend.use(lab).reading.publish({ sensor: 's1' }, [21], { acknowledge: true });
      await until(() => text() === 'active:s1=21');
    });
  },

  'useConnect connects, shows why it cannot, and closes when it goes': async () => {
    await onScreen(async ({ show, text }, backend) => {
      const before = await backend.call<number>('wamp.session.count');
      show(<OwnClient realm="realm1" />);
      await until(() => text() === 'realm1');
      show(<OwnClient realm="nowhere" />);
      await until(() => text() === 'wamp.error.no_such_realm');
      let now = -1;
      while (now !== before) now = await backend.call<number>('wamp.session.count');
    });
  },
};
