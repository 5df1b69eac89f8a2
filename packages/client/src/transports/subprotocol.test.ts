import { json } from '@wamp/protocol/json';
import { cbor } from '@wamp/protocol/cbor';
import { expect, it } from 'vitest';
import { ConnectionError } from '../wamp-error.js';
import { chosenSerializer, fittingReason, subprotocolsOf } from './subprotocol.js';

it('offers subprotocols in the order of preference', () => {
  expect(subprotocolsOf([cbor(), json()])).toEqual(['wamp.2.cbor', 'wamp.2.json']);
});

it('WS-004: takes only what was offered', () => {
  const offered = [cbor(), json()];
  expect(chosenSerializer(offered, 'wamp.2.json')).toBe(offered[1]);
  expect(() => chosenSerializer(offered, '')).toThrow(ConnectionError);
  expect(() => chosenSerializer(offered, 'wamp.2.msgpack')).toThrow(/"wamp\.2\.msgpack".*wamp\.2\.cbor/);
});

it('cuts close reasons to what a close frame carries, between characters', () => {
  expect(fittingReason('short')).toBe('short');
  const long = fittingReason('ü'.repeat(100));
  expect(long).toBe('ü'.repeat(61));
});
