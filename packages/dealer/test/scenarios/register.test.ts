import { describe, expect, it } from 'vitest';
import {
  call,
  DealerWorld,
  error,
  fails,
  invocation,
  register,
  registered,
  result,
  unregister,
  unregistered,
  yields,
} from '../../src/testing/index.js';
import { isQuiet, setScene } from './scene.fixture.js';

const REGISTER = 64;
const UNREGISTER = 66;

describe('register', () => {
  it('RPC-001: REGISTER is answered with the same request id and a registration id', () => {
    const world = new DealerWorld();
    const callee = world.joins();
    const request = callee.sends(register('a.b'));
    callee.gets(registered({ request, registration: 1 }));
  });

  it('RPC-002: another session cannot register the same URI', () => {
    const { world } = setScene();
    const other = world.joins();
    const request = other.sends(register('com.proc'));
    other.gets(error('wamp.error.procedure_already_exists', { request, requestKind: REGISTER, details: {} }));
  });

  it('RPC-003: the same session cannot register the same URI twice', () => {
    const { callee } = setScene();
    callee.sends(register('com.proc'));
    callee.gets(error('wamp.error.procedure_already_exists'));
  });

  it('RPC-028: a registration that is made again has another id', () => {
    const { callee, registration } = setScene();
    callee.sends(unregister());
    callee.gets(unregistered());
    callee.sends(register('com.proc'));
    expect(callee.gets(registered()).registration).not.toBe(registration);
  });

  it('RPC-029: when the callee is gone, so are its registrations', () => {
    const { world, callee, caller } = setScene();
    callee.leaves();
    caller.sends(call('com.proc'));
    caller.gets(error('wamp.error.no_such_procedure'));
    expect(world.dealer.stats().registrations).toBe(0);
  });

  it('RPC-030: REGISTERED comes before the first INVOCATION, events come after the reply', () => {
    const { world, callee, caller } = setScene();
    caller.sends(call('com.proc'));
    callee.gets(invocation());
    const steps = world.history.map((entry) => (entry.type === 'send' ? entry.message.kind : entry.type));
    expect(steps).toEqual([65, 'event', 'event', 68]);
    expect(world.events).toEqual(['create 1 by 1', 'register 1 by 1']);
  });

  it('URI-005, URI-006, URI-007: a URI has to be valid for its match policy', () => {
    const world = new DealerWorld();
    const callee = world.joins();
    const outcomes = (match: 'exact' | 'prefix' | 'wildcard', uris: readonly string[]): boolean[] =>
      uris.map((uri) => {
        callee.sends(register(uri, { match }));
        const isAccepted = callee.inbox[0]?.kind === 65;
        if (isAccepted) callee.gets(registered());
        else callee.gets(error('wamp.error.invalid_uri'));
        return isAccepted;
      });
    expect(outcomes('prefix', ['', 'a.', 'a.b', 'a..b', '.a', 'a..'])).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(outcomes('wildcard', ['', '.', '..', 'a..b', '.a', 'a.', 'a.b', 'a b'])).toEqual([
      true,
      true,
      true,
      true,
      true,
      true,
      true,
      false,
    ]);
    expect(outcomes('exact', ['a..b', 'a.', '', 'a#b', 'a.b'])).toEqual([false, false, false, false, true]);
  });

  it('URI-004: a strict realm accepts lower case only', () => {
    const world = new DealerWorld({ uriRule: 'strict' });
    const peer = world.joins();
    for (const uri of ['A.b', 'a-b', 'ü']) {
      peer.sends(register(uri));
      peer.gets(error('wamp.error.invalid_uri'));
      peer.sends(call(uri));
      peer.gets(error('wamp.error.invalid_uri'));
    }
  });

  it('URI-010, URI-011: URIs that begin with the component wamp are reserved, with every match policy', () => {
    const world = new DealerWorld();
    const callee = world.joins();
    for (const uri of ['wamp.foo', 'wamp']) {
      callee.sends(register(uri));
      callee.gets(error('wamp.error.invalid_uri'));
    }
    for (const uri of ['wamp', 'wamp.', 'wamp.x']) {
      callee.sends(register(uri, { match: 'prefix' }));
      callee.gets(error('wamp.error.invalid_uri'));
    }
    for (const uri of ['wamp', 'wamp.', 'wamp..x']) {
      callee.sends(register(uri, { match: 'wildcard' }));
      callee.gets(error('wamp.error.invalid_uri'));
    }
  });

  it('URI-013, URI-014: no pattern of an application captures calls to wamp.*', () => {
    const world = new DealerWorld();
    const callee = world.joins();
    const router = world.joins({ trusted: true });
    const caller = world.joins();
    for (const uri of ['', 'w', 'wam']) callee.sends(register(uri, { match: 'prefix' }));
    callee.sends(register('..', { match: 'wildcard' }));
    router.sends(register('wamp.session.count'));
    for (let count = 0; count < 4; count += 1) callee.gets(registered());
    router.gets(registered());

    caller.sends(call('wamp.foo.bar'));
    caller.gets(error('wamp.error.no_such_procedure'));
    caller.sends(call('wamp.session.count'));
    router.gets(invocation());
    callee.getsNothing();
  });

  it('URI-015: wampx.foo and com.wamp.foo are ordinary URIs', () => {
    const world = new DealerWorld();
    const callee = world.joins();
    for (const uri of ['wampx.foo', 'com.wamp.foo']) {
      callee.sends(register(uri));
      callee.gets(registered());
    }
  });

  it('a trusted prefix of the reserved names captures no ordinary call', () => {
    const world = new DealerWorld();
    const router = world.joins({ trusted: true });
    const caller = world.joins();
    router.sends(register('wamp', { match: 'prefix' }));
    router.gets(registered());
    caller.sends(call('wampx.foo'));
    caller.gets(error('wamp.error.no_such_procedure'));
    caller.sends(call('wamp.any.thing'));
    router.gets(
      invocation({
        details: {
          procedure: 'wamp.any.thing',
          caller: caller.id,
          caller_authid: 'peer-2',
          caller_authrole: 'anonymous',
        },
      }),
    );
  });

  it('registrations of trusted sessions are internal: no events, and nobody joins or replaces them', () => {
    const world = new DealerWorld();
    const router = world.joins({ trusted: true });
    const other = world.joins();
    router.sends(register('com.service', { invoke: 'roundrobin' }));
    router.gets(registered({ registration: 1 }));
    for (const options of [{ invoke: 'roundrobin' as const }, { force_reregister: true }]) {
      other.sends(register('com.service', options));
      other.gets(error('wamp.error.procedure_already_exists'));
    }
    expect(world.events).toEqual([]);
    expect(world.dealer.registrations.get(1)?.internal).toBe(true);
  });

  it('a trusted session may have any number of registrations', () => {
    const world = new DealerWorld({ limits: { registrationsPerSession: 1 } });
    const host = world.joins({ trusted: true });
    for (const name of ['a', 'b', 'c']) {
      host.sends(register(`wamp.host.${name}`));
      host.gets(registered());
    }
  });

  it('SEC-003: the URIs of a session together have a limited length, given back when it unregisters', () => {
    const world = new DealerWorld({ limits: { registeredCharactersPerSession: 8 } });
    const callee = world.joins();
    callee.sends(register('com.a'));
    const { registration } = callee.gets(registered());
    callee.sends(register('com.b'));
    callee.gets(error('wamp.error.limit_exceeded'));
    callee.sends(unregister(registration));
    callee.gets(unregistered());
    callee.sends(register('com.b'));
    callee.gets(registered());
  });

  it('SEC-003: a session has a limited number of registrations', () => {
    const world = new DealerWorld({ limits: { registrationsPerSession: 2 } });
    const callee = world.joins();
    for (const uri of ['a', 'b']) {
      callee.sends(register(uri));
      callee.gets(registered());
    }
    callee.sends(register('c'));
    callee.gets(error('wamp.error.limit_exceeded'));
  });
});

