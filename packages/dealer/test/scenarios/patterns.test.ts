import type { MatchPolicy } from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import {
  call,
  DealerWorld,
  error,
  fails,
  invocation,
  register,
  registered,
  unregister,
  unregistered,
} from '../../src/testing/index.js';
import { addCallee, setScene } from './scene.fixture.js';

describe('patterns', () => {
  it('PATTERN-025: one URI with three match policies is three registrations', () => {
    const world = new DealerWorld();
    const callee = world.joins();
    const ids = (['exact', 'prefix', 'wildcard'] as const).map((match) => {
      callee.sends(register('a.b', { match }));
      return callee.gets(registered()).registration;
    });
    expect(new Set(ids).size).toBe(3);
  });

  it.each<[MatchPolicy, string]>([
    ['prefix', 'com'],
    ['wildcard', 'com..'],
  ])('PATTERN-026: an INVOCATION through a %s registration names the procedure', (match, uri) => {
    const { callee, caller } = setScene({ procedure: uri, register: { match } });
    caller.sends(call('com.shop.Add'));
    callee.gets(invocation({ details: { procedure: 'com.shop.Add' } }));
  });

  it('PATTERN-027: an INVOCATION through an exact registration does not', () => {
    const { callee, caller } = setScene();
    caller.sends(call('com.proc'));
    callee.gets(invocation({ details: {} }));
  });

  it('PATTERN-028: without the best match the next best is used', () => {
    const world = new DealerWorld();
    const callee = world.joins();
    const caller = world.joins();
    const ids = (
      [
        ['a..c', 'wildcard'],
        ['a', 'prefix'],
        ['a.b.c', 'exact'],
        ['a.b', 'prefix'],
      ] as const
    ).map(([uri, match]) => {
      callee.sends(register(uri, { match }));
      return callee.gets(registered()).registration;
    });
    for (const best of [ids[2], ids[3], ids[1], ids[0]]) {
      caller.sends(call('a.b.c'));
      callee.gets(invocation({ registration: best! }));
      callee.sends(unregister(best));
      callee.gets(unregistered());
    }
    caller.sends(call('a.b.c'));
    caller.gets(error('wamp.error.no_such_procedure'));
  });

  it('PATTERN-029: an error of the best match is the answer', () => {
    const { world, callee, caller } = setScene({ procedure: 'a.b.c' });
    const lesser = addCallee(world, { match: 'prefix' }, undefined, 'a');
    caller.sends(call('a.b.c'));
    callee.gets(invocation());
    callee.sends(fails('com.bad'));
    caller.gets(error('com.bad'));
    lesser.getsNothing();
  });

  it('PATTERN-030: a callee with three matching registrations gets one INVOCATION', () => {
    const { callee, caller } = setScene({ procedure: 'a.b.c' });
    callee.sends(register('a', { match: 'prefix' }));
    callee.sends(register('a..c', { match: 'wildcard' }));
    callee.gets(registered());
    callee.gets(registered());
    caller.sends(call('a.b.c'));
    callee.gets(invocation({ registration: 1 }));
    callee.getsNothing();
  });

  it('PATTERN-031: the order of registration does not matter', () => {
    const patterns = [
      ['a.b.', 'wildcard'],
      ['a..c', 'wildcard'],
      ['.b.c', 'wildcard'],
      ['a..', 'wildcard'],
    ] as const;
    for (let shift = 0; shift < patterns.length; shift += 1) {
      const world = new DealerWorld();
      const callee = world.joins();
      const caller = world.joins();
      for (let index = 0; index < patterns.length; index += 1) {
        const [uri, match] = patterns[(index + shift) % patterns.length]!;
        callee.sends(register(uri, { match }));
        callee.gets(registered());
      }
      const winner = (procedure: string): string | undefined => {
        caller.sends(call(procedure));
        const { registration } = callee.gets(invocation());
        return world.dealer.registrations.get(registration)?.uri;
      };
      expect([winner('a.b.c'), winner('a.x.c'), winner('x.b.c')]).toEqual(['a.b.', 'a..c', '.b.c']);
    }
  });

  it('PATTERN-032: among 100,000 patterns and hostile wildcards the right one is found', () => {
    const world = new DealerWorld();
    const callee = world.joins();
    const caller = world.joins();
    for (let index = 0; index < 100_000; index += 1) {
      callee.sends(register(`com.device${index}..set`, { match: 'wildcard' }));
    }
    const hostile = Array.from({ length: 256 }, (_none, index) =>
      Array.from({ length: 9 }, (_other, bit) =>
        bit < 8 && (index >> bit) & 1 ? 'a' : bit === 8 ? 'z' : '',
      ),
    );
    for (const components of hostile) callee.sends(register(components.join('.'), { match: 'wildcard' }));
    expect(world.dealer.stats().registrations).toBe(100_256);
    for (let count = 0; count < 1000; count += 1) {
      caller.sends(call(`a.a.a.a.a.a.a.a.${count}`));
      caller.gets(error('wamp.error.no_such_procedure'));
    }
    caller.sends(call('com.device4711.x.set'));
    expect(world.dealer.registrations.match('com.device4711.x.set')?.uri).toBe('com.device4711..set');
  });

  it('PATTERN-033: a second callee cannot register the same prefix', () => {
    const { world } = setScene({ procedure: 'com', register: { match: 'prefix' } });
    const other = world.joins();
    other.sends(register('com', { match: 'prefix' }));
    other.gets(error('wamp.error.procedure_already_exists'));
  });
});
