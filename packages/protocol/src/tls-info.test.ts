import { describe, expect, it } from 'vitest';
import { tlsInfoFrom, type TlsSocket } from './tls-info.js';

const NONE = new Uint8Array(0);

function socket(overrides: Partial<TlsSocket> = {}): TlsSocket {
  return {
    authorized: false,
    getProtocol: () => 'TLSv1.2',
    isSessionReused: () => false,
    getFinished: () => new Uint8Array([0x0a, 0xff]),
    getPeerFinished: () => new Uint8Array([0x0b, 0x00]),
    exportKeyingMaterial: () => new Uint8Array([1, 2]),
    getPeerCertificate: () => ({}),
    ...overrides,
  };
}

describe('what TLS knows', () => {
  it('is the Finished message that came first: of the client, or of the server that resumes a session', () => {
    const unique = (side: 'client' | 'server', isReused: boolean): string | undefined =>
      tlsInfoFrom(socket({ isSessionReused: () => isReused }), side, NONE).channelBinding?.['tls-unique'];
    expect(unique('client', false)).toBe('0aff');
    expect(unique('server', false)).toBe('0b00');
    expect(unique('client', true)).toBe('0b00');
    expect(unique('server', true)).toBe('0aff');
  });

  it('is exported from TLS 1.3, with the label and the context of RFC 9266', () => {
    const asked: unknown[] = [];
    const exporting = socket({
      getProtocol: () => 'TLSv1.3',
      exportKeyingMaterial: (...wanted) => {
        asked.push(wanted);
        return new Uint8Array([0xab]);
      },
    });
    const info = tlsInfoFrom(exporting, 'server', NONE);
    expect(asked).toEqual([]);
    expect(info.channelBinding).toEqual({ 'tls-exporter': 'ab' });
    expect(asked).toEqual([[32, 'EXPORTER-Channel-Binding', NONE]]);
  });

  it('is nothing before TLS 1.2, or while there is no Finished message', () => {
    const binding = (overrides: Partial<TlsSocket>): unknown =>
      tlsInfoFrom(socket(overrides), 'server', NONE).channelBinding;
    expect(binding({ getProtocol: () => 'TLSv1.1' })).toBeUndefined();
    expect(binding({ getProtocol: () => null })).toBeUndefined();
    expect(binding({ getPeerFinished: () => undefined })).toBeUndefined();
  });

  it('has the certificate of a client, in the router only', () => {
    const shown = socket({
      authorized: true,
      getPeerCertificate: () => ({
        subject: { CN: 'joe', O: undefined, OU: ['a', 'b'] },
        fingerprint256: 'AB:0C',
      }),
    });
    expect(tlsInfoFrom(shown, 'server', NONE).clientCertificate).toEqual({
      subject: { CN: 'joe', OU: ['a', 'b'] },
      fingerprint: 'ab0c',
      authorized: true,
    });
    expect('clientCertificate' in tlsInfoFrom(shown, 'client', NONE)).toBe(false);
    expect('clientCertificate' in tlsInfoFrom(socket(), 'server', NONE)).toBe(false);
  });
});
