import { expect, it } from 'vitest';
import {
  answers,
  houseWith,
  isChallenged,
  isDenied,
  isIn,
  joesTicket,
  knocks,
  type Auth,
} from './login.fixture.js';
import { MessageKind } from '@wamp/protocol';
import { House, settled, type TestPeer } from './test-peer.fixture.js';

const auth: Auth = { anonymous: {}, ticket: joesTicket };
const LIMITED = 'wamp.error.limit_exceeded';

let port = 1_000;
const from = (address: string): object => ({ type: 'test', peer: `${address}:${(port += 1)}` });

const knocksFrom = (house: House, address: string, authid: string): TestPeer =>
  knocks(house, 'ticket', authid, {}, from(address) as never);

async function guesses(house: House, address: string, authid: string, times: number): Promise<void> {
  for (let n = 0; n < times; n += 1) {
    const peer = knocksFrom(house, address, authid);
    await isChallenged(peer);
    await isDenied(answers(peer, `guess ${n}`));
  }
}

it('after ten wrong tickets the eleventh is not looked at, and later it is', async () => {
  const house = houseWith({ ticket: joesTicket });
  await guesses(house, '10.0.0.1', 'joe', 10);
  const late = knocksFrom(house, '10.0.0.1', 'joe');
  expect(await late.isAborted(LIMITED)).toBe('too many logins have failed; the next one may come in 60 s');
  const { loginFailures, loginsLimited } = house.router.stats().totals;
  expect([loginFailures, loginsLimited]).toEqual([10, 1]);
  house.clock.advance(60_000);
  const again = knocksFrom(house, '10.0.0.1', 'joe');
  await isChallenged(again);
  await isIn(answers(again, 'open sesame'));
});

it('AUTH-008: identities that do not exist are limited in the same way', async () => {
  const house = houseWith({ ticket: joesTicket });
  await guesses(house, '10.0.0.1', 'nobody', 10);
  await knocksFrom(house, '10.0.0.1', 'nobody').isAborted(LIMITED);
});

it('the owner gets in from elsewhere, and a hundred guesses from many addresses only slow strangers down', async () => {
  const house = houseWith({ ticket: joesTicket });
  const home = knocksFrom(house, '10.9.9.9', 'joe');
  await isChallenged(home);
  await isIn(answers(home, 'open sesame'));
  for (let n = 1; n <= 6; n += 1) await guesses(house, `10.0.0.${n}`, 'joe', n < 6 ? 10 : 0);
  const again = knocksFrom(house, '10.9.9.9', 'joe');
  await isChallenged(again);
  await isIn(answers(again, 'open sesame'));
  const hotel = knocksFrom(house, '10.7.7.7', 'joe');
  await isChallenged(hotel);
  answers(hotel, 'open sesame');
  await hotel.getsNothing();
  house.clock.advance(2_000);
  await isIn(hotel);
});

it('many guesses at once are no way around the limit: behind ten failures even the right one learns nothing', async () => {
  let judge: () => void = () => undefined;
  const told = new Promise<void>((resolve) => (judge = resolve));
  const house = houseWith({
    ticket: {
      type: 'function',
      verify: async (ticket) => {
        await told;
        return ticket === 'open sesame' ? { role: 'user' } : undefined;
      },
    },
  });
  const peers: TestPeer[] = [];
  for (let n = 0; n < 12; n += 1) {
    const peer = knocksFrom(house, '10.0.0.1', 'joe');
    await isChallenged(peer);
    peers.push(answers(peer, n < 11 ? `guess ${n}` : 'open sesame'));
  }
  await settled();
  judge();
  for (const peer of peers.slice(0, 10)) await isDenied(peer);
  for (const peer of peers.slice(10)) await peer.isAborted(LIMITED);
});

