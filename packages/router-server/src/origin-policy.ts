/**
 * Which web pages may connect. A browser lets any page open a WebSocket to any address, also to this machine's own, and
 * tells in the `Origin` header which page it is; to refuse is the server's part.
 * Owns what an origin is and which are accepted; answers no request. Source: RFC 6454 and RFC 6455, section 10.2.
 */

import { isIP } from 'node:net';

/** Pages that programs on this machine serve. */
const SAME_MACHINE: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** What stands in a list of allowed origins for all of them. */
export const ANY_ORIGIN = '*';

/** What browsers send for pages without an origin: files, sandboxed frames. */
const OPAQUE_ORIGIN = 'null';

/** True for what may stand in a list of allowed origins: an origin as browsers write it, `null`, or `*`. */
export function isAllowableOrigin(text: string): boolean {
  return text === ANY_ORIGIN || canonical(text) !== undefined;
}

export class OriginPolicy {
  readonly #isAnyAllowed: boolean;
  readonly #allowed: ReadonlySet<string>;
  /** undefined: every host */
  readonly #hosts: ReadonlySet<string> | undefined;

  /**
   * @param hosts names that a request may be for; undefined for all
   * @throws TypeError naming an entry that is no origin, or no host
   */
  constructor(allowed: readonly string[], hosts?: readonly string[]) {
    const wrong = allowed.find((entry) => !isAllowableOrigin(entry));
    if (wrong !== undefined) {
      throw new TypeError(
        `allowedOrigins must hold origins, for example https://app.example.com, or *: "${wrong}"`,
      );
    }
    const noHost = hosts?.find((name) => hostOf(name)?.hostname !== name.toLowerCase());
    if (noHost !== undefined) {
      throw new TypeError(
        `allowedHosts must hold host names without ports, for example example.com: "${noHost}"`,
      );
    }
    this.#hosts = hosts === undefined ? undefined : new Set(hosts.map((name) => name.toLowerCase()));
    this.#isAnyAllowed = allowed.includes(ANY_ORIGIN);
    this.#allowed = new Set(allowed.flatMap((entry) => canonical(entry) ?? []));
  }

  /**
   * True if the request may open a connection.
   * @param origin its `Origin` header; programs that are no browser send none
   * @param host its `Host` header: a page may always connect to the server that it came from
   * @param isLocal true for a connection from this machine, where "the same host" has to be an address or a name that is known: others
   * can be pointed here by whoever owns them
   */
  accepts(origin: string | undefined, host: string | undefined, isLocal = false): boolean {
    if (origin === undefined || this.#isAnyAllowed) return true;
    const name = canonical(origin);
    if (name === undefined) return false;
    if (this.#allowed.has(name)) return true;
    const url = webUrl(name);
    if (url === undefined) return false;
    if (SAME_MACHINE.has(url.hostname)) return true;
    if (url.host !== webUrl(`${url.protocol}//${host ?? ''}`)?.host) return false;
    return !isLocal || this.#hosts !== undefined || isAddress(url.hostname);
  }

  /** True if a request may be for that host. @param host its `Host` header */
  acceptsHost(host: string | undefined): boolean {
    return this.#hosts === undefined || this.#hosts.has(hostOf(host ?? '')?.hostname ?? '');
  }
}

/** The origin as a sentence or a command line can show it; undefined if it is none, or has characters that neither should. */
export function showableOrigin(origin: string): string | undefined {
  const name = canonical(origin);
  return name !== undefined && /^[\w.:/[\]+-]{1,200}$/.test(name) ? name : undefined;
}

/** One spelling for each origin; undefined for what is none, an address with a path for example. */
function canonical(origin: string): string | undefined {
  if (origin === OPAQUE_ORIGIN) return origin;
  if (!/^(?!wss?:)[a-z][a-z0-9+.-]*:\/\/[^\s/?#@\\]+$/i.test(origin)) return undefined;
  // Others, for example of browser extensions, have no form beyond this one.
  return /^https?:/i.test(origin) ? webUrl(origin)?.origin : origin.toLowerCase();
}

function webUrl(text: string): URL | undefined {
  return /^https?:/i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
}

function hostOf(text: string): URL | undefined {
  return /[/?#@\\]/.test(text) ? undefined : webUrl(`http://${text}`);
}

/** As a URL has it: IPv6 in brackets. */
function isAddress(hostname: string): boolean {
  return isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0;
}
