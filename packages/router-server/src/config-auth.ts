/**
 * The ways into a realm and what roles may do there, as they stand in a configuration; all names are Crossbar.io's.
 * Owns names and descriptions; judges nobody.
 */
import { isValidUri } from '@wamp/protocol';
import { z } from 'zod';
import {
  byName,
  listOf,
  MATCH,
  NOT_EMPTY,
  oneOf,
  REALM_NAME,
  section,
  SECRET,
  text,
  URI,
  wholeOrAbsent,
  yesOrNo,
} from './config-values.js';

const MANY = 2 ** 31 - 1;

const GRANT = {
  role: NOT_EMPTY.describe('The role of the session.'),
  authid: NOT_EMPTY.optional().describe(
    'The authid of the session, if it is not the one that was asked for.',
  ),
  realm: REALM_NAME.optional().describe('The realm to join, if it is not the one that was asked for.'),
  extra: z
    .record(z.string(), z.unknown(), 'must be a dictionary')
    .optional()
    .describe('Sent to the client as `authextra` of WELCOME.'),
};

const secretText = NOT_EMPTY.meta(SECRET);

const isStatic = z.literal('static').optional().describe('The principals stand here; the default.');

const DYNAMIC = section({
  type: z.literal('dynamic').describe('A WAMP procedure answers.'),
  authenticator: URI.describe('The procedure, called with realm, authid and details.'),
  'authenticator-realm': REALM_NAME.optional().describe(
    'The realm in which it is called. By default the one that the peer wants to join.',
  ),
});

const principals = <T extends z.ZodType>(grant: T): z.ZodRecord<z.ZodString, T> =>
  byName(NOT_EMPTY, grant).describe('The principals by authid.');

const HEX_KEY = text('64 hexadecimal digits', (value) => /^[0-9a-f]{64}$/i.test(value));
const FINGERPRINT = text('a SHA-256 fingerprint: 64 hexadecimal digits, colons allowed', (value) =>
  /^[0-9a-f]{64}$/i.test(value.replaceAll(':', '')),
);

const STATIC_TICKET = section({
  type: isStatic,
  principals: principals(
    section({ ticket: secretText.describe('The secret that the client sends.'), ...GRANT }),
  ),
});

const JWT = section({
  type: z.literal('jwt').describe('Signed tokens (JSON Web Token) with an expiry.'),
  secret: secretText
    .optional()
    .describe('Secret that they are signed with (HS256, HS384, HS512). Either this or `jwks`.'),
  jwks: NOT_EMPTY.optional().describe(
    'File with the public keys, a JSON Web Key Set; read again when a token names a key that is not in it.',
  ),
  issuer: NOT_EMPTY.optional().describe('Who has to have issued them (`iss`).'),
  audience: NOT_EMPTY.optional().describe('For whom they have to be (`aud`).'),
  'authid-claim': NOT_EMPTY.optional().describe('Claim with the authid; by default `sub`.'),
  'role-claim': NOT_EMPTY.optional().describe('Claim with the role; by default `role`.'),
  role: NOT_EMPTY.optional().describe('Role of tokens without that claim; by default they are refused.'),
}).superRefine(({ secret, jwks }, context) => {
  if ((secret === undefined) !== (jwks === undefined)) return;
  context.addIssue({ code: 'custom', path: ['type'], message: 'needs either secret or jwks, and not both' });
});

const TICKET = z.union([STATIC_TICKET, JWT, DYNAMIC]);

const WAMPCRA = z.union([
  section({
    type: isStatic,
    users: principals(
      section({
        secret: secretText.describe(
          'The secret; with `salt`, the base64 text that is derived of the password, so that the router needs no password.',
        ),
        salt: NOT_EMPTY.optional().describe('Set: the client has to derive its key from its password.'),
        iterations: wholeOrAbsent(1, MANY, 'Rounds of the derivation; by default 1000.'),
        keylen: wholeOrAbsent(1, 1024, 'Bytes of the derived key; by default 32.'),
        ...GRANT,
      }),
    ),
  }),
  DYNAMIC,
]);

const SCRAM = z.union([
  section({
    type: isStatic,
    principals: principals(
      section({
        kdf: oneOf(['argon2id13', 'argon2id-13', 'pbkdf2']).describe(
          'How the key is derived of the password.',
        ),
        iterations: wholeOrAbsent(1, MANY, 'Rounds of the derivation.').unwrap(),
        memory: wholeOrAbsent(1, MANY, 'KiB of memory of the derivation, for argon2id13.'),
        salt: NOT_EMPTY.describe('Salt, in base64 or hexadecimal as the keys are.'),
        'stored-key': secretText.describe('StoredKey of RFC 5802.'),
        'server-key': secretText.describe('ServerKey of RFC 5802.'),
        ...GRANT,
      }),
    ),
  }),
  DYNAMIC,
]);

