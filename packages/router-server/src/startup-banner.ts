/**
 * What a person sees when `wamp-router` has started: where it is, what it serves, and what to do next.
 * Owns the wording and the layout; prints nothing itself.
 */
import { isIP } from 'node:net';

/** What the banner tells about. */
export interface BannerFacts {
  readonly version: string;
  /** the URLs that clients can use, the nearest first; at least one */
  readonly urls: readonly string[];
  readonly realms: readonly string[];
  readonly subprotocols: readonly string[];
  /** where the operating pages are, if they have a port of their own */
  readonly monitoringUrl?: string | undefined;
  /** true if only this machine can reach the port */
  readonly isLoopback: boolean;
  /** names of the realms where everybody may do everything */
  readonly openRealms: readonly string[];
  /** true if the terminal shows colours */
  readonly colour: boolean;
}

type Paint = (text: string) => string;

interface Palette {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly link: Paint;
  readonly warning: Paint;
}

function palette(colour: boolean): Palette {
  const paint = (code: string): Paint =>
    colour ? (text) => `\u001b[${code}m${text}\u001b[0m` : (text) => text;
  return { bold: paint('1'), dim: paint('2'), link: paint('36'), warning: paint('33') };
}

/** The start-up text, ending with a newline. */
export function startupBanner(facts: BannerFacts): string {
  const { bold, dim, link, warning } = palette(facts.colour);
  const row = (label: string, value: string): string => `  ${dim(label.padEnd(14))}${value}`;
  const isOpen = facts.openRealms.length > 0;
  const lines = [
    '',
    `  ${bold('wamp-router')} ${facts.version}${isOpen ? dim(' · development mode: no authentication') : ''}`,
    '',
    ...facts.urls.map((url, i) => row(i === 0 ? 'connect to' : 'or', link(url))),
    row(facts.realms.length === 1 ? 'realm' : 'realms', facts.realms.join(', ')),
    row('subprotocols', facts.subprotocols.join(', ')),
    ...(facts.monitoringUrl === undefined ? [] : [row('monitoring', link(facts.monitoringUrl))]),
    row('access', accessSentence(facts)),
    '',
    ...(facts.isLoopback || !isOpen ? [] : [`  ${warning(`Warning: ${OPEN_WARNING}`)}`, '']),
    `  ${dim('A first client (npm install @wamp/client):')}`,
    '',
    ...snippet(facts.urls[0]!, facts.realms[0]!).map((line) => `    ${line}`),
    '',
    `  ${dim('Stop with Ctrl+C; --help shows the options.')}`,
    '',
  ];
  return `${lines.join('\n')}\n`;
}

/** For whoever opens a router without authentication to a network. */
export const OPEN_WARNING =
  'this router is open to the network, and whoever reaches it may use it without authentication.';

function accessSentence({ realms, openRealms, isLoopback }: BannerFacts): string {
  if (openRealms.length === 0) return 'as the configuration says';
  const where = openRealms.length === realms.length ? '' : ` in ${openRealms.join(', ')}`;
  return isLoopback
    ? `anonymous: programs on this machine may call, register, publish, subscribe${where}`
    : `anonymous: everyone who reaches this port may call, register, publish, subscribe${where}`;
}

/** Three lines that run as they are, in any ES module. */
function snippet(url: string, realm: string): readonly string[] {
  return [
    `import { connect } from '@wamp/client';`,
    `const client = await connect(${quoted(url)}, { realm: ${quoted(realm)} });`,
    `await client.register('com.example.add', ([a, b]) => a + b);  // elsewhere: client.call('com.example.add', [2, 3])`,
  ];
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

/** True for an address that only this machine can reach. */
export function isLoopbackAddress(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, '');
  return isIP(plain) === 4 ? plain.startsWith('127.') : plain === '::1';
}

/**
 * URLs for a bound address: for "all addresses" the way from this machine first, then its addresses in the network.
 * @param addresses the machine's network addresses, as `os.networkInterfaces` lists them
 */
export function urlsFor(
  bound: {
    readonly url: string;
    readonly rawSocketUrl: string | undefined;
    readonly speaksWebSocket: boolean;
    readonly address: string;
    readonly port: number;
  },
  addresses: readonly { readonly address: string; readonly family: string; readonly internal: boolean }[],
): readonly string[] {
  const spoken = [bound.speaksWebSocket ? bound.url : undefined, bound.rawSocketUrl];
  return spoken.flatMap((url) => (url === undefined ? [] : withAddresses(url, bound, addresses)));
}

function withAddresses(
  url: string,
  { address, port }: { readonly address: string; readonly port: number },
  addresses: readonly { readonly address: string; readonly family: string; readonly internal: boolean }[],
): readonly string[] {
  const [, scheme = '', path = ''] = /^(\w+:\/\/)[^/]*(.*)$/.exec(url) ?? [];
  if (address !== '0.0.0.0' && address !== '::') return [url];
  const outside = addresses.filter((a) => !a.internal && a.family === 'IPv4').map((a) => a.address);
  const hosts = [address === '::' ? 'localhost' : '127.0.0.1', ...outside];
  return hosts.map((host) => `${scheme}${host}:${port}${path}`);
}
