/**
 * An event as it is kept: plain data, so that any storage can write it down and read it back, also after a restart.
 * Must not know why it is kept, nor where.
 */
import type { Dict, Format, Identity, PayloadElements } from '@wamp/protocol';

/** The six lists of a PUBLISH, under their names there; those that were not given are missing. */
export interface AudienceLists {
  readonly eligible?: readonly number[];
  readonly eligible_authid?: readonly string[];
  readonly eligible_authrole?: readonly string[];
  readonly exclude?: readonly number[];
  readonly exclude_authid?: readonly string[];
  readonly exclude_authrole?: readonly string[];
}

/** A payload in the format in which it was published. */
export interface StoredPayload {
  readonly format: Format;
  /** nobody changes them; they are no view of anything larger */
  readonly bytes: Uint8Array;
  readonly elements: PayloadElements;
  /** true for one bare value in the place of the arguments */
  readonly isOpaque: boolean;
}

/** All that is needed to deliver an event later. A storage must give back every field as it was. */
export interface StoredEvent {
  /** publication id, unique in its realm */
  readonly publication: number;
  readonly topic: string;
  /** milliseconds since the epoch, a whole number */
  readonly publishedAt: number;
  /** who published it; undefined unless it may be disclosed */
  readonly publisher: Identity | undefined;
  /** the session that must not get it because it published it; undefined for `exclude_me: false` */
  readonly excludedSession: number | undefined;
  /** whom the publisher chose; undefined if it gave no list at all, which admits everybody */
  readonly audience: AudienceLists | undefined;
  /** attributes that describe the payload (`ppt_…`, `enc_…`): strings, or null; `{}` if there are none */
  readonly passthru: Dict;
  readonly payload: StoredPayload;
  /** bytes that count against limits: of everything above, roughly what it takes in memory */
  readonly size: number;
}

/** The record itself and what an index needs for it. */
const FIXED_BYTES = 512;
const BYTES_PER_CHARACTER = 2;
const BYTES_PER_ENTRY = 16;

/** What {@link StoredEvent.size} of such an event is. */
export function sizeOf(event: Omit<StoredEvent, 'size'>): number {
  const { publisher, audience } = event;
  let size = FIXED_BYTES + event.payload.bytes.length + sizeOfText(event.topic);
  if (publisher !== undefined) size += sizeOfText(publisher.authid) + sizeOfText(publisher.authrole);
  for (const text of Object.values(event.passthru)) {
    if (typeof text === 'string') size += sizeOfText(text);
  }
  if (audience !== undefined) {
    for (const list of Object.values(audience) as (readonly (number | string)[])[]) {
      for (const entry of list) size += BYTES_PER_ENTRY + (typeof entry === 'string' ? sizeOfText(entry) : 0);
    }
  }
  return size;
}

function sizeOfText(text: string): number {
  return text.length * BYTES_PER_CHARACTER;
}
