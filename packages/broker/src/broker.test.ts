import { ErrorUri, isId, MAX_ID, MessageKind, type Dict, type MatchPolicy } from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import {
  BrokerWorld,
  error,
  event,
  publish,
  published,
  revoked,
  subscribe,
  subscribed,
  unsubscribe,
  unsubscribed,
} from './broker-world.fixture.js';

const ACKNOWLEDGE = { acknowledge: true };
/** A subscriber that announces nothing. */
const SILENT = { features: { subscriber: [] } };

const identity = (authid: string, authrole: string, publisher: number): Dict => ({
  publisher,
  publisher_authid: authid,
  publisher_authrole: authrole,
});

describe('SUBSCRIBE (URI-002, URI-004, URI-008)', () => {
  it('PUBSUB-001: is answered by SUBSCRIBED', () => {
    const subscriber = new BrokerWorld().joins();
    const request = subscriber.sends(subscribe('a.b'));
    const { subscription } = subscriber.gets(subscribed({ request }));
    expect(isId(subscription)).toBe(true);
    subscriber.getsNothing();
  });

  it('PUBSUB-002: of the same topic by the same session gives the same id, and one EVENT per publication', () => {
    const world = new BrokerWorld();
    const subscriber = world.joins();
    subscriber.sends(subscribe('a.b'));
    const { subscription } = subscriber.gets(subscribed());
    const request = subscriber.sends(subscribe('a.b', { match: 'exact' }));
    subscriber.gets(subscribed({ request, subscription }));
    world.joins().sends(publish('a.b', [1]));
    subscriber.gets(event({ subscription }));
    subscriber.getsNothing();
    expect(world.events).toEqual(['create 1 by 1', 'subscribe 1 by 1']);
  });

  it('PUBSUB-020: of the same topic by different sessions gives the same id', () => {
    const world = new BrokerWorld();
    const [one, other] = [world.joins(), world.joins()];
    one.sends(subscribe('a.b'));
    other.sends(subscribe('a.b'));
    const { subscription } = one.gets(subscribed());
    other.gets(subscribed({ subscription }));
  });

  it('SUBPAT-006: of the same string with different match policies gives different ids', () => {
    const subscriber = new BrokerWorld().joins();
    const ids = (['exact', 'prefix', 'wildcard'] as const).map((match) => {
      subscriber.sends(subscribe('a.b', { match }));
      return subscriber.gets(subscribed()).subscription;
    });
    expect(new Set(ids).size).toBe(3);
  });

  it('gives a new id for a topic whose subscription was deleted', () => {
    const subscriber = new BrokerWorld().joins();
    subscriber.sends(subscribe('a.b'));
    const { subscription } = subscriber.gets(subscribed());
    subscriber.sends(unsubscribe());
    subscriber.gets(unsubscribed());
    subscriber.sends(subscribe('a.b'));
    expect(subscriber.gets(subscribed()).subscription).not.toBe(subscription);
  });

  it.each<[MatchPolicy, string]>([
    ['exact', ''],
    ['exact', 'a.'],
    ['exact', 'a..b'],
    ['exact', 'a b'],
    ['exact', 'a.\tb'],
    ['exact', 'a#b'],
    ['exact', 'a.b\n'],
    ['prefix', 'a..b'],
    ['prefix', '.a'],
    ['prefix', 'a..'],
    ['wildcard', 'a. .b'],
  ])('URI-002, URI-008: match %s of %j is refused with invalid_uri', (match, topic) => {
    const world = new BrokerWorld();
    const subscriber = world.joins();
    const request = subscriber.sends(subscribe(topic, { match }));
    subscriber.gets(error(ErrorUri.InvalidUri, { requestKind: MessageKind.Subscribe, request }));
    expect(world.broker.stats().subscriptions).toBe(0);
    expect(world.events).toEqual([]);
  });

  it.each<[MatchPolicy, string]>([
    ['prefix', ''],
    ['prefix', 'a.'],
    ['prefix', 'a.b'],
    ['wildcard', ''],
    ['wildcard', '.'],
    ['wildcard', 'a..b'],
    ['wildcard', 'a.b'],
    ['exact', 'A.b-c/ü:1'],
  ])('URI-008: match %s of %j is admitted', (match, topic) => {
    const subscriber = new BrokerWorld().joins();
    subscriber.sends(subscribe(topic, { match }));
    subscriber.gets(subscribed());
  });

  it('URI-004: of a loose URI is refused where the rule is strict', () => {
    const subscriber = new BrokerWorld({ uriRule: 'strict' }).joins();
    subscriber.sends(subscribe('A.b'));
    subscriber.gets(error(ErrorUri.InvalidUri));
  });

  it('of more topics than admitted is refused; of a known one it is not', () => {
    const world = new BrokerWorld({ limits: { subscriptionsPerSession: 2 } });
    const subscriber = world.joins();
    for (const topic of ['a', 'b']) {
      subscriber.sends(subscribe(topic));
      subscriber.gets(subscribed());
    }
    const request = subscriber.sends(subscribe('c'));
    subscriber.gets(error(ErrorUri.LimitExceeded, { requestKind: MessageKind.Subscribe, request }));
    subscriber.sends(subscribe('a'));
    subscriber.gets(subscribed());
    subscriber.sends(unsubscribe(1));
    subscriber.gets(unsubscribed());
    subscriber.sends(subscribe('c'));
    subscriber.gets(subscribed());
    world.subscriberOf('d'); // the limit is each session's own
  });

  it('of longer topics than admitted is refused, until others were given up', () => {
    const subscriber = new BrokerWorld({ limits: { topicCharactersPerSession: 10 } }).joins();
    subscriber.sends(subscribe('a.b.c'));
    subscriber.gets(subscribed());
    subscriber.sends(subscribe('123456'));
    subscriber.gets(error(ErrorUri.LimitExceeded));
    subscriber.sends(subscribe('12345'));
    subscriber.gets(subscribed());
    subscriber.sends(unsubscribe(1));
    subscriber.gets(unsubscribed());
    subscriber.sends(subscribe('abcde'));
    subscriber.gets(subscribed());
  });
});

