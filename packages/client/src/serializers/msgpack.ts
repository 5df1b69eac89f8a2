/** The msgpack serializer of @wamp/protocol, under this package's name, for the `serializers` option of `connect`. */
export { msgpack } from '@wamp/protocol/msgpack';
