/**
 * What an EVENT says beside its payload. Built from what is known here; nothing but the passthru attributes is taken over
 * from the publisher's options.
 */
import { copyPassthru, EMPTY_DICT, type Dict, type EventDetails, type Identity } from '@wamp/protocol';

/**
 * @param topic the concrete topic, for subscribers that cannot know it; else undefined
 * @param publisher who published, for those who may know; else undefined
 * @param trustLevel how far the broker trusts the publisher, for those who may know; else undefined
 * @param passthru options or details with passthru attributes; undefined if the payload is not passed thru
 * @param isRetained whether the event is delivered later than it was published
 */
export function eventDetails(
  topic: string | undefined,
  publisher: Identity | undefined,
  trustLevel: number | undefined,
  passthru: Dict | undefined,
  isRetained: boolean,
): EventDetails {
  if (topic === undefined && publisher === undefined && trustLevel === undefined) {
    if (passthru === undefined && !isRetained) return EMPTY_DICT;
  }
  const details: Record<string, unknown> = {};
  if (topic !== undefined) details['topic'] = topic;
  if (publisher !== undefined) {
    details['publisher'] = publisher.session;
    details['publisher_authid'] = publisher.authid;
    details['publisher_authrole'] = publisher.authrole;
  }
  if (trustLevel !== undefined) details['trustlevel'] = trustLevel;
  if (passthru !== undefined) copyPassthru(passthru, details);
  if (isRetained) details['retained'] = true;
  return details;
}
