import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { describe, expect, it } from 'vitest';
import { decodeBase64, encodeBase64 } from '../base64.js';
import {
  saltedPassword,
  scramAuthMessage,
  scramClientProof,
  scramCredentials,
  scramServerSignature,
  verifyScramProof,
  verifyScramServer,
  type ScramExchange,
} from './scram.js';

interface Vector {
  readonly exchange: ScramExchange;
  readonly authMessage: string;
  readonly salted: string;
  readonly storedKey: string;
  readonly serverKey: string;
  readonly proof: string;
  readonly server: string;
}

const RFC_7677: Vector = {
  exchange: {
    authid: 'user',
    clientNonce: 'rOprNGfwEbeRWgbNEkqO',
    nonce: 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
    salt: 'W22ZaJ0SNY7soEsUEjb6gQ==',
    iterations: 4096,
    channelBinding: null,
  },
  authMessage:
    'n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,' +
    's=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
  salted: 'c4a49510323ab4f952cac1fa99441939e78ea74d6be81ddf7096e87513dc615d',
  storedKey: 'WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=',
  serverKey: 'wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  proof: 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  server: '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
};

/** The inputs of the specification's example; what it prints as proofs belongs to other inputs. */
const WAMP: Vector = {
  exchange: {
    authid: 'user',
    clientNonce: 'egVDf3DMJh0=',
    nonce: 'egVDf3DMJh0=SBmkFIh7sSo=',
    salt: 'aBc+fx0NAVA=',
    iterations: 4096,
    channelBinding: null,
  },
  authMessage:
    'n=user,r=egVDf3DMJh0=,r=egVDf3DMJh0=SBmkFIh7sSo=,s=aBc+fx0NAVA=,i=4096,c=biws,r=egVDf3DMJh0=SBmkFIh7sSo=',
  salted: '4073f00b9b900fb7cbe2de11a72871f4b981616c85329569c7807f849ad23e38',
  storedKey: '0fCr7EYY8YwoS0VQMtES7YBGB7DlELfCsFIeOvlTzkc=',
  serverKey: 'aCtxeIoGuHVmsyd50QLzSXZWPgYI9rjZqGZ7ldyNmc4=',
  proof: 'L1uwjEEL7BdbtlWMKxNcQ1A/CmNjct+7xdAguB/rpnA=',
  server: 'AyTAljdPHv74Zx+gn+6DqiFnl4XOZUXpC7k/pSkjBOg=',
};

const bytes = (text: string): Uint8Array => decodeBase64(text)!;

describe.each([
  ['RFC 7677', RFC_7677],
  ['the example of WAMP', WAMP],
])('AUTH-015: SCRAM with pbkdf2, %s', (_, vector) => {
  const { exchange, authMessage } = vector;
  const cost = { kdf: 'pbkdf2', iterations: 4096 } as const;

  it('derives the password', async () => {
    const salted = await saltedPassword('pencil', bytes(exchange.salt), cost);
    expect(bytesToHex(salted)).toBe(vector.salted);
  });

  it('makes what the router keeps', async () => {
    expect(await scramCredentials('pencil', bytes(exchange.salt), cost)).toEqual({
      kdf: 'pbkdf2',
      iterations: 4096,
      memory: null,
      salt: exchange.salt,
      'stored-key': vector.storedKey,
      'server-key': vector.serverKey,
    });
  });

  it('proves both sides', () => {
    const salted = hexToBytes(vector.salted);
    expect(scramAuthMessage(exchange)).toBe(authMessage);
    expect(encodeBase64(scramClientProof(salted, authMessage))).toBe(vector.proof);
    expect(verifyScramProof(bytes(vector.storedKey), authMessage, bytes(vector.proof))).toBe(true);
    expect(encodeBase64(scramServerSignature(bytes(vector.serverKey), authMessage))).toBe(vector.server);
    expect(verifyScramServer(salted, authMessage, bytes(vector.server))).toBe(true);
  });

  it('takes no other proof', () => {
    const { storedKey, proof } = vector;
    const bent = bytes(proof);
    bent[31]! ^= 1;
    expect(verifyScramProof(bytes(storedKey), authMessage, bent)).toBe(false);
    expect(verifyScramProof(bytes(storedKey), `${authMessage}=`, bytes(proof))).toBe(false);
    expect(verifyScramProof(bytes(storedKey), authMessage, new Uint8Array())).toBe(false);
    expect(verifyScramServer(hexToBytes(vector.salted), authMessage, bytes(proof))).toBe(false);
  });
});

describe('argon2id13', () => {
  // from the tests of the reference implementation: Argon2id, version 0x13, t=2, m=256, p=1
  it('derives as the reference implementation does', async () => {
    const cost = { kdf: 'argon2id13', iterations: 2, memory: 256 } as const;
    const salted = await saltedPassword('password', utf8ToBytes('somesalt'), cost);
    expect(bytesToHex(salted)).toBe('9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe');
  });

  it('needs its memory', async () => {
    const cost = { kdf: 'argon2id13', iterations: 2, memory: null } as const;
    await expect(saltedPassword('password', utf8ToBytes('somesalt'), cost)).rejects.toThrow('memory');
  });
});

describe('AUTH-021: what is signed', () => {
  const plain = RFC_7677.exchange;

  it('escapes comma and equals sign of the authid, after SASLprep', () => {
    expect(scramAuthMessage({ ...plain, authid: 'a=b,c\u00ad' })).toMatch(/^n=a=3Db=2Cc,r=/);
  });

  it('names the channel binding and what it gives', () => {
    const cbindData = encodeBase64(utf8ToBytes('finished'));
    const message = scramAuthMessage({ ...plain, channelBinding: 'tls-unique', cbindData });
    const expected = encodeBase64(utf8ToBytes('p=tls-unique,,finished'));
    expect(message).toContain(`,c=${expected},r=`);
  });

  it('takes passwords that look the same as the same', async () => {
    const cost = { kdf: 'pbkdf2', iterations: 1 } as const;
    const salt = utf8ToBytes('salt');
    expect(await saltedPassword('Mu\u0308ller', salt, cost)).toEqual(
      await saltedPassword('M\u00fcller', salt, cost),
    );
  });
});
