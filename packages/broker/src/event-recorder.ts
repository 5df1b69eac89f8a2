/**
 * From publications to what is kept of them, and from kept payloads back to such as can be sent.
 * Must not decide what is kept.
 */
import {
  copyPassthru,
  EMPTY_DICT,
  describesPayload,
  Payload,
  type Format,
  type Dict,
  type PayloadCodec,
  type PublishOptions,
} from '@wamp/protocol';
import type { Publication } from './publication.js';
import { audienceOf } from './publication-filter.js';
import { sizeOf, type StoredEvent, type StoredPayload } from './stored-event.js';

export class EventRecorder {
  readonly #codecs: ReadonlyMap<Format, PayloadCodec>;
  readonly #preferred: PayloadCodec | undefined;

  /** @param codecs the first one writes payloads that came in no format, or in none of these */
  constructor(codecs: readonly PayloadCodec[]) {
    this.#codecs = new Map(codecs.map((codec) => [codec.format, codec]));
    this.#preferred = codecs[0];
  }

  /** True if nothing can be kept. */
  get isMute(): boolean {
    return this.#preferred === undefined;
  }

  /** @throws PayloadError if the payload cannot be expressed in the format that is to be used */
  record(publication: Publication<unknown>): StoredEvent {
    const { message, publisher } = publication;
    const event = {
      publication: publication.id,
      topic: message.topic,
      // A host's clock may have fractions; a kept time is a whole number, in history as on the disk.
      publishedAt: Math.floor(publication.publishedAt),
      publisher: publication.isDisclosed ? publisher.identity : undefined,
      excludedSession: publication.includesPublisher ? undefined : publisher.identity.session,
      audience: audienceOf(message.options),
      passthru: passthruOf(message.options),
      payload: this.#stored(message.payload),
    };
    return { ...event, size: sizeOf(event) };
  }

  /** The payload as it was published; undefined if there is no codec for its format (any more). */
  payloadOf({ payload }: StoredEvent): Payload | undefined {
    const codec = this.#codecs.get(payload.format);
    if (codec === undefined) return undefined;
    return payload.isOpaque
      ? Payload.rawOpaque(codec, payload.bytes)
      : Payload.raw(codec, payload.bytes, payload.elements);
  }

  #stored(payload: Payload): StoredPayload {
    const own = payload.format === undefined ? undefined : this.#codecs.get(payload.format);
    const codec = own ?? this.#preferred!;
    // The bytes may be a view of the frame, which must not be kept for the sake of a part of it.
    const { bytes, elements } = payload.detach().encodedFor(codec);
    return { format: codec.format, bytes, elements, isOpaque: payload.isOpaque };
  }
}

function passthruOf(options: PublishOptions): Dict {
  if (!describesPayload(options)) return EMPTY_DICT;
  const attributes: Record<string, unknown> = {};
  copyPassthru(options, attributes);
  return attributes;
}
