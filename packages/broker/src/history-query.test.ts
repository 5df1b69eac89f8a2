import { ErrorUri, Payload, PublishMessage, type Serializer } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { json } from '@wamp/protocol/json';
import { msgpack } from '@wamp/protocol/msgpack';
import { describe, expect, it } from 'vitest';
import { readHistoryRequest } from './history-query.js';

describe('the arguments of wamp.subscription.get_events', () => {
  it('are the id of a subscription, and nothing else is needed', () => {
    expect(readHistoryRequest([7], {})).toEqual({ subscription: 7, query: {} });
    expect(readHistoryRequest([7n, 'more'], { other: 1 })).toEqual({ subscription: 7, query: {} });
  });

  it('are read as what they mean', () => {
    const time = '1970-01-01T00:00:01Z';
    const kwargs = {
      reverse: true,
      limit: 10n,
      topic: 'a.b',
      from_time: time,
      after_time: time,
      before_time: time,
      until_time: time,
      from_publication: 1,
      after_publication: 2n,
      before_publication: 2 ** 53,
      until_publication: 9_007_199_254_740_992n,
    };
    expect(readHistoryRequest([1], kwargs)).toEqual({
      subscription: 1,
      query: {
        reverse: true,
        limit: 10,
        topic: 'a.b',
        fromTime: 1000,
        afterTime: 1000,
        beforeTime: 1000,
        untilTime: 1000,
        fromPublication: 1,
        afterPublication: 2,
        beforePublication: 2 ** 53,
        untilPublication: 2 ** 53,
      },
    });
  });

  it('may be null, which is as good as left out', () => {
    expect(readHistoryRequest([1], { limit: null, from_time: null, reverse: undefined })).toEqual({
      subscription: 1,
      query: {},
    });
  });

  it.each<[string, unknown]>([
    ['reverse', 1],
    ['reverse', 'true'],
    ['limit', 0],
    ['limit', -1],
    ['limit', 1.5],
    ['limit', 0n],
    ['limit', '10'],
    ['limit', true],
    ['limit', NaN],
    ['limit', [1]],
    ['topic', 'a..b'],
    ['topic', 1],
    ['from_time', 1_700_000_000],
    ['after_time', 'yesterday'],
    ['before_time', '2026-02-30T00:00:00Z'],
    ['until_time', '2026-01-31'],
    ['from_publication', 0],
    ['after_publication', '1'],
    ['before_publication', 1.5],
    ['until_publication', 9_007_199_254_740_993n],
  ])('HIST-011: are refused for %s = %o, with a sentence that names it', (name, value) => {
    const refusal = readHistoryRequest([1], { [name]: value });
    expect(refusal).toMatchObject({ uri: ErrorUri.InvalidArgument });
    expect('uri' in refusal && refusal.sentence).toMatch(new RegExp(`^${name} must be `));
  });

  it.each([[[]], [['1']], [[0]], [[null]], [[-1n]], [[2n ** 60n]]])(
    'HIST-011: are refused without the id of a subscription: %o',
    (args) => {
      expect(readHistoryRequest(args, {})).toMatchObject({
        uri: ErrorUri.InvalidArgument,
        sentence: 'argument 0, subscription, must be a subscription id',
      });
    },
  );

  it.each<[string, Serializer]>([
    ['JSON', json()],
    ['MessagePack', msgpack()],
    ['CBOR', cbor()],
  ])('HIST-013: mean the same over %s', (_name, serializer) => {
    const kwargs = { limit: 10, from_publication: 2 ** 53, until_publication: 5_000_000_000 };
    const frame = serializer.encode(new PublishMessage(1, {}, 'x', Payload.of([3], kwargs)));
    const { payload } = serializer.decode(frame) as PublishMessage;
    expect(readHistoryRequest(payload.args, payload.kwargs)).toEqual({
      subscription: 3,
      query: { limit: 10, fromPublication: 2 ** 53, untilPublication: 5_000_000_000 },
    });
  });
});