describe('UNSUBSCRIBE', () => {
  it('PUBSUB-003: once ends a subscription that was asked for twice; a second one is refused', () => {
    const world = new BrokerWorld();
    const subscriber = world.joins();
    subscriber.sends(subscribe('a.b'));
    subscriber.sends(subscribe('a.b'));
    subscriber.gets(subscribed());
    subscriber.gets(subscribed());
    const first = subscriber.sends(unsubscribe());
    subscriber.gets(unsubscribed(first));
    world.joins().sends(publish('a.b'));
    subscriber.getsNothing();
    const second = subscriber.sends(unsubscribe());
    subscriber.gets(
      error(ErrorUri.NoSuchSubscription, { requestKind: MessageKind.Unsubscribe, request: second }),
    );
  });

  it('PUBSUB-004: of an unknown id, or of one that others have, is refused and changes nothing', () => {
    const world = new BrokerWorld();
    const subscriber = world.subscriberOf('a.b');
    const stranger = world.joins();
    for (const id of [subscriber.lastSubscription, 4711]) {
      stranger.sends(unsubscribe(id));
      stranger.gets(error(ErrorUri.NoSuchSubscription));
    }
    expect(world.events).toEqual(['create 1 by 1', 'subscribe 1 by 1']);
    stranger.sends(publish('a.b'));
    subscriber.gets(event());
  });

  it('PUBSUB-011: leaves no EVENT behind UNSUBSCRIBED, while others go on', () => {
    const world = new BrokerWorld();
    const [leaving, staying] = [world.subscriberOf('a.b'), world.subscriberOf('a.b')];
    const publisher = world.joins();
    publisher.sends(publish('a.b', [1]));
    leaving.sends(unsubscribe());
    publisher.sends(publish('a.b', [2]));
    leaving.gets(event({ args: [1] }));
    leaving.gets(unsubscribed());
    leaving.getsNothing();
    staying.gets(event({ args: [1] }));
    staying.gets(event({ args: [2] }));
  });
});

