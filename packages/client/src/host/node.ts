/** What Node lends to the serializers: memory that is not zeroed, and the native UTF-8 check. */
import { isUtf8 } from 'node:buffer';
import type { SerializerOptions } from '@wamp/protocol';

export const HOST: SerializerOptions = {
  allocate: (bytes) => Buffer.allocUnsafe(bytes),
  isUtf8: (bytes) => isUtf8(bytes),
};
