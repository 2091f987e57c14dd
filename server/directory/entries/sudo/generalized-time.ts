import { type Checked, refused } from '../entry-reader.ts';

const pattern = /^(\d{4})(\d{2})(\d{2})(\d{2})(?:(\d{2})(?:(\d{2})(?:[.,]\d{1,9})?)?)?Z$/;

/**
 * A Generalized Time (RFC 4517, section 3.3.13) in UTC as RFC 3339, to the second: minutes and seconds may be missing,
 * and a fraction of a second is cut, both as sudo does. Other time zones, and fractions of a minute or hour, which sudo
 * reads otherwise than the RFC, are refused.
 */
export function parseGeneralizedTime(text: string): Checked<string> {
  const [match, year, month, day, hour, minute = '00', second = '00'] = pattern.exec(text) ?? [];
  const remedy = 'write it as YYYYMMDDHHMMSSZ, in UTC';
  if (match === undefined) return refused('is not a time in UTC', remedy);
  const time = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const date = new Date(`${time}Z`);
  // Date takes 30 February for 1 March.
  if (Number.isNaN(date.getTime()) || date.toISOString() !== `${time}.000Z`) {
    return refused('is not a date of the calendar', remedy);
  }
  return { kind: 'ok', value: `${time}Z` };
}
