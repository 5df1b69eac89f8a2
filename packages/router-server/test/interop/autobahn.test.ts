import { autobahnPeer } from './autobahn-peer.fixture.js';
import { interopCases } from './interop-cases.fixture.js';
import { ours } from './ours-peer.fixture.js';

// The package `autobahn` from npm, as it is. Section by section: as callee, as caller, and on both sides.
for (const format of ['json', 'msgpack', 'cbor'] as const) {
  interopCases(
    `autobahn (${format}) as callee and subscriber, @wamp/client (cbor) as caller`,
    autobahnPeer(format),
    ours('cbor'),
  );
  interopCases(
    `autobahn (${format}) as caller and publisher, @wamp/client (json) as callee`,
    ours('json'),
    autobahnPeer(format),
  );
  interopCases(`autobahn (${format}) on both sides`, autobahnPeer(format), autobahnPeer(format));
}
