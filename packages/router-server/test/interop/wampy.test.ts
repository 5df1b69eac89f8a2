import { autobahnPeer } from './autobahn-peer.fixture.js';
import { interopCases } from './interop-cases.fixture.js';
import { ours } from './ours-peer.fixture.js';
import { wampyPeer } from './wampy-peer.fixture.js';

// The package `wampy` from npm, as it is: as callee, as caller, on both sides, and together with `autobahn`.
for (const format of ['json', 'msgpack', 'cbor'] as const) {
  interopCases(
    `wampy (${format}) as callee and subscriber, @wamp/client (cbor) as caller`,
    wampyPeer(format),
    ours('cbor'),
  );
  interopCases(
    `wampy (${format}) as caller and publisher, @wamp/client (json) as callee`,
    ours('json'),
    wampyPeer(format),
  );
  interopCases(`wampy (${format}) on both sides`, wampyPeer(format), wampyPeer(format));
  interopCases(
    `wampy (${format}) as callee, autobahn (${format}) as caller`,
    wampyPeer(format),
    autobahnPeer(format),
  );
  interopCases(
    `autobahn (${format}) as callee, wampy (${format}) as caller`,
    autobahnPeer(format),
    wampyPeer(format),
  );
}
