/** The cbor serializer of @wamp/protocol, under this package's name, for the `serializers` option of `connect`. */
export { cbor } from '@wamp/protocol/cbor';
