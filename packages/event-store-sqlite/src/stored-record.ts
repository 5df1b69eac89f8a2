/**
 * An event as the columns of a row, and back. Must not know in which table.
 * Text is written as JSON: it is then free of zeros and of halves of surrogate pairs, which the library would not keep.
 */
import { EMPTY_DICT, type Dict, type Format, type Identity, type PayloadElements } from '@wamp/protocol';
import type { AudienceLists, StoredEvent } from '@wamp/broker';
import type { Row, Value } from './connection.js';

/** The columns of an event, in the order of {@link valuesOf}. */
export const RECORD_COLUMNS = 'publication, topic, published_at, size, about, payload';

/** All but the columns that are looked for. */
interface About {
  readonly publisher?: Identity | undefined;
  readonly excluded?: number | undefined;
  readonly audience?: AudienceLists | undefined;
  readonly passthru?: Dict | undefined;
  readonly format: Format;
  readonly elements: PayloadElements;
  readonly opaque?: true | undefined;
}

export function valuesOf(event: StoredEvent): readonly Value[] {
  const { payload, passthru } = event;
  const about: About = {
    publisher: event.publisher,
    excluded: event.excludedSession,
    audience: event.audience,
    passthru: Object.keys(passthru).length > 0 ? passthru : undefined,
    format: payload.format,
    elements: payload.elements,
    opaque: payload.isOpaque ? true : undefined,
  };
  return [
    event.publication,
    textOf(event.topic),
    event.publishedAt,
    event.size,
    JSON.stringify(about),
    payload.bytes,
  ];
}

export function eventOf(row: Row): StoredEvent {
  const about = JSON.parse(row['about'] as string) as About;
  return {
    publication: Number(row['publication']),
    topic: readText(row['topic']!),
    publishedAt: Number(row['published_at']),
    publisher: about.publisher,
    excludedSession: about.excluded,
    audience: about.audience,
    passthru: about.passthru ?? EMPTY_DICT,
    payload: {
      format: about.format,
      bytes: row['payload'] as Uint8Array,
      elements: about.elements,
      isOpaque: about.opaque === true,
    },
    size: Number(row['size']),
  };
}

/** Any string as text that the library keeps; different strings give different texts. */
export function textOf(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

export function readText(value: Value): string {
  return JSON.parse(`"${String(value)}"`) as string;
}