describe('PUBLISH (URI-001, URI-009, URI-012)', () => {
  it('PUBSUB-005: without acknowledge is not answered', () => {
    const publisher = new BrokerWorld().joins();
    publisher.sends(publish('a.b', [1]));
    publisher.sends(publish('a.b', [1], { acknowledge: false }));
    publisher.getsNothing();
  });

  it('PUBSUB-006: with acknowledge is answered by PUBLISHED, with the publication id of every EVENT', () => {
    const world = new BrokerWorld();
    const subscribers = [world.subscriberOf('a.b'), world.subscriberOf('a.', { match: 'prefix' })];
    const publisher = world.joins();
    const request = publisher.sends(publish('a.b', [1], ACKNOWLEDGE));
    const { publication } = publisher.gets(published({ request }));
    for (const subscriber of subscribers) subscriber.gets(event({ publication }));
  });

  it('PUBSUB-006: is answered before the publisher gets its own EVENT', () => {
    const publisher = new BrokerWorld().subscriberOf('a.b');
    publisher.sends(publish('a.b', [], { acknowledge: true, exclude_me: false }));
    const { publication } = publisher.gets(published());
    publisher.gets(event({ publication }));
  });

  it('PUBSUB-007: is acknowledged without subscribers too', () => {
    const publisher = new BrokerWorld().joins();
    publisher.sends(publish('a.b', [], ACKNOWLEDGE));
    publisher.gets(published());
  });

  it('gets a random id from the whole range', () => {
    const lowest = new BrokerWorld({ random32: () => 0 }).joins();
    lowest.sends(publish('a', [], ACKNOWLEDGE));
    expect(lowest.gets(published()).publication).toBe(1);
    const highest = new BrokerWorld({ random32: () => 0xffff_ffff }).joins();
    highest.sends(publish('a', [], ACKNOWLEDGE));
    expect(highest.gets(published()).publication).toBe(MAX_ID);
  });

  it('PUBSUB-008: by default is not delivered to the publisher', () => {
    const world = new BrokerWorld();
    const publisher = world.subscriberOf('a.b');
    const other = world.subscriberOf('a.b');
    publisher.sends(publish('a.b'));
    publisher.sends(publish('a.b', [], { exclude_me: true }));
    publisher.getsNothing();
    other.gets(event());
    other.gets(event());
  });

  it('PUBSUB-009: with exclude_me false is delivered to the publisher if it is subscribed', () => {
    const world = new BrokerWorld();
    const publisher = world.subscriberOf('a.b');
    publisher.sends(publish('a.b', [1], { exclude_me: false }));
    publisher.gets(event({ args: [1] }));
    publisher.sends(publish('a.c', [1], { exclude_me: false }));
    publisher.getsNothing();
  });

  it('PUBSUB-010: excludes the publishing session, not its authid', () => {
    const world = new BrokerWorld();
    const publisher = world.subscriberOf('a.b', {}, { authid: 'joe' });
    const twin = world.subscriberOf('a.b', {}, { authid: 'joe' });
    publisher.sends(publish('a.b'));
    publisher.getsNothing();
    twin.gets(event());
  });

  it('SUBPAT-007: excludes the publisher from all its matching subscriptions', () => {
    const world = new BrokerWorld();
    const publisher = world.subscriberOf('a.b');
    publisher.sends(subscribe('a', { match: 'prefix' }));
    publisher.sends(subscribe('a.', { match: 'wildcard' }));
    publisher.gets(subscribed());
    publisher.gets(subscribed());
    publisher.sends(publish('a.b'));
    publisher.getsNothing();
  });

  it('PUBSUB-012: carries its payload unchanged, as the very same object', () => {
    const world = new BrokerWorld();
    const subscriber = world.subscriberOf('a.b');
    const publisher = world.joins();
    let sent: unknown;
    publisher.sends((sender) => {
      const message = publish('a.b', [1, null, 'x'], {}, { k: [true] })(sender);
      sent = 'payload' in message ? message.payload : undefined;
      return message;
    });
    const { payload } = subscriber.gets(event({ args: [1, null, 'x'], kwargs: { k: [true] } }));
    expect(payload).toBe(sent);
    publisher.sends(publish('a.b'));
    expect(subscriber.gets(event()).payload.isEmpty).toBe(true);
  });

  it('PUBSUB-015: to an exact subscription carries no details', () => {
    const world = new BrokerWorld();
    const subscriber = world.subscriberOf('a.b');
    world.joins().sends(publish('a.b', [], { retain: false, x_secret: 1 }));
    subscriber.gets(event({ details: {} }));
  });

  it.each(['', 'a.', 'a..b', 'a b', 'a#'])(
    'URI-001, URI-009: to the bad topic %j is refused if acknowledged, else dropped',
    (topic) => {
      const world = new BrokerWorld();
      const everything = world.subscriberOf('', { match: 'prefix' });
      const publisher = world.joins();
      const request = publisher.sends(publish(topic, [], ACKNOWLEDGE));
      publisher.gets(error(ErrorUri.InvalidUri, { requestKind: MessageKind.Publish, request }));
      publisher.sends(publish(topic));
      publisher.getsNothing();
      everything.getsNothing();
      publisher.sends(publish('a.b'));
      everything.gets(event());
    },
  );

  it.each(['wamp', 'wamp.session.on_join', 'wamp.x'])(
    'URI-012: to the reserved topic %s is refused if acknowledged, and never delivered',
    (topic) => {
      const world = new BrokerWorld();
      const subscriber = world.subscriberOf(topic);
      const publisher = world.joins();
      publisher.sends(publish(topic, [1], ACKNOWLEDGE));
      publisher.gets(error(ErrorUri.InvalidUri));
      publisher.sends(publish(topic, [1]));
      publisher.getsNothing();
      subscriber.getsNothing();
    },
  );

  it('URI-012, URI-015: to a reserved topic is delivered for a trusted session; wampx is not reserved', () => {
    const world = new BrokerWorld();
    const meta = world.subscriberOf('wamp.session.on_join');
    const ordinary = world.subscriberOf('wampx.foo');
    world.joins({ trusted: true }).sends(publish('wamp.session.on_join', [1]));
    meta.gets(event({ args: [1] }));
    world.joins().sends(publish('wampx.foo', [2]));
    ordinary.gets(event({ args: [2] }));
  });
});

