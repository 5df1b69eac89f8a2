/**
 * What a callee's answer passes on to the caller besides the payload. Never looks at the payload.
 * Source: advanced profile, "Progressive Call Results" and "Payload Passthru Mode".
 */
import { copyPassthru, EMPTY_DICT, describesPayload, type Dict, type ResultDetails } from '@wamp/protocol';

const PROGRESS: ResultDetails = Object.freeze({ progress: true });

/** Details of a RESULT: `progress` and the passthru attributes; nothing else of YIELD.Options is passed on. */
export function resultDetails(options: Dict, progress: boolean): ResultDetails {
  if (!describesPayload(options)) return progress ? PROGRESS : EMPTY_DICT;
  const details: Record<string, unknown> = progress ? { progress: true } : {};
  copyPassthru(options, details);
  return details;
}

/** Details of an ERROR to the caller: the passthru attributes; nothing else of the callee's details is passed on. */
export function errorDetails(details: Dict): Dict {
  return resultDetails(details, false);
}
