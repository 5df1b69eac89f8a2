/**
 * What authenticator and authorizer procedures are told about a peer's transport: all but what is secret between its ends.
 */
import { tlsInfoOf, type Dict } from '@wamp/protocol';

export function describeTransport(info: Readonly<Record<string, unknown>>): Dict {
  const certificate = tlsInfoOf(info)?.clientCertificate;
  const described: Record<string, unknown> = {};
  for (const key of ['type', 'protocol', 'peer']) if (info[key] !== undefined) described[key] = info[key];
  if (tlsInfoOf(info) !== undefined) {
    described['tls'] = certificate === undefined ? {} : { client_certificate: { ...certificate } };
  }
  return described;
}
