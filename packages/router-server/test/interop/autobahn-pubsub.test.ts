import { autobahnPeer } from './autobahn-peer.fixture.js';
import { ours } from './ours-peer.fixture.js';
import { pubsubCases } from './pubsub-cases.fixture.js';

// The package `autobahn` from npm, as it is: as subscriber, as publisher, on both sides.
for (const format of ['json', 'msgpack', 'cbor'] as const) {
  pubsubCases(
    `autobahn (${format}) subscribes, @wamp/client (cbor) publishes`,
    autobahnPeer(format),
    ours('cbor'),
  );
  pubsubCases(
    `@wamp/client (json) subscribes, autobahn (${format}) publishes`,
    ours('json'),
    autobahnPeer(format),
  );
  pubsubCases(`autobahn (${format}) on both sides`, autobahnPeer(format), autobahnPeer(format));
}
