/**
 * Times as they stand in messages. Source: RFC 3339, section 5.6.
 */

const TIME =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,3})(\d{0,27}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/**
 * Reads a time.
 * @returns milliseconds since the epoch, with a fraction if the text is more precise; undefined if it is no such time
 */
export function parseTime(text: string): number | undefined {
  const parts = TIME.exec(text);
  if (parts === null) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as SixNumbers;
  const offsetHours = Number(parts[10] ?? 0);
  const offsetMinutes = Number(parts[11] ?? 0);
  // A leap second is written 60, and is the first of the next minute here.
  const isInRange = hour <= 23 && minute <= 59 && second <= 60 && offsetHours <= 23 && offsetMinutes <= 59;
  if (!isInRange) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const offset = (offsetHours * 60 + offsetMinutes) * (parts[9] === '-' ? -1 : 1);
  const seconds = hour * 3600 + (minute - offset) * 60 + second;
  // Digit by digit, because 0.29 * 100 is not 29.
  const milliseconds = Number((parts[7] ?? '').padEnd(3, '0')) + Number(`0.${parts[8] ?? ''}`);
  return date.getTime() + seconds * 1000 + milliseconds;
}

type SixNumbers = [number, number, number, number, number, number];

/** Writes a time, in UTC. @param time milliseconds since the epoch */
export function formatTime(time: number): string {
  return new Date(time).toISOString();
}