describe('pattern-based subscriptions', () => {
  it('SUBPAT-001: a prefix gets what starts with its characters', () => {
    const world = new BrokerWorld();
    const topic = 'com.myapp.topic.emergency';
    const subscriber = world.subscriberOf(topic, { match: 'prefix' });
    const publisher = world.joins();
    for (const end of ['.11', '-low', '.category.severe', '']) {
      publisher.sends(publish(topic + end));
      subscriber.gets(event({ details: { topic: topic + end } }));
    }
    publisher.sends(publish('com.myapp.topic.emerge'));
    subscriber.getsNothing();
  });

  it('SUBPAT-002: a wildcard gets what has as many components', () => {
    const world = new BrokerWorld();
    const subscriber = world.subscriberOf('com.myapp..userevent', { match: 'wildcard' });
    const publisher = world.joins();
    for (const name of ['foo', 'bar', 'a12']) {
      publisher.sends(publish(`com.myapp.${name}.userevent`));
      subscriber.gets(event());
    }
    for (const topic of ['com.myapp.foo.userevent.bar', 'com.myapp.foo.user', 'com.myapp2.foo.userevent']) {
      publisher.sends(publish(topic));
    }
    subscriber.getsNothing();
  });

  it('SUBPAT-003, SUBPAT-004: a session with three matching subscriptions gets three EVENTs of one publication', () => {
    const world = new BrokerWorld();
    const subscriber = world.joins();
    const ids = (
      [
        ['a.', 'wildcard'],
        ['a', 'prefix'],
        ['a.b', 'exact'],
        ['', 'prefix'],
      ] as const
    ).map(([topic, match]) => {
      subscriber.sends(subscribe(topic, { match }));
      return subscriber.gets(subscribed()).subscription;
    });
    world.joins().sends(publish('a.b'));
    const [wildcard, prefix, exact, all] = ids;
    const first = subscriber.gets(event({ subscription: exact!, details: {} }));
    for (const subscription of [all!, prefix!, wildcard!]) {
      subscriber.gets(event({ subscription, publication: first.publication, details: { topic: 'a.b' } }));
    }
    subscriber.getsNothing();
  });

  it('SUBPAT-005: the empty prefix gets all topics, also those of the protocol', () => {
    const world = new BrokerWorld();
    const subscriber = world.subscriberOf('', { match: 'prefix' });
    world.joins().sends(publish('a'));
    world.joins({ trusted: true }).sends(publish('wamp.session.on_join'));
    subscriber.gets(event({ details: { topic: 'a' } }));
    subscriber.gets(event({ details: { topic: 'wamp.session.on_join' } }));
  });
});

describe('black- and whitelists (BWL-001…011)', () => {
  /** Three subscribers with the ids 1, 2, 3, and a publisher with the id 4. */
  function audience() {
    const world = new BrokerWorld();
    const subscribers = [
      world.subscriberOf('a.b', {}, { authid: 'ann', authrole: 'user' }),
      world.subscriberOf('a.b', {}, { authid: 'bob', authrole: 'admin' }),
      world.subscriberOf('a', { match: 'prefix' }, { authid: 'cid', authrole: 'user' }),
    ];
    const publisher = world.joins({ authid: 'pub', authrole: 'admin' });
    return {
      publisher,
      /** ids of the subscribers that get a publication with these options */
      reachedBy: (options: Record<string, unknown>): number[] => {
        publisher.sends(publish('a.b', [], options));
        return subscribers.flatMap((subscriber) => {
          try {
            subscriber.gets(event());
            return [subscriber.id];
          } catch {
            return [];
          }
        });
      },
    };
  }

  it.each([
    ['BWL-001: eligible', { eligible: [1] }, [1]],
    ['BWL-002: exclude', { exclude: [1] }, [2, 3]],
    ['BWL-003: eligible and exclude', { eligible: [1, 2, 3], exclude: [1] }, [2, 3]],
    ['BWL-004: eligible_authid', { eligible_authid: ['ann', 'cid'] }, [1, 3]],
    ['BWL-004: exclude_authid', { exclude_authid: ['ann', 'cid'] }, [2]],
    ['BWL-005: eligible_authrole', { eligible_authrole: ['user'] }, [1, 3]],
    ['BWL-005: exclude_authrole', { exclude_authrole: ['user'] }, [2]],
    ['BWL-006: eligible and eligible_authrole', { eligible: [1, 2], eligible_authrole: ['user'] }, [1]],
    ['BWL-007: empty eligible', { eligible: [] }, []],
    ['BWL-007: empty eligible_authid', { eligible_authid: [] }, []],
    ['BWL-007: empty eligible_authrole', { eligible_authrole: [] }, []],
    ['BWL-008: empty blacklists', { exclude: [], exclude_authid: [], exclude_authrole: [] }, [1, 2, 3]],
    ['BWL-010: eligible that is not subscribed', { eligible: [4, 99] }, []],
    ['BWL-011: lists for a pattern subscription', { eligible: [3] }, [3]],
    ['unknown ids and names', { exclude: [99], exclude_authid: ['__proto__'] }, [1, 2, 3]],
    ['lists of other things', { eligible_department: [], retain: false }, [1, 2, 3]],
  ])('%s', (_name, options, reached) => {
    expect(audience().reachedBy(options)).toEqual(reached);
  });

  it('BWL-009: a publisher that is eligible is excluded nevertheless, unless it asks not to be', () => {
    const world = new BrokerWorld();
    const publisher = world.subscriberOf('a.b');
    publisher.sends(publish('a.b', [], { eligible: [publisher.id] }));
    publisher.getsNothing();
    publisher.sends(publish('a.b', [], { eligible: [publisher.id], exclude_me: false }));
    publisher.gets(event());
    publisher.sends(publish('a.b', [], { exclude: [publisher.id], exclude_me: false }));
    publisher.sends(publish('a.b', [], { eligible: [99], exclude_me: false }));
    publisher.getsNothing();
  });

  it('with more entries than admitted are refused, all lists together', () => {
    const world = new BrokerWorld({ limits: { filterEntriesPerPublication: 3 } });
    const subscriber = world.subscriberOf('a.b');
    const publisher = world.joins();
    publisher.sends(publish('a.b', [], { ...ACKNOWLEDGE, exclude: [7, 8], exclude_authid: ['x'] }));
    publisher.gets(published());
    subscriber.gets(event());
    publisher.sends(publish('a.b', [], { ...ACKNOWLEDGE, exclude: [7, 8], exclude_authid: ['x', 'y'] }));
    publisher.gets(error(ErrorUri.LimitExceeded));
    publisher.sends(publish('a.b', [], { eligible: [1, 2, 3, 4] }));
    publisher.getsNothing();
    subscriber.getsNothing();
  });
});