const CRYPTOSIGN = z.union([
  section({
    type: isStatic,
    principals: principals(
      section({
        authorized_keys: listOf(HEX_KEY)
          .min(1, 'must name one key at least')
          .describe('Public Ed25519 keys, 64 hexadecimal digits each.'),
        ...GRANT,
      }),
    ),
  }),
  DYNAMIC,
]);

const TLS = z.union([
  section({
    type: isStatic,
    principals: principals(
      section({
        'certificate-sha256': z
          .union([FINGERPRINT, listOf(FINGERPRINT)])
          .describe("SHA-256 fingerprints of the client's certificate."),
        ...GRANT,
      }),
    ).optional(),
    role: NOT_EMPTY.optional().describe(
      "Role of certificates that are none of the principals', but are vouched for by an authority that the listener trusts.",
    ),
  }),
  DYNAMIC,
]);

const ANONYMOUS = z.union([
  section({
    type: isStatic,
    role: NOT_EMPTY.optional().describe('Role of everybody who comes this way; by default `anonymous`.'),
  }),
  DYNAMIC,
]);

export const AUTH = section({
  anonymous: ANONYMOUS.optional().describe('Everybody gets in, under a random authid.'),
  ticket: z
    .union([TICKET, listOf(TICKET)])
    .optional()
    .describe('A secret is sent as it is; to be used over TLS. Several are asked one after the other.'),
  wampcra: WAMPCRA.optional().describe('A challenge is answered with a secret that is not sent.'),
  scram: SCRAM.optional().describe('A password is proved that the router does not have.'),
  cryptosign: CRYPTOSIGN.optional().describe('A challenge is signed with an Ed25519 key.'),
  tls: TLS.optional().describe('The certificate that a TLS client shows.'),
});

const PERMISSION = section({
  uri: z.string('must be a URI or a pattern').describe('The URI, or the pattern as `match` says.'),
  match: MATCH.optional().describe(
    'How `uri` is meant; by default `exact`, or `prefix` if it ends with `*`.',
  ),
  allow: section({
    call: yesOrNo(false, 'CALL.'),
    register: yesOrNo(false, 'REGISTER.'),
    publish: yesOrNo(false, 'PUBLISH.'),
    subscribe: yesOrNo(false, 'SUBSCRIBE.'),
  })
    .prefault({})
    .describe('What is allowed; all else is denied.'),
  disclose: section({
    caller: yesOrNo(false, 'Of callers, to callees.'),
    publisher: yesOrNo(false, 'Of publishers, to subscribers.'),
  })
    .prefault({})
    .describe('Whose identity is told, asked for or not.'),
  cache: z
    .boolean('must be true or false')
    .optional()
    .describe("Whether the authorizer's decisions may be kept for a while; by default as it says itself."),
  authorizer: URI.optional().describe('A procedure that decides on what is not allowed here already.'),
}).superRefine(({ uri, match }, context) => {
  if (uri === '' && match === 'prefix') return;
  const isPrefix = match === undefined && uri.endsWith('*');
  if (isPrefix || isValidUri(uri, match ?? 'exact', 'loose')) return;
  context.addIssue({
    code: 'custom',
    path: ['uri'],
    message: `is no valid URI for match: ${match ?? 'exact'}`,
  });
});

const ROLE = section({
  name: NOT_EMPTY.describe('The name of the role.'),
  permissions: listOf(PERMISSION)
    .default([])
    .describe('The most specific permission counts, as with calls; what none is about is denied.'),
  trustlevel: wholeOrAbsent(
    0,
    Number.MAX_SAFE_INTEGER,
    'How far its sessions are trusted, 0 being the lowest: callees and subscribers that announced trust levels get it as `trustlevel` with their calls and publications. By default none.',
  ),
  authorizer: URI.optional().describe('A procedure that decides on what no permission is about.'),
});

export const ROLES = listOf(ROLE).superRefine((roles, context) => {
  roles.forEach(({ name }, i) => {
    if (roles.findIndex((other) => other.name === name) === i) return;
    context.addIssue({ code: 'custom', path: [i, 'name'], message: `the role ${name} is there twice` });
  });
});

export type AuthConfig = z.output<typeof AUTH>;

/** The roles that principals get, with the places where they stand. */
export function grantedRoles(
  auth: AuthConfig,
): readonly { readonly path: PropertyKey[]; readonly role: string }[] {
  const found: { path: PropertyKey[]; role: string }[] = [];
  const look = (value: unknown, path: PropertyKey[]): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      const step = Array.isArray(value) ? Number(key) : key;
      if (key === 'role' && typeof inner === 'string') found.push({ path: [...path, step], role: inner });
      else if (key !== 'extra') look(inner, [...path, step]);
    }
  };
  look(auth, []);
  const { anonymous } = auth;
  if (anonymous !== undefined && anonymous.type !== 'dynamic' && anonymous.role === undefined) {
    found.push({ path: ['anonymous'], role: 'anonymous' });
  }
  return found;
}
