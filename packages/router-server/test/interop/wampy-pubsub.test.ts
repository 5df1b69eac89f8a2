import { autobahnPeer } from './autobahn-peer.fixture.js';
import { ours } from './ours-peer.fixture.js';
import { pubsubCases } from './pubsub-cases.fixture.js';
import { wampyPeer } from './wampy-peer.fixture.js';

// The package `wampy` from npm, as it is: as subscriber, as publisher, on both sides, and together with `autobahn`.
for (const format of ['json', 'msgpack', 'cbor'] as const) {
  pubsubCases(`wampy (${format}) subscribes, @wamp/client (cbor) publishes`, wampyPeer(format), ours('cbor'));
  pubsubCases(`@wamp/client (json) subscribes, wampy (${format}) publishes`, ours('json'), wampyPeer(format));
  pubsubCases(`wampy (${format}) on both sides`, wampyPeer(format), wampyPeer(format));
  pubsubCases(
    `wampy (${format}) subscribes, autobahn (${format}) publishes`,
    wampyPeer(format),
    autobahnPeer(format),
  );
  pubsubCases(
    `autobahn (${format}) subscribes, wampy (${format}) publishes`,
    autobahnPeer(format),
    wampyPeer(format),
  );
}