describe('disclosure of the publisher', () => {
  it('IDENT-008: disclose_me puts the publisher into the details', () => {
    const world = new BrokerWorld();
    const subscriber = world.subscriberOf('a.b');
    const publisher = world.joins({ authid: 'joe', authrole: 'user' });
    publisher.sends(publish('a.b', [], { disclose_me: true }));
    subscriber.gets(event({ details: identity('joe', 'user', publisher.id) }));
    publisher.sends(publish('a.b', [], { disclose_me: false }));
    subscriber.gets(event({ details: {} }));
  });

  it('IDENT-009: subscribers without the feature do not learn it, in whatever order they subscribed', () => {
    const world = new BrokerWorld();
    const first = world.subscriberOf('a', { match: 'prefix' });
    const silent = world.subscriberOf('a', { match: 'prefix' }, SILENT);
    const last = world.subscriberOf('a', { match: 'prefix' });
    const publisher = world.joins({ authid: 'joe', authrole: 'user' });
    publisher.sends(publish('a.b', [], { disclose_me: true }));
    const told = { topic: 'a.b', ...identity('joe', 'user', publisher.id) };
    first.gets(event({ details: told }));
    last.gets(event({ details: told }));
    silent.gets(event({ details: { topic: 'a.b' } }));
  });

  it('IDENT-009: the publisher itself belongs to a class as well', () => {
    const world = new BrokerWorld();
    const publisher = world.subscriberOf('a.b', {}, SILENT);
    const other = world.subscriberOf('a.b');
    publisher.sends(publish('a.b', [], { disclose_me: true, exclude_me: false, exclude: [99] }));
    publisher.gets(event({ details: {} }));
    other.gets(event({ details: identity('peer-1', 'anonymous', 1) }));
    publisher.sends(publish('a.b', [], { disclose_me: true }));
    other.gets(event({ details: identity('peer-1', 'anonymous', 1) }));
    publisher.getsNothing();
  });

  it('IDENT-005: is refused where it is not allowed if acknowledged, else the publication is dropped', () => {
    const world = new BrokerWorld({ disclosure: 'never' });
    const subscriber = world.subscriberOf('a.b');
    const publisher = world.joins();
    const request = publisher.sends(publish('a.b', [], { ...ACKNOWLEDGE, disclose_me: true }));
    publisher.gets(error(ErrorUri.DiscloseMeDisallowed, { requestKind: MessageKind.Publish, request }));
    publisher.sends(publish('a.b', [], { disclose_me: true }));
    publisher.getsNothing();
    subscriber.getsNothing();
    publisher.sends(publish('a.b', [], { disclose_me: false }));
    subscriber.gets(event({ details: {} }));
  });

  it('as a rule does not concern trusted publishers, unless they ask for it', () => {
    const world = new BrokerWorld({ disclosure: 'always' });
    const subscriber = world.subscriberOf('wamp.session.on_join');
    const host = world.joins({ trusted: true, authid: 'host', authrole: 'trusted' });
    host.sends(publish('wamp.session.on_join'));
    subscriber.gets(event({ details: {} }));
    host.sends(publish('wamp.session.on_join', [], { disclose_me: true }));
    subscriber.gets(event({ details: identity('host', 'trusted', host.id) }));
  });

  it('can be made the rule; subscribers without the feature are spared', () => {
    const world = new BrokerWorld({ disclosure: 'always' });
    const subscriber = world.subscriberOf('a.b');
    const silent = world.subscriberOf('a.b', {}, SILENT);
    const publisher = world.joins({ authid: 'joe', authrole: 'user' });
    publisher.sends(publish('a.b'));
    subscriber.gets(event({ details: identity('joe', 'user', publisher.id) }));
    silent.gets(event({ details: {} }));
  });

  it('IDENT-010, SEC-005: what a publisher claims about itself is not passed on', () => {
    const world = new BrokerWorld();
    const subscriber = world.subscriberOf('a.b');
    const claims = { publisher: 1, publisher_authid: 'root', topic: 'x', trustlevel: 9, retained: true };
    world.joins().sends(publish('a.b', [], { ...claims, forward_for: [], x_mine: 1 }));
    subscriber.gets(event({ details: {} }));
  });
});

