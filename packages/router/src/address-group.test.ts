import { expect, it } from 'vitest';
import { addressGroupOf } from './address-group.js';

it.each<[unknown, string | undefined]>([
  ['127.0.0.1:1234', '127.0.0.1'],
  ['10.1.2.3', '10.1.2.3'],
  ['[2001:db8:1:2:3:4:5:6]:80', '2001:db8:1:2'],
  ['[2001:db8:1:2::6]:80', '2001:db8:1:2'],
  ['[2001:DB8:0001:0002::]:80', '2001:db8:1:2'],
  ['[2001:db8::1]:80', '2001:db8:0:0'],
  ['[::1]:80', '0:0:0:0'],
  ['[fe80::1%eth0]:80', 'fe80:0:0:0'],
  ['[::ffff:10.1.2.3]:80', '10.1.2.3'],
  ['unknown', undefined],
  ['/run/wamp.sock', undefined],
  [undefined, undefined],
  [5, undefined],
])('the peer %j counts as %j', (peer, group) => {
  expect(addressGroupOf({ peer })).toBe(group);
});
