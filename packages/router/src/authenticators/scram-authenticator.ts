/**
 * The method `wamp-scram`: both sides prove that they know the password, of which the router has only a derived key.
 * Source: WAMP advanced profile, "Salted Challenge Response Authentication Mechanism".
 */
import { tlsInfoOf, type Dict } from '@wamp/protocol';
import { decodeBase64, decodeHex, encodeBase64 } from '@wamp/protocol/auth/bytes';
import { isChannelBindingType } from '@wamp/protocol/auth/cryptosign';
import {
  DEFAULT_SCRAM_COST,
  scramAuthMessage,
  scramServerSignature,
  verifyScramProof,
  type ScramExchange,
} from '@wamp/protocol/auth/scram';
import type { AuthOptions } from '../auth-options.js';
import type { AuthenticationRequest, AuthenticationStep, Authenticator } from '../authentication.js';
import type { AuthenticationHost } from './authentication-host.js';
import { Decoy } from './decoy.js';
import { readScram, type ScramEntry } from './grant-reading.js';
import { principalOf, sourceOf } from './principal-source.js';
import { randomBytes } from './random-bytes.js';
import { DENIED, NO_AUTHID, unusable } from './refusals.js';

type ScramOptions = NonNullable<AuthOptions['scram']>;

/** What the peer said in HELLO. */
interface Opening {
  readonly authid: string;
  readonly nonce: string;
  readonly channelBinding: string | null;
  /** base64 of what the channel binding gives; undefined without */
  readonly cbindData: string | undefined;
}

/** Nonces are base64 of 16 bytes or more; nobody needs more than 256 characters. */
const NONCE = /^[A-Za-z0-9+/=_-]{22,256}$/;

/** @throws Error that names the principal that is wrong */
export function scramAuthenticator(host: AuthenticationHost, options: ScramOptions): Authenticator {
  const principals = 'principals' in options ? options.principals : undefined;
  const source = sourceOf(host, 'wamp-scram', options, principals, readScram);
  const decoys = new ScramDecoys(host, source.known);
  return {
    method: 'wamp-scram',
    aliases: ['scram'],
    begin: (request) => {
      const opening = readOpening(request);
      if ('type' in opening) return opening;
      const challenge = (found: ScramEntry | undefined): AuthenticationStep => {
        if (found !== undefined) decoys.learn(found);
        return makeChallenge(
          request,
          opening,
          found ?? decoys.of(request),
          found !== undefined,
          source.provider,
        );
      };
      const found = source.find(request);
      return found instanceof Promise ? found.then(challenge) : challenge(found);
    },
  };
}

function readOpening({ authid, authextra, transport }: AuthenticationRequest): Opening | AuthenticationStep {
  if (authid === undefined) return NO_AUTHID;
  const { nonce, channel_binding: wanted } = authextra;
  if (typeof nonce !== 'string' || !NONCE.test(nonce)) {
    return unusable('authextra.nonce must be base64 of 16 random bytes or more');
  }
  if (wanted === undefined || wanted === null) {
    return { authid, nonce, channelBinding: null, cbindData: undefined };
  }
  const binding = isChannelBindingType(wanted) ? tlsInfoOf(transport)?.channelBinding?.[wanted] : undefined;
  const bytes = binding === undefined ? undefined : decodeHex(binding);
  if (bytes === undefined)
    return unusable('this connection does not have the channel binding that is asked for');
  return { authid, nonce, channelBinding: wanted as string, cbindData: encodeBase64(bytes) };
}

function makeChallenge(
  { random32 }: AuthenticationRequest,
  opening: Opening,
  entry: ScramEntry,
  isReal: boolean,
  provider: string,
): AuthenticationStep {
  const { authid, channelBinding, cbindData } = opening;
  const { grant, kdf, iterations, memory, storedKey, serverKey } = entry;
  const nonce = opening.nonce + encodeBase64(randomBytes(random32, 24));
  const salt = encodeBase64(entry.salt);
  const exchange: ScramExchange = {
    ...{ authid, clientNonce: opening.nonce, nonce, salt, iterations, channelBinding },
    ...(cbindData !== undefined && { cbindData }),
  };
  return {
    type: 'challenge',
    extra: {
      nonce,
      salt,
      kdf,
      iterations,
      memory,
      ...(channelBinding !== null && { channel_binding: channelBinding }),
    },
    answer: (signature, extra) => {
      const message = authMessageOf(exchange);
      const proof = decodeBase64(signature) ?? new Uint8Array(32);
      const isProved = verifyScramProof(storedKey, message ?? '', proof);
      if (!isProved || !isReal || message === undefined || !repeats(exchange, extra)) return DENIED;
      const principal = principalOf(grant, authid, provider);
      const verifier = encodeBase64(scramServerSignature(serverKey, message));
      return { type: 'accepted', principal: { ...principal, authextra: { ...grant.extra, verifier } } };
    },
  };
}

/** undefined for an authid that SASLprep does not allow, which is nobody's */
function authMessageOf(exchange: ScramExchange): string | undefined {
  try {
    return scramAuthMessage(exchange);
  } catch {
    return undefined;
  }
}

/** spec: the router checks nonce, channel binding and its data before the proof counts */
function repeats({ nonce, channelBinding, cbindData }: ScramExchange, extra: Dict): boolean {
  return (
    extra['nonce'] === nonce &&
    (extra['channel_binding'] ?? null) === channelBinding &&
    (extra['cbind_data'] ?? undefined) === cbindData
  );
}

/** Unknown users cost what some known one does; where they are not all known, what the last one did that was found. */
class ScramDecoys {
  readonly #decoy: Decoy;
  readonly #known: readonly ScramEntry[];
  #last: Pick<ScramEntry, 'kdf' | 'iterations' | 'memory'> & { readonly saltLength: number } = {
    kdf: DEFAULT_SCRAM_COST.kdf,
    iterations: DEFAULT_SCRAM_COST.iterations,
    memory: DEFAULT_SCRAM_COST.memory ?? null,
    saltLength: 16,
  };

  constructor(host: AuthenticationHost, known: readonly ScramEntry[]) {
    this.#decoy = new Decoy(host.secret, 'wamp-scram');
    this.#known = known;
  }

  learn({ kdf, iterations, memory, salt }: ScramEntry): void {
    if (this.#known.length === 0) this.#last = { kdf, iterations, memory, saltLength: salt.length };
  }

  of(request: AuthenticationRequest): ScramEntry {
    const model = this.#decoy.pick(request, this.#known);
    const { kdf, iterations, memory } = model ?? this.#last;
    const saltLength = model?.salt.length ?? this.#last.saltLength;
    return {
      ...{ grant: { role: '' }, kdf, iterations, memory },
      salt: this.#decoy.bytes(request, 'salt').subarray(0, saltLength),
      storedKey: this.#decoy.bytes(request, 'stored-key'),
      serverKey: this.#decoy.bytes(request, 'server-key'),
    };
  }
}
