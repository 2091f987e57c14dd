import { type Checked, refused } from '../entry-reader.ts';

const pattern = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:\.0+)?Z$/;

/**
 * A Generalized Time (RFC 4517, section 3.3.13) as RFC 3339, to the second. Only the form `YYYYMMDDHHMMSSZ` that
 * sudoers.ldap(5) names is taken, with a fraction of zero as Active Directory writes it.
 */
export function parseGeneralizedTime(text: string): Checked<string> {
  const [match, year, month, day, hour, minute, second] = pattern.exec(text) ?? [];
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
