/** A realm that can be entered in every way, with one principal for each. All secrets are those of the tests. */
import { cryptosignPublicKey } from '@wamp/protocol/auth/cryptosign';
import { scramCredentials } from '@wamp/protocol/auth/scram';
import { deriveWampcraKey } from '@wamp/protocol/auth/wampcra';
import type { RealmOptions } from '@wamp/router';
import { SignJWT } from 'jose';
import { jwtTickets } from '../src/jwt-tickets.js';

export const KEY = '4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510';
export const OTHER_KEY = 'd511fe78e23934b3dadb52fcd022974b80bd92bccc7c5cf404e46cc0a8a2f5cd';
const TOKEN_SECRET = 'a secret of thirty-two bytes, or more';

export function tokenFor(sub: string): Promise<string> {
  const token = new SignJWT({ sub, role: 'user' }).setProtectedHeader({ alg: 'HS256' });
  return token.setExpirationTime('1h').sign(new TextEncoder().encode(TOKEN_SECRET));
}

export async function realmOfLogins(): Promise<RealmOptions> {
  const role = 'user';
  const salt = 'c2FsdCBvZiBzYWx0eQ==';
  const saltBytes = new TextEncoder().encode('salt of the peer');
  const scram = async (kdf: 'pbkdf2' | 'argon2id13') =>
    scramCredentials('pencil', saltBytes, { kdf, iterations: kdf === 'pbkdf2' ? 4_096 : 2, memory: 4_096 });
  return {
    auth: {
      anonymous: { role: 'guest' },
      ticket: [
        { principals: { 'by ticket': { ticket: 'open sesame', role } } },
        jwtTickets({ secret: TOKEN_SECRET }),
      ],
      wampcra: {
        users: {
          'by cra': { secret: 'secret1', role },
          'by salted cra': { secret: await deriveWampcraKey('secret1', { salt }), salt, role },
        },
      },
      scram: {
        principals: {
          'by pbkdf2': { ...(await scram('pbkdf2')), role },
          'by argon2': { ...(await scram('argon2id13')), role },
        },
      },
      cryptosign: { principals: { 'by key': { authorized_keys: [cryptosignPublicKey(KEY)], role } } },
    },
    roles: [
      { name: 'guest' },
      { name: 'user', permissions: [{ uri: '', match: 'prefix', allow: { call: true, register: true } }] },
    ],
  };
}
