/** Certificates for tests, made anew in every run. */
import { generate } from 'selfsigned';

export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

/** A certificate that vouches for itself, good for that name and for 127.0.0.1. */
export function certificateFor(name: string, isClients = false): TestCertificate {
  const made = generate([{ name: 'commonName', value: name }], {
    days: 2,
    keySize: 2048,
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'extKeyUsage', serverAuth: !isClients, clientAuth: isClients },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: name },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  return { cert: made.cert, key: made.private };
}
