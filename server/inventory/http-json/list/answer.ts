import type { HttpJsonRequest } from '../../../../schemas/types/server-configuration.ts';
import type { JsonAnswer } from '../../http-client/http-client.ts';
import { HttpFailure } from '../../http-client/http-failure.ts';
import { valueAt } from './pointer-value.ts';

const nouns = { list: 'a list of records', map: 'an object of records', one: 'a record' } as const;

/** The records of an answer. One that is no success, or has no list where it must stand, fails. */
export function recordsOf(request: HttpJsonRequest, { value }: JsonAnswer): readonly unknown[] {
  const { success } = request;
  if (success !== undefined) {
    const said = valueAt(value, success.at);
    if (said !== success.equals) {
      // A text could repeat what was sent, credentials among it.
      const shown = typeof said === 'number' || typeof said === 'boolean' ? ` (${said})` : '';
      throw new HttpFailure(
        `answered that it did not succeed: ${success.at} is not ${JSON.stringify(success.equals)}${shown}`,
        'check credentials and query, and look into its log',
      );
    }
  }
  const records = valueAt(value, request.records);
  if (request.as === 'one') {
    if (records === null || records === undefined) return [];
    if (typeof records === 'object' && !Array.isArray(records)) return [records];
  } else if (request.as === 'map') {
    if (records === null) return [];
    if (typeof records === 'object' && !Array.isArray(records) && records !== undefined)
      return Object.values(records);
  } else if (Array.isArray(records)) return records;
  throw new HttpFailure(
    `gave an answer without ${nouns[request.as ?? 'list']} at ${request.records === '' ? 'its root' : request.records}`,
    'check url, path and records',
  );
}

/** How many records there are in all, as the answer says; undefined where the configuration names no place. */
export function totalOf(place: string | undefined, { value, headers }: JsonAnswer): number | undefined {
  if (place === undefined) return undefined;
  const total = place.startsWith('/') ? valueAt(value, place) : headers[place.toLowerCase()];
  // iTop says `Found: 12`.
  const digits = typeof total === 'string' ? /^\D{0,32}(\d{1,15})$/.exec(total)?.[1] : undefined;
  const count = digits === undefined ? total : Number(digits);
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return count;
  throw new HttpFailure(`does not say at ${place} how many records there are`, 'check paging.total');
}

/** Target of the first `rel="next"` in a Link header (RFC 8288). */
export function nextLink({ headers }: JsonAnswer): string | undefined {
  const { link } = headers;
  const text = Array.isArray(link) ? link.join(',') : (link ?? '');
  for (const [, target = '', parameters = ''] of text.matchAll(/<([^<>]*)>([^<]*)/g)) {
    if (/;\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next(?=[\s,;]|$))/i.test(parameters)) return target;
  }
  return undefined;
}