describe('trust levels', () => {
  const TAKES = { features: { subscriber: ['publication_trustlevels'] } } as const;
  const BOTH = { features: { subscriber: ['publication_trustlevels', 'publisher_identification'] } } as const;

  it.each([2, 100])(
    'IDENT-011: all of %i subscribers that announced it are told, and nobody else',
    (size) => {
      const world = new BrokerWorld({ limits: { receiversPerSlice: 50 } });
      const joins = [TAKES, SILENT, BOTH, {}];
      const peers = Array.from({ length: 2 * size }, (_, n) => world.subscriberOf('a.b', {}, joins[n % 4]));
      const publisher = world.joins({ authid: 'joe', authrole: 'user', trustLevel: 0 });
      const toldOf = (who: Dict): Dict[] => [{ trustlevel: 0 }, {}, { ...who, trustlevel: 0 }, who];
      for (const options of [{ disclose_me: true }, {}]) {
        publisher.sends(publish('a.b', [], options));
        world.turns();
        const told = toldOf('disclose_me' in options ? identity('joe', 'user', publisher.id) : {});
        peers.forEach((peer, n) => peer.gets(event({ details: told[n % 4]! })));
      }
    },
  );

  it('IDENT-011: a publisher without one has none, and its events are one for all', () => {
    const world = new BrokerWorld();
    const peers = [TAKES, SILENT, BOTH].map((join) => world.subscriberOf('a.b', {}, join));
    world.joins().sends(publish('a.b'));
    for (const peer of peers) peer.gets(event({ details: {} }));
    expect(world.fanOuts).toHaveLength(1);
  });

  it('are those of the moment: a retained event has none', () => {
    const world = new BrokerWorld();
    world.joins({ trustLevel: 3 }).sends(publish('a.b', [1], { retain: true }));
    const late = world.joins(BOTH);
    late.sends(subscribe('a.b', { get_retained: true }));
    late.gets(subscribed());
    late.gets(event({ details: { retained: true } }));
  });
});

describe('payload passthru (PPT-004, PPT-006, PPT-012)', () => {
  const PPT = {
    ppt_scheme: 'x_custom',
    ppt_serializer: 'cbor',
    ppt_cipher: 'aes256gcm',
    ppt_keyid: 'k1',
  };

  it('PPT-004: the attributes are copied to every EVENT, and nothing else is', () => {
    const world = new BrokerWorld();
    const exact = world.subscriberOf('a.b');
    const prefix = world.subscriberOf('a', { match: 'prefix' });
    const publisher = world.joins();
    publisher.sends(publish('a.b', [new Uint8Array(1)], { ...PPT, x_mine: 1 }));
    exact.gets(event({ details: PPT }));
    prefix.gets(event({ details: { ...PPT, topic: 'a.b' } }));
    publisher.sends(publish('a.b', [], { ppt_scheme: 'mqtt' }));
    exact.gets(event({ details: { ppt_scheme: 'mqtt' } }));
  });

  it.each([{}, ACKNOWLEDGE])(
    'PPT-006: used without announcing it is a violation of the protocol, with %j',
    (more) => {
      const world = new BrokerWorld();
      const subscriber = world.subscriberOf('a.b');
      const publisher = world.joins({ features: { publisher: [], subscriber: [] } });
      publisher.sends(publish('a.b', [], { ...PPT, ...more }));
      publisher.isAborted('feature_not_announced');
      publisher.getsNothing();
      subscriber.getsNothing();
    },
  );

  it('PPT-012: an empty or missing scheme is no passthru', () => {
    const world = new BrokerWorld();
    const subscriber = world.subscriberOf('a.b');
    const publisher = world.joins({ features: { publisher: [] } });
    publisher.sends(publish('a.b', [], { ppt_scheme: '', ppt_keyid: 'k1' }));
    subscriber.gets(event({ details: {} }));
    publisher.sends(publish('a.b', [], { ppt_keyid: 'k1' }));
    subscriber.gets(event({ details: {} }));
    expect(publisher.violation).toBeUndefined();
  });
});

