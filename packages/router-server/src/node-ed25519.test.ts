import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { verifyEd25519 } from './node-ed25519.js';

describe('signatures checked by Node', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const key = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const message = Buffer.from('a challenge');
  const signature = sign(null, message, privateKey);

  it('accepts the right one, and nothing else', async () => {
    expect(await verifyEd25519(signature, message, key)).toBe(true);
    expect(await verifyEd25519(signature, Buffer.from('another'), key)).toBe(false);
    const bent = Buffer.from(signature);
    bent[0]! ^= 1;
    expect(await verifyEd25519(bent, message, key)).toBe(false);
    expect(await verifyEd25519(signature.subarray(1), message, key)).toBe(false);
    expect(await verifyEd25519(signature, message, key.subarray(1))).toBe(false);
    expect(await verifyEd25519(signature, message, Buffer.alloc(32, 0xff))).toBe(false);
  });
});
