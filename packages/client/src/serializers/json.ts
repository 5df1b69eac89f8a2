/** The json serializer of @wamp/protocol, under this package's name, for the `serializers` option of `connect`. */
export { json } from '@wamp/protocol/json';
