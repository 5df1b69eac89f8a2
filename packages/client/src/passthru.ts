/** @wamp/client/passthru: payload passthru mode, with the scheme `wamp` and any other. */
export { passthru, type PackedPayload, type PassthruCodec, type PassthruContext } from './passthru-codec.js';
export {
  wampPassthru,
  type PassthruKeys,
  type WampCipher,
  type WampPassthruOptions,
} from './wamp-passthru.js';
