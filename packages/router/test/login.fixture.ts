/** A peer that logs in message by message, as the test says. */
import { AuthenticateMessage, MessageKind, type Dict } from '@wamp/protocol';
import { encodeHex } from '@wamp/protocol/auth/bytes';
import type { RealmOptions, RouterOptions, TicketAuth } from '../src/index.js';
import { BentTransport } from './bent-transport.fixture.js';
import { ALL_FEATURES, House, type TestPeer } from './test-peer.fixture.js';

export type Auth = NonNullable<RealmOptions['auth']>;

export function houseWith(auth: Auth, more: Partial<RouterOptions> = {}): House {
  return new House({ realms: { realm1: { auth } }, secret: 'of the router', ...more });
}

/** HELLO of a method; undefined leaves authid out. */
export function knocks(
  house: House,
  method: string,
  authid: string | undefined,
  authextra: Dict = {},
  info?: Dict,
): TestPeer {
  const peer =
    info === undefined
      ? house.peer()
      : house.peerOver((inner) => Object.assign(new BentTransport(inner), { info }));
  return peer.hello('realm1', {
    roles: ALL_FEATURES,
    authmethods: [method],
    authextra,
    ...(authid !== undefined && { authid }),
  });
}

export async function isChallenged(peer: TestPeer): Promise<Dict> {
  return (await peer.gets(MessageKind.Challenge)).extra;
}

export function answers(peer: TestPeer, signature: string, extra: Dict = {}): TestPeer {
  return peer.sends(new AuthenticateMessage(signature, extra));
}

export async function isIn(peer: TestPeer): Promise<Dict> {
  return (await peer.gets(MessageKind.Welcome)).details;
}

export const isDenied = (peer: TestPeer): Promise<string> =>
  peer.isAborted('wamp.error.authentication_denied');

export const joesTicket: TicketAuth = {
  principals: { joe: { ticket: 'open sesame', role: 'user', extra: { lucky: 7 } } },
};

export const hex = (byte: number, count: number): string => encodeHex(new Uint8Array(count).fill(byte));
