import type { Dict, RegisterOptions } from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import {
  DealerWorld,
  error,
  register,
  registered,
  unregister,
  unregistered,
} from '../../src/testing/index.js';

const REGISTER = 64;

const describing = (description: string, more: RegisterOptions = {}): RegisterOptions => ({
  x_describe: { description },
  ...more,
});

const descriptionIn = (world: DealerWorld): Dict | undefined =>
  world.dealer.registrations.match('com.proc')?.description;

describe('what a callee publishes about its procedure', () => {
  it('stands in the registration', () => {
    const world = new DealerWorld();
    const callee = world.joins();
    callee.sends(register('com.proc', { x_describe: { description: 'adds', args: { minItems: 2 } } }));
    callee.gets(registered());
    expect(descriptionIn(world)).toEqual({ description: 'adds', args: { minItems: 2 } });
    callee.sends(register('com.other'));
    callee.gets(registered());
    expect(world.dealer.registrations.match('com.other')?.description).toBeUndefined();
  });

  it('of a shared registration is what the first callee said that said something, as long as it is there', () => {
    const world = new DealerWorld();
    const callees = [world.joins(), world.joins(), world.joins()];
    const options = { invoke: 'roundrobin' } as const;
    [options, describing('second', options), describing('third', options)].forEach((chosen, index) => {
      callees[index]!.sends(register('com.proc', chosen));
      callees[index]!.gets(registered());
    });
    expect(descriptionIn(world)).toEqual({ description: 'second' });
    callees[1]!.leaves();
    expect(descriptionIn(world)).toEqual({ description: 'third' });
    callees[2]!.leaves();
    expect(descriptionIn(world)).toBeUndefined();
  });

  it('is replaced when the callee registers again', () => {
    const world = new DealerWorld();
    const callee = world.joins();
    for (const description of ['first', 'second']) {
      callee.sends(register('com.proc', describing(description, { invoke: 'roundrobin' })));
      callee.gets(registered());
      expect(descriptionIn(world)).toEqual({ description });
    }
    callee.sends(register('com.proc', { invoke: 'roundrobin' }));
    callee.gets(registered());
    expect(descriptionIn(world)).toBeUndefined();
    expect(callee.session.describedBytes).toBe(0);
  });

  it.each([['adds'], [7], [[]], [{ description: 7 }]])('is refused if it is %j', (x_describe) => {
    const world = new DealerWorld();
    const callee = world.joins();
    const request = callee.sends(register('com.proc', { x_describe }));
    callee.gets(error('wamp.error.invalid_argument', { request, requestKind: REGISTER }));
    expect(world.dealer.stats().registrations).toBe(0);
  });

  it('null describes nothing', () => {
    const world = new DealerWorld();
    const callee = world.joins();
    callee.sends(register('com.proc', { x_describe: null }));
    callee.gets(registered());
    expect(descriptionIn(world)).toBeUndefined();
  });

  it('is refused if it is too long', () => {
    // {"description":"…"} are 18 bytes and the text
    const world = new DealerWorld({ limits: { descriptionBytes: 28 } });
    const callee = world.joins();
    callee.sends(register('com.long', describing('x'.repeat(11))));
    callee.gets(error('wamp.error.limit_exceeded', { requestKind: REGISTER }));
    callee.sends(register('com.proc', describing('x'.repeat(10))));
    callee.gets(registered());
  });

  it('is refused if all of the session would be too long; what has ended does not count', () => {
    const world = new DealerWorld({ limits: { descriptionBytesPerSession: 56 } });
    const callee = world.joins();
    for (const name of ['com.a', 'com.b']) {
      callee.sends(register(name, describing('x'.repeat(10))));
      callee.gets(registered());
    }
    callee.sends(register('com.c', describing('')));
    callee.gets(error('wamp.error.limit_exceeded', { requestKind: REGISTER }));
    callee.sends(unregister());
    callee.gets(unregistered());
    callee.sends(register('com.c', describing('x'.repeat(10))));
    callee.gets(registered());
  });
});
