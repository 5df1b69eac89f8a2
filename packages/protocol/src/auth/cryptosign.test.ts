import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import {
  channelIdOf,
  cryptosignMessage,
  cryptosignPublicKey,
  readCryptosignSignature,
  signCryptosign,
  verifyEd25519,
} from './cryptosign.js';

const CHANNEL = '62e935ae755f3d48f80d4d59f6121358c435722a67e859cc0caa8b539027f2ff';
const ONES = 'ff'.repeat(32);

/** private key, challenge, channel id, AUTHENTICATE.Signature */
const VECTORS: readonly (readonly [string, string, string | undefined, string])[] = [
  [
    '4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510',
    ONES,
    undefined,
    `b32675b221f08593213737bef8240e7c15228b07028e19595294678c90d11c0cae80a357331bfc5cc9fb71081464e6e75013517c2cf067ad566a6b7b728e5d03${ONES}`,
  ],
  [
    '4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510',
    ONES,
    CHANNEL,
    '9b6f41540c9b95b4b7b281c3042fa9c54cef43c842d62ea3fd6030fcb66e70b3e80d49d44c29d1635da9348d02ec93f3ed1ef227dfb59a07b580095c2b82f80f9d16ca518aa0c2b707f2b2a609edeca73bca8dd59817a633f35574ac6fd80d00',
  ],
  [
    'd511fe78e23934b3dadb52fcd022974b80bd92bccc7c5cf404e46cc0a8a2f5cd',
    'b26c1f87c13fc1da14997f1b5a71995dff8fbe0a62fae8473c7bdbd05bfb607d',
    undefined,
    'd4209ad10d5aff6bfbc009d7e924795de138a63515efc7afc6b01b7fe5201372190374886a70207b042294af5bd64ce725cd8dceb344e6d11c09d1aaaf4d660fb26c1f87c13fc1da14997f1b5a71995dff8fbe0a62fae8473c7bdbd05bfb607d',
  ],
  [
    'd511fe78e23934b3dadb52fcd022974b80bd92bccc7c5cf404e46cc0a8a2f5cd',
    'b26c1f87c13fc1da14997f1b5a71995dff8fbe0a62fae8473c7bdbd05bfb607d',
    CHANNEL,
    '305aaa3ac25e98f651427688b3fc43fe7d8a68a7ec1d7d61c61517c519bd4a427c3015599d83ca28b4c652333920223844ef0725eb5dc2febfd6af7677b73f01d0852a29b460fc92ec943242ac638a053bbacc200512b18b30d15083cbdc9282',
  ],
  [
    '6e1fde9cf9e2359a87420b65a87dc0c66136e66945196ba2475990d8a0c3a25b',
    'b05e6b8ad4d69abf74aa3be3c0ee40ae07d66e1895b9ab09285a2f1192d562d2',
    undefined,
    '7beb282184baadd08f166f16dd683b39cab53816ed81e6955def951cb2ddad1ec184e206746fd82bda075af03711d3d5658fc84a76196b0fa8d1ebc92ef9f30bb05e6b8ad4d69abf74aa3be3c0ee40ae07d66e1895b9ab09285a2f1192d562d2',
  ],
  [
    '6e1fde9cf9e2359a87420b65a87dc0c66136e66945196ba2475990d8a0c3a25b',
    'b05e6b8ad4d69abf74aa3be3c0ee40ae07d66e1895b9ab09285a2f1192d562d2',
    CHANNEL,
    'ee3c7644fd8070532bc1fde3d70d742267da545d8c8f03e63bda63f1ad4214f4d2c4bfdb4eb9526def42deeb7e31602a6ff99eba893e0a4ad4d45892ca75e608d2b75e24a189a7f78ca776ba36fc53f6c3e31c32f251f2c524f0a44202f2902d',
  ],
];

describe.each(VECTORS)('AUTH-022: key %s, challenge %s, channel %s', (key, challenge, channel, expected) => {
  const channelId = channel === undefined ? undefined : hexToBytes(channel);

  it('signs', () => {
    expect(signCryptosign(key, challenge, channelId)).toBe(expected);
  });

  it('verifies', () => {
    const { signature, message } = readCryptosignSignature(expected)!;
    expect(message).toEqual(cryptosignMessage(challenge, channelId));
    const publicKey = hexToBytes(cryptosignPublicKey(key));
    expect(verifyEd25519(signature, message, publicKey)).toBe(true);
    expect(
      verifyEd25519(
        signature,
        message.map((byte) => byte ^ 1),
        publicKey,
      ),
    ).toBe(false);
  });
});

it('the public key follows from the private one', () => {
  expect(cryptosignPublicKey(VECTORS[0]![0])).toBe(
    '1adfc8bfe1d35616e64dffbd900096f23b066f914c8c2ffbb66f6075b96e116d',
  );
});

it('keys and challenges that are none are refused, and not repeated in the error', () => {
  expect(() => signCryptosign('abc', ONES, undefined)).toThrow(
    /^the private key is not 32 bytes in hexadecimal$/,
  );
  expect(() => signCryptosign(VECTORS[0]![0], 'abc', undefined)).toThrow('challenge');
});

it.each(['', 'ab', 'x'.repeat(192), 'ab'.repeat(95), 'ab'.repeat(97)])('%j is no signature', (text) => {
  expect(readCryptosignSignature(text)).toBeUndefined();
});

it('a signature of bytes that are no point of the curve is simply wrong', () => {
  expect(verifyEd25519(new Uint8Array(64).fill(255), new Uint8Array(32), new Uint8Array(32).fill(255))).toBe(
    false,
  );
});

it('the channel id is the exported bytes, or the hash of the Finished message', () => {
  const finished = '0102030405060708090a0b0c';
  expect(channelIdOf({ 'tls-exporter': CHANNEL }, 'tls-exporter')).toEqual(hexToBytes(CHANNEL));
  const unique = channelIdOf({ 'tls-unique': finished }, 'tls-unique')!;
  expect(bytesToHex(unique)).toBe(bytesToHex(sha256(hexToBytes(finished))));
  expect(channelIdOf({ 'tls-unique': finished }, 'tls-exporter')).toBeUndefined();
  expect(channelIdOf(undefined, 'tls-unique')).toBeUndefined();
});