describe('revocation', () => {
  it('PUBSUB-016: tells a subscriber that announced it; no EVENT follows', () => {
    const world = new BrokerWorld();
    const [subscriber, other] = [world.subscriberOf('a.b'), world.subscriberOf('a.b')];
    const remove = (reason?: string) =>
      world.does((broker, now) =>
        broker.removeSubscriber(subscriber.lastSubscription, subscriber.id, reason, now),
      );
    expect(remove('com.example.reason')).toBe('removed');
    subscriber.gets(revoked(subscriber.lastSubscription, 'com.example.reason'));
    world.joins().sends(publish('a.b'));
    subscriber.getsNothing();
    other.gets(event());
    expect(remove()).toBe('no_such_session');
    expect(world.events.at(-1)).toBe(`unsubscribe 1 by ${subscriber.id}`);
  });

  it('PUBSUB-016: without a reason names the subscription only', () => {
    const world = new BrokerWorld();
    const subscriber = world.subscriberOf('a.b');
    world.does((broker, now) =>
      broker.removeSubscriber(subscriber.lastSubscription, subscriber.id, undefined, now),
    );
    subscriber.gets(revoked(subscriber.lastSubscription));
    expect(world.events.slice(2)).toEqual(['unsubscribe 1 by 1', 'delete 1 by 1']);
    subscriber.sends(unsubscribe());
    subscriber.gets(error(ErrorUri.NoSuchSubscription));
  });

  it('PUBSUB-017: says nothing to a subscriber that did not announce it; no EVENT follows', () => {
    const world = new BrokerWorld();
    const subscriber = world.subscriberOf('a.b', {}, { features: { subscriber: [] } });
    world.does((broker, now) =>
      broker.removeSubscriber(subscriber.lastSubscription, subscriber.id, 'x.y', now),
    );
    world.joins().sends(publish('a.b'));
    subscriber.getsNothing();
    expect(world.broker.stats().subscriptions).toBe(0);
  });

  it('says what it did not find', () => {
    const world = new BrokerWorld();
    const subscriber = world.subscriberOf('a.b');
    const remove = (subscription: number, session: number) =>
      world.does((broker, now) => broker.removeSubscriber(subscription, session, undefined, now));
    expect(remove(99, subscriber.id)).toBe('no_such_subscription');
    expect(remove(subscriber.lastSubscription, 99)).toBe('no_such_session');
    subscriber.getsNothing();
  });
});

describe('subscription events', () => {
  it('META-020: come after the reply: create and subscribe first, then subscribe', () => {
    const world = new BrokerWorld();
    const [one, other] = [world.joins(), world.joins()];
    one.sends(subscribe('a.b', { match: 'prefix' }));
    other.sends(subscribe('a.b', { match: 'prefix' }));
    expect(world.history.map((entry) => entry.type)).toEqual([
      ...['send', 'subscriptionEvent', 'subscriptionEvent'],
      ...['send', 'subscriptionEvent'],
    ]);
    expect(world.events).toEqual(['create 1 by 1', 'subscribe 1 by 1', 'subscribe 1 by 2']);
    const [first] = world.history.filter((entry) => entry.type === 'subscriptionEvent');
    expect(first?.event.at).toBe(first?.event.subscription.createdAt);
    expect(first?.event.subscription).toMatchObject({ id: 1, uri: 'a.b', match: 'prefix' });
  });

  it('come after the reply to UNSUBSCRIBE: unsubscribe, and delete behind the last', () => {
    const world = new BrokerWorld();
    const [one, other] = [world.subscriberOf('a'), world.subscriberOf('a')];
    world.history.length = 0;
    one.sends(unsubscribe());
    other.sends(unsubscribe());
    expect(world.events).toEqual(['unsubscribe 1 by 1', 'unsubscribe 1 by 2', 'delete 1 by 2']);
    expect(world.history.map((entry) => entry.type)).toEqual([
      ...['send', 'subscriptionEvent'],
      ...['send', 'subscriptionEvent', 'subscriptionEvent'],
    ]);
  });

  it('META-021: come for every subscription of a session that ends', () => {
    const world = new BrokerWorld();
    const other = world.subscriberOf('b');
    const leaving = world.subscriberOf('a');
    leaving.sends(subscribe('b'));
    world.history.length = 0;
    leaving.leaves();
    expect(world.events).toEqual(['unsubscribe 2 by 2', 'delete 2 by 2', 'unsubscribe 1 by 2']);
    expect(other.session.attached).toBe(true);
  });

  it('META-025: do not come for topics of the protocol', () => {
    const world = new BrokerWorld();
    const subscriber = world.subscriberOf('wamp.subscription.on_create');
    subscriber.sends(subscribe('wamp.', { match: 'prefix' }));
    subscriber.sends(unsubscribe());
    subscriber.leaves();
    expect(world.events).toEqual([]);
    world.subscriberOf('wampx', { match: 'prefix' });
    expect(world.events).toHaveLength(2);
  });
});

describe('a session that ends', () => {
  it('PUBSUB-014, SESS-021, SESS-026: leaves nothing behind and gets nothing any more', () => {
    const world = new BrokerWorld();
    const subscriber = world.subscriberOf('a.b');
    subscriber.sends(subscribe('a', { match: 'prefix' }));
    subscriber.sends(subscribe('.b', { match: 'wildcard' }));
    expect(world.broker.stats()).toEqual({
      sessions: 1,
      subscriptions: 3,
      subscribers: 3,
      pendingPublications: 0,
    });
    subscriber.leaves();
    subscriber.leaves();
    expect(world.broker.stats()).toEqual({
      sessions: 0,
      subscriptions: 0,
      subscribers: 0,
      pendingPublications: 0,
    });
    expect(world.broker.isObserved('a.b')).toBe(false);
    world.joins().sends(publish('a.b'));
    expect(world.fanOuts).toEqual([]);
  });

  it('SESS-018: has no effect with what it sends afterwards', () => {
    const world = new BrokerWorld();
    const subscriber = world.subscriberOf('a.b');
    const gone = world.subscriberOf('x');
    gone.leaves();
    const before = world.history.length;
    gone.sends(subscribe('a.b'));
    gone.sends(unsubscribe());
    gone.sends(publish('a.b', [], ACKNOWLEDGE));
    gone.sends(publish('', [], ACKNOWLEDGE));
    expect(world.history.length).toBe(before);
    subscriber.getsNothing();
    expect(world.broker.stats()).toEqual({
      sessions: 1,
      subscriptions: 1,
      subscribers: 1,
      pendingPublications: 0,
    });
  });
});

