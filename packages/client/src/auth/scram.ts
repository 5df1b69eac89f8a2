/**
 * The method `wamp-scram`: client and router prove to each other that they know the password.
 * Source: WAMP advanced profile, "Salted Challenge Response Authentication Mechanism".
 */
import { isDict, tlsInfoOf, type Dict } from '@wamp/protocol';
import { decodeBase64, decodeHex, encodeBase64 } from '@wamp/protocol/auth/bytes';
import type { ChannelBindingType } from '@wamp/protocol/auth/cryptosign';
import {
  saltedPassword,
  scramAuthMessage,
  scramClientProof,
  verifyScramServer,
  type ScramCost,
  type ScramKdf,
} from '@wamp/protocol/auth/scram';
import type { AuthenticationAttempt, Authenticator, ChallengeAnswer } from '../handshake.js';
import { reveal, type Secret } from './secret.js';

export interface ScramOptions {
  /** Binds the login to the TLS connection, so that nobody can pass it on. The host has to know it: Node does. */
  readonly channelBinding?: ChannelBindingType;
  /**
   * The least that a router may ask for; less would let whoever poses as it try out passwords cheaply. Default: 4096
   * iterations of pbkdf2; 4096 KiB of argon2id13, times its iterations.
   */
  readonly minimumCost?: Partial<Record<ScramKdf, number>>;
}

const MINIMUM_COST: Readonly<Record<ScramKdf, number>> = { pbkdf2: 4_096, argon2id13: 4_096 };
/** A router must not keep a client busy for minutes: about ten seconds in a browser. */
const MAXIMUM_COST: Readonly<Record<ScramKdf, number>> = { pbkdf2: 10_000_000, argon2id13: 8_388_608 };
/** KiB; as much as a page may take without being stopped. */
const MAXIMUM_MEMORY = 1_048_576;

/** Logs in with a password. The router is believed only if it knows it too. */
export function scram(authid: string, password: Secret, options: ScramOptions = {}): Authenticator {
  const keys = new DerivedKeys();
  const begin = (transport: Readonly<Record<string, unknown>>): AuthenticationAttempt =>
    new ScramAttempt(authid, password, options, keys, transport);
  return {
    method: 'wamp-scram',
    authid,
    begin,
    onChallenge: () => {
      throw new Error('the attempt was not begun');
    },
  };
}

/** The last derived key: a client that reconnects need not work for it again. */
class DerivedKeys {
  #input = '';
  #key: Uint8Array | undefined = undefined;

  async derive(password: string, salt: string, cost: ScramCost): Promise<Uint8Array> {
    const input = JSON.stringify([password, salt, cost.kdf, cost.iterations, cost.memory ?? null]);
    if (this.#key !== undefined && this.#input === input) return this.#key;
    const bytes = decodeBase64(salt);
    if (bytes === undefined || bytes.length < 8) throw new Error('the salt is not base64 of 8 bytes or more');
    const key = await saltedPassword(password, bytes, cost);
    this.#input = input;
    this.#key = key;
    return key;
  }
}

class ScramAttempt implements AuthenticationAttempt {
  readonly extra: Dict;
  readonly #authid: string;
  readonly #password: Secret;
  readonly #options: ScramOptions;
  readonly #keys: DerivedKeys;
  readonly #nonce = encodeBase64(crypto.getRandomValues(new Uint8Array(18)));
  readonly #cbindData: string | undefined;
  #salted: Uint8Array | undefined = undefined;
  #authMessage = '';

  constructor(
    authid: string,
    password: Secret,
    options: ScramOptions,
    keys: DerivedKeys,
    transport: Readonly<Record<string, unknown>>,
  ) {
    this.#authid = authid;
    this.#password = password;
    this.#options = options;
    this.#keys = keys;
    const { channelBinding } = options;
    this.#cbindData = channelBinding && bindingData(transport, channelBinding);
    this.extra = { nonce: this.#nonce, channel_binding: channelBinding ?? null };
  }

  async onChallenge({ extra }: { readonly extra: Dict }): Promise<ChallengeAnswer> {
    const { nonce, salt } = extra;
    // spec: the client must end the attempt if the nonce is not the continuation of its own
    if (typeof nonce !== 'string' || !nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length) {
      throw new Error('the nonce of the challenge does not continue the one that was sent');
    }
    if (typeof salt !== 'string') throw new Error('the salt is not a text');
    const cost = costOf(extra, this.#options.minimumCost);
    const channelBinding = this.#options.channelBinding ?? null;
    const salted = await this.#keys.derive(await reveal(this.#password), salt, cost);
    this.#salted = salted;
    this.#authMessage = scramAuthMessage({
      ...{ authid: this.#authid, clientNonce: this.#nonce, nonce, salt, channelBinding },
      iterations: cost.iterations,
      cbindData: this.#cbindData,
    });
    return {
      signature: encodeBase64(scramClientProof(salted, this.#authMessage)),
      extra: {
        nonce,
        channel_binding: channelBinding,
        ...(this.#cbindData !== undefined && { cbind_data: this.#cbindData }),
      },
    };
  }

  onWelcome({ authextra }: Dict): void {
    const verifier = isDict(authextra) ? authextra['verifier'] : undefined;
    // The specification's example has a prefix, its formula has none.
    const signature = typeof verifier === 'string' ? decodeBase64(verifier.replace(/^v=/, '')) : undefined;
    const isProved =
      this.#salted !== undefined &&
      signature !== undefined &&
      verifyScramServer(this.#salted, this.#authMessage, signature);
    if (!isProved) throw new Error('it did not prove that it knows the password');
  }
}

function bindingData(transport: Readonly<Record<string, unknown>>, type: ChannelBindingType): string {
  const bytes = decodeHex(tlsInfoOf(transport)?.channelBinding?.[type] ?? '');
  if (bytes === undefined || bytes.length === 0) {
    throw new Error(`this connection does not have the channel binding ${type}`);
  }
  return encodeBase64(bytes);
}

function costOf({ kdf, iterations, memory }: Dict, minimum: ScramOptions['minimumCost'] = {}): ScramCost {
  if (kdf !== 'pbkdf2' && kdf !== 'argon2id13') throw new Error('the router asks for an unknown "kdf"');
  const isNumber = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;
  if (!isNumber(iterations)) throw new Error('the router asks for no number of iterations');
  if (kdf === 'argon2id13' && (!isNumber(memory) || memory > MAXIMUM_MEMORY)) {
    throw new Error(`the router asks for "memory" outside of 1..${MAXIMUM_MEMORY}`);
  }
  const cost = kdf === 'pbkdf2' ? iterations : iterations * (memory as number);
  if (cost < (minimum[kdf] ?? MINIMUM_COST[kdf])) {
    throw new Error('the router asks for so little work that the password would be in danger');
  }
  if (cost > MAXIMUM_COST[kdf]) throw new Error('the router asks for more work than is reasonable');
  return { kdf, iterations, memory: kdf === 'pbkdf2' ? null : (memory as number) };
}
