/**
 * The certificates of an endpoint: read from files or given as text, chosen by the name that a client asks for, and read anew without
 * touching a connection. Owns what is loaded; accepts no connection.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';

/** A certificate with its key, in PEM: the text, or the path of a file that is read again when it changes. */
export interface TlsCertificate {
  /** The certificate, followed by those that lead to its authority. */
  readonly cert?: string | Buffer;
  readonly certFile?: string;
  readonly key?: string | Buffer;
  readonly keyFile?: string;
  /** Of the key, if it is encrypted. */
  readonly passphrase?: string;
}

export interface TlsOptions {
  /** One at least. A client that names a host gets the first that is good for it, all others the first of all. */
  readonly certificates: readonly TlsCertificate[];
  /**
   * `request`: a client may show a certificate; `require`: one that an authority of `ca` vouches for has to be shown. What it
   * means for authentication is the realm's to say. Default `none`.
   */
  readonly clientCertificates?: 'none' | 'request' | 'require';
  /** Authorities for clients' certificates, in PEM. */
  readonly ca?: string | Buffer;
  readonly caFile?: string;
  /** Default TLSv1.2. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** How often files are looked at, in milliseconds; 0 never. Default 10000. */
  readonly watchMs?: number;
}

/** One certificate, ready for handshakes. */
export interface LoadedCertificate {
  /** what the context was made of */
  readonly options: SecureContextOptions;
  readonly context: SecureContext;
  readonly certificate: X509Certificate;
}

/** What is in force now. */
interface Loaded {
  readonly certificates: readonly [LoadedCertificate, ...LoadedCertificate[]];
  /** of the files, at the time of reading */
  readonly stamp: string;
}

export class TlsCertificates {
  readonly #options: TlsOptions;
  #loaded: Loaded;

  /** @throws Error with a sentence if a file cannot be read or a certificate or key is none; TypeError for an option that is missing */
  constructor(options: TlsOptions) {
    if (options.certificates.length === 0) throw new TypeError('tls.certificates must name one at least');
    this.#options = options;
    this.#loaded = this.#load();
  }

  /** The one for clients that name no host, or one that none is good for. */
  get first(): LoadedCertificate {
    return this.#loaded.certificates[0];
  }

  /** @param serverName the host that the client named. Source: RFC 6066, section 3 */
  contextFor(serverName: string): SecureContext {
    const fitting = this.#loaded.certificates.find(
      ({ certificate }) => certificate.checkHost(serverName) !== undefined,
    );
    return (fitting ?? this.first).context;
  }

  /** Reads everything anew, for connections to come. @throws like the constructor; then what was in force stays */
  reload(): void {
    this.#loaded = this.#load();
  }

  /** Reads everything anew if a file has changed. @returns whether it has. @throws like the constructor, once for each change */
  reloadIfChanged(): boolean {
    const stamp = this.#stamp();
    if (stamp === this.#loaded.stamp) return false;
    try {
      this.#loaded = this.#load();
    } catch (error) {
      this.#loaded = { ...this.#loaded, stamp };
      throw error;
    }
    return true;
  }

  #load(): Loaded {
    const stamp = this.#stamp();
    const { minVersion = 'TLSv1.2', ca, caFile } = this.#options;
    const authorities = ca ?? (caFile === undefined ? undefined : readFileSync(caFile));
    const [first, ...others] = this.#options.certificates.map((source) => {
      const cert = pem(source.cert, source.certFile, 'cert');
      const key = pem(source.key, source.keyFile, 'key');
      const { passphrase } = source;
      const options: SecureContextOptions = { cert, key, minVersion, ca: authorities, passphrase };
      return { options, certificate: new X509Certificate(cert), context: createSecureContext(options) };
    });
    return { certificates: [first!, ...others], stamp };
  }

  /** Changes with the files; a file that is not there for a moment is a change too. */
  #stamp(): string {
    const { certificates, caFile } = this.#options;
    const files = [caFile, ...certificates.flatMap(({ certFile, keyFile }) => [certFile, keyFile])];
    return files
      .map((file) => {
        if (file === undefined) return '';
        const found = statSync(file, { throwIfNoEntry: false });
        return found === undefined ? 'missing' : `${found.ino} ${found.mtimeMs} ${found.size}`;
      })
      .join('\n');
  }
}

function pem(text: string | Buffer | undefined, file: string | undefined, name: string): string | Buffer {
  if (text !== undefined) return text;
  if (file === undefined) throw new TypeError(`a TLS certificate needs ${name} or ${name}File`);
  return readFileSync(file);
}
