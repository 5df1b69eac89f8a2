/** What any other host lends to the serializers: nothing, they bring portable defaults. */
import type { SerializerOptions } from '@wamp/protocol';

export const HOST: SerializerOptions = {};