describe('order', () => {
  it('ORDER-001, ORDER-002: events of one publisher arrive as published, across topics and patterns', () => {
    const world = new BrokerWorld();
    const exact = world.subscriberOf('t.one');
    exact.sends(subscribe('t.two'));
    exact.gets(subscribed());
    const prefix = world.subscriberOf('t', { match: 'prefix' });
    const publisher = world.joins();
    for (let n = 0; n < 100; n++) publisher.sends(publish(n % 2 ? 't.one' : 't.two', [n]));
    for (let n = 0; n < 100; n++) {
      exact.gets(event({ args: [n] }));
      prefix.gets(event({ args: [n] }));
    }
  });

  it('PUBSUB-013, ORDER-006: SUBSCRIBED precedes every EVENT of the subscription', () => {
    const world = new BrokerWorld();
    const publisher = world.joins();
    for (let n = 0; n < 20; n++) {
      const subscriber = world.joins();
      publisher.sends(publish('a.b', [n]));
      subscriber.sends(subscribe('a.b'));
      publisher.sends(publish('a.b', [n]));
      subscriber.gets(subscribed());
      subscriber.gets(event({ args: [n] }));
    }
  });
});

describe('the fan-out', () => {
  it('hands one EVENT object to all subscribers of a subscription', () => {
    const world = new BrokerWorld();
    const subscribers = Array.from({ length: 5 }, () => world.subscriberOf('a.b'));
    world.joins().sends(publish('a.b'));
    expect(world.fanOuts).toHaveLength(1);
    expect(world.fanOuts[0]!.owners).toEqual(subscribers);
  });

  it('hands one EVENT object to each disclosure class that has receivers', () => {
    const world = new BrokerWorld();
    const told = [world.subscriberOf('a.b'), world.subscriberOf('a.b')];
    world.joins().sends(publish('a.b', [], { disclose_me: true }));
    expect(world.fanOuts.map((entry) => entry.owners)).toEqual([told]);
    const untold = world.subscriberOf('a.b', {}, { features: { subscriber: [] } });
    world.joins().sends(publish('a.b', [], { disclose_me: true }));
    expect(world.fanOuts.slice(1).map((entry) => entry.owners)).toEqual([told, [untold]]);
  });

  it('uses the same list of receivers again, until the subscribers change; old lists stay as they are', () => {
    const world = new BrokerWorld();
    world.subscriberOf('a.b');
    const publisher = world.joins();
    publisher.sends(publish('a.b'));
    publisher.sends(publish('a.b'));
    const [first, second] = world.fanOuts;
    expect(second!.owners).toBe(first!.owners);
    world.subscriberOf('a.b');
    publisher.sends(publish('a.b'));
    expect(world.fanOuts[2]!.owners).toHaveLength(2);
    expect(first!.owners).toHaveLength(1);
  });

  it('draws no publication id where nobody listens and nobody asks', () => {
    let drawn = 0;
    const world = new BrokerWorld({ random32: () => (drawn += 1) });
    world.joins().sends(publish('a.b'));
    expect(drawn).toBe(0);
  });
});

describe('what can be looked at', () => {
  it('META-022, META-023, META-024: subscriptions by policy, by id, by topic, and by what they match', () => {
    const world = new BrokerWorld();
    const subscriber = world.subscriberOf('a.b');
    const second = world.subscriberOf('a.b');
    subscriber.sends(subscribe('a', { match: 'prefix' }));
    subscriber.sends(subscribe('a.', { match: 'wildcard' }));
    const { subscriptions } = world.broker;
    expect(subscriptions.size).toBe(3);
    const ids = (match: MatchPolicy) => subscriptions.list(match).map(({ id }) => id);
    expect([ids('exact'), ids('prefix'), ids('wildcard')]).toEqual([[1], [2], [3]]);
    expect(subscriptions.match('a.b').map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(subscriptions.match('b')).toEqual([]);
    expect(subscriptions.lookup('a.b', 'exact')).toBe(subscriptions.get(1));
    expect(subscriptions.lookup('a.b', 'prefix')).toBeUndefined();
    expect(subscriptions.get(99)).toBeUndefined();
    expect([...subscriptions.get(1)!.subscribers.keys()]).toEqual([subscriber.session, second.session]);
    expect(world.broker.isObserved('a.b')).toBe(true);
    expect(world.broker.isObserved('b')).toBe(false);
  });
});
