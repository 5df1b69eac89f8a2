/** Signatures of `cryptosign`, checked by Node's native code and beside the event loop. */
import { createPublicKey, verify } from 'node:crypto';
import { promisify } from 'node:util';

/** What stands before the 32 bytes of an Ed25519 key in SubjectPublicKeyInfo. Source: RFC 8410. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

const verifyAside = promisify<null, Uint8Array, ReturnType<typeof createPublicKey>, Uint8Array, boolean>(
  verify,
);

/** Whether a signature (64 bytes) of a message is the key's (32 bytes); never rejects. */
export async function verifyEd25519(
  signature: Uint8Array,
  message: Uint8Array,
  publicKey: Uint8Array,
): Promise<boolean> {
  try {
    const der = Buffer.concat([SPKI_PREFIX, publicKey]);
    return await verifyAside(
      null,
      message,
      createPublicKey({ key: der, format: 'der', type: 'spki' }),
      signature,
    );
  } catch {
    return false;
  }
}