describe('unregister', () => {
  it('RPC-004, RPC-005: UNREGISTER works once', () => {
    const { callee } = setScene();
    callee.sends(unregister());
    callee.gets(unregistered());
    const request = callee.sends(unregister());
    callee.gets(error('wamp.error.no_such_registration', { request, requestKind: UNREGISTER, details: {} }));
  });

  it('RPC-006: nobody unregisters for somebody else', () => {
    const { callee, caller, registration } = setScene();
    caller.sends(unregister(registration));
    caller.gets(error('wamp.error.no_such_registration'));
    caller.sends(call('com.proc'));
    callee.gets(invocation());
  });

  it('RPC-007: an unknown id is refused', () => {
    const { callee } = setScene();
    callee.sends(unregister(4711));
    callee.gets(error('wamp.error.no_such_registration'));
  });

  it('RPC-009: no call is routed after UNREGISTERED', () => {
    const { callee, caller } = setScene();
    callee.sends(unregister());
    callee.gets(unregistered());
    caller.sends(call('com.proc'));
    caller.gets(error('wamp.error.no_such_procedure'));
    callee.getsNothing();
  });

  it('RPC-027: an invocation that is out can be answered after UNREGISTER, by result or error', () => {
    const { world, callee, caller } = setScene();
    const first = caller.sends(call('com.proc'));
    const second = caller.sends(call('com.proc'));
    callee.gets(invocation({ id: 1 }));
    callee.gets(invocation({ id: 2 }));
    callee.sends(unregister());
    callee.gets(unregistered());
    callee.sends(yields(['done'], { invocation: 1 }));
    caller.gets(result(['done'], { request: first }));
    callee.sends(fails('com.broken', { invocation: 2 }));
    caller.gets(error('com.broken', { request: second }));
    isQuiet(world, callee, caller);
  });

  it('events: unregister and delete follow the reply, and leaving emits both for every registration', () => {
    const { world, callee } = setScene();
    callee.sends(register('com.other'));
    callee.sends(unregister(1));
    callee.leaves();
    expect(world.events).toEqual([
      'create 1 by 1',
      'register 1 by 1',
      'create 2 by 1',
      'register 2 by 1',
      'unregister 1 by 1',
      'delete 1 by 1',
      'unregister 2 by 1',
      'delete 2 by 1',
    ]);
    const reply = world.history.findIndex((entry) => entry.type === 'send' && entry.message.kind === 67);
    const event = world.history.findIndex(
      (entry) => entry.type === 'event' && entry.event.type === 'unregister',
    );
    expect(reply).toBeLessThan(event);
  });
});