it('an address that guesses at many identities is refused, those who are known there are not', async () => {
  const house = houseWith(auth, { limits: { loginFailuresPerAddress: 20 } });
  const neighbour = knocksFrom(house, '10.0.0.1', 'joe');
  await isChallenged(neighbour);
  await isIn(answers(neighbour, 'open sesame'));
  for (let n = 0; n < 20; n += 1) await guesses(house, '10.0.0.1', `guess ${n}`, 1);
  await knocksFrom(house, '10.0.0.1', 'somebody').isAborted(LIMITED);
  const again = knocksFrom(house, '10.0.0.1', 'joe');
  await isChallenged(again);
  await isIn(answers(again, 'open sesame'));
  // Who wants to be nobody is not guessing.
  await isIn(knocks(house, 'anonymous', undefined, {}, from('10.0.0.1') as never));
});

it('what fails technically does not count', async () => {
  const house = houseWith({
    ticket: { type: 'function', verify: () => Promise.reject(new Error('the directory is down')) },
  });
  for (let n = 0; n < 15; n += 1) {
    const peer = knocksFrom(house, '10.0.0.1', 'joe');
    await isChallenged(peer);
    await answers(peer, 'open sesame').isAborted('wamp.error.authentication_failed');
  }
});

it('sessions are limited per address and per identity, and their places come back', async () => {
  const house = houseWith(auth, { limits: { sessionsPerAddress: 3, sessionsPerIdentity: 2 } });
  const enters = async (address: string): Promise<TestPeer> => {
    const peer = knocksFrom(house, address, 'joe');
    await isChallenged(peer);
    return answers(peer, 'open sesame');
  };
  const first = await enters('10.0.0.1');
  await isIn(first);
  await isIn(await enters('10.0.0.2'));
  expect(await (await enters('10.0.0.3')).isAborted(LIMITED)).toContain('of this identity');
  await first.leaves();
  await isIn(await enters('10.0.0.2'));
  const guests = (): TestPeer => knocks(house, 'anonymous', undefined, {}, from('10.0.0.2') as never);
  const guest = guests();
  await isIn(guest);
  expect(await guests().isAborted(LIMITED)).toContain('from this address');
  guest.transport.terminate('gone');
  await settled();
  await isIn(guests());
  await isIn(knocks(house, 'anonymous', undefined, {}, from('10.0.0.4') as never));
});

it('SEC-006: peers that do not finish their handshake are limited per address', async () => {
  const house = houseWith(auth, { limits: { handshakesPerAddress: 2 } });
  const idle = [knocksFrom(house, '10.0.0.1', 'joe'), knocksFrom(house, '10.0.0.1', 'joe')];
  for (const peer of idle) await isChallenged(peer);
  await knocksFrom(house, '10.0.0.1', 'joe').isAborted(LIMITED);
  await isChallenged(knocksFrom(house, '10.0.0.2', 'joe'));
  await isIn(answers(idle[0]!, 'open sesame'));
  await isChallenged(knocksFrom(house, '10.0.0.1', 'joe'));
});

it('a flood of logins takes turns with those who are in', async () => {
  const turns: (() => void)[] = [];
  const house: House = new House({
    realms: {
      realm1: {
        authenticators: [
          {
            method: 'anonymous',
            begin: () => {
              house.clock.advance(5);
              return {
                type: 'accepted',
                principal: { authid: 'x', authrole: 'user', authprovider: 'test' },
              };
            },
          },
        ],
      },
    },
    defer: (work) => turns.push(work),
  });
  const early = await house.joins();
  const flood = Array.from({ length: 3 }, () => house.peer().hello());
  const leaving = house.peer().hello();
  await settled();
  // Whoever is in, is served although four logins wait.
  expect(await early.result('wamp.session.count')).toEqual([1]);
  leaving.transport.terminate('gone');
  for (const peer of flood) {
    await peer.getsNothing();
    turns.shift()!();
    await peer.gets(MessageKind.Welcome);
    expect(await early.result('wamp.session.get', [early.id])).toHaveLength(1);
  }
  await settled();
  while (turns.length > 0) turns.shift()!();
  expect(await early.result('wamp.session.count')).toEqual([4]);
  expect(house.router.stats().handshakes).toBe(0);
});
