/**
 * The method `cryptosign`: a challenge is signed with an Ed25519 key, which stays with the client.
 * Source: WAMP advanced profile, "Cryptosign-based Authentication".
 */
import { tlsInfoOf } from '@wamp/protocol';
import { encodeHex } from '@wamp/protocol/auth/bytes';
import {
  channelIdOf,
  cryptosignMessage,
  cryptosignPublicKey,
  isKeyText,
  signCryptosign,
  type ChannelBindingType,
} from '@wamp/protocol/auth/cryptosign';
import type { AuthenticationAttempt, Authenticator } from '../handshake.js';

/** A key that is kept elsewhere: on a token, in an agent, as a key of WebCrypto that cannot be read. */
export interface CryptosignSigner {
  /** 64 hexadecimal digits */
  readonly publicKey: string;
  /** Signs 32 bytes. @returns 64 bytes */
  sign(message: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

export interface CryptosignOptions {
  /** the identity to claim; without it the router names the one that the key belongs to */
  readonly authid?: string;
  /** Binds the login to the TLS connection, so that nobody can pass it on. The host has to know it: Node does. */
  readonly channelBinding?: ChannelBindingType;
}

/**
 * Logs in with an Ed25519 key.
 * @param key the private key, 64 hexadecimal digits, or something that signs
 * @throws Error if the private key is none
 */
export function cryptosign(key: string | CryptosignSigner, options: CryptosignOptions = {}): Authenticator {
  const publicKey = typeof key === 'string' ? cryptosignPublicKey(key) : key.publicKey;
  const begin = (transport: Readonly<Record<string, unknown>>): AuthenticationAttempt =>
    attempt(key, publicKey, options.channelBinding, transport);
  return {
    method: 'cryptosign',
    ...(options.authid !== undefined && { authid: options.authid }),
    begin,
    onChallenge: () => {
      throw new Error('the attempt was not begun');
    },
  };
}

function attempt(
  key: string | CryptosignSigner,
  pubkey: string,
  channelBinding: ChannelBindingType | undefined,
  transport: Readonly<Record<string, unknown>>,
): AuthenticationAttempt {
  const channelId = channelBinding && channelIdOf(tlsInfoOf(transport)?.channelBinding, channelBinding);
  if (channelBinding !== undefined && channelId === undefined) {
    throw new Error(`this connection does not have the channel binding ${channelBinding}`);
  }
  return {
    extra: { pubkey, ...(channelBinding !== undefined && { channel_binding: channelBinding }) },
    onChallenge: async ({ extra }) => {
      const { challenge, channel_binding: used } = extra;
      if (!isKeyText(challenge)) throw new Error('the challenge is not 32 bytes in hexadecimal');
      // spec: the client has to check that the router uses the binding that was asked for
      if ((used ?? undefined) !== channelBinding) {
        throw new Error('the router does not use the channel binding that was asked for');
      }
      if (typeof key === 'string') return signCryptosign(key, challenge, channelId);
      const message = cryptosignMessage(challenge, channelId);
      return encodeHex(await key.sign(message)) + encodeHex(message);
    },
  };
}