describe('looking at registrations', () => {
  it('lists, finds and matches them', () => {
    const { world, callee } = setScene();
    callee.sends(register('com', { match: 'prefix' }));
    callee.sends(register('.proc', { match: 'wildcard', invoke: 'roundrobin' }));
    const { registrations } = world.dealer;
    expect(registrations.size).toBe(3);
    expect(registrations.list('exact').map((registration) => registration.id)).toEqual([1]);
    expect(registrations.list('prefix').map((registration) => registration.id)).toEqual([2]);
    expect(registrations.list('wildcard').map((registration) => registration.id)).toEqual([3]);
    expect(registrations.lookup('com', 'prefix')?.id).toBe(2);
    expect(registrations.lookup('com', 'exact')).toBeUndefined();
    expect(registrations.match('com.proc')?.id).toBe(1);
    expect(registrations.match('com.else')?.id).toBe(2);
    expect(registrations.match('org.else')).toBeUndefined();
    const wildcard = registrations.get(3)!;
    expect([wildcard.uri, wildcard.match, wildcard.invoke, wildcard.createdAt, wildcard.internal]).toEqual([
      '.proc',
      'wildcard',
      'roundrobin',
      world.clock.now,
      false,
    ]);
    expect(wildcard.callees.map((member) => member.session.identity.session)).toEqual([callee.id]);
  });
});
