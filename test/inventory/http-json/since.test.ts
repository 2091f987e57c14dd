import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatSince, isTimeZone } from '../../../server/inventory/http-json/changes/since.ts';

const time = new Date('2026-01-02T23:04:05.999Z');

test.each([
  [{}, '2026-01-02T23:04:05Z'],
  [{ since: 'sql' }, '2026-01-02 23:04:05'],
  [{ since: 'sql', timeZone: 'Asia/Tokyo' }, '2026-01-03 08:04:05'],
  [{ since: 'sql', timeZone: 'Europe/Berlin' }, '2026-01-03 00:04:05'],
  [{ since: 'seconds' }, 1767395045],
  [{ since: 'milliseconds' }, 1767395045000],
] as const)('%j', (format, expected) => {
  expect(formatSince(time, format)).toBe(expected);
});

test('never says later than it is, nor more than a second earlier', () => {
  const times = fc.date({ min: new Date('1990-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });
  fc.assert(
    fc.property(times, (at) => {
      for (const text of [
        String(formatSince(at, { since: 'iso' })),
        `${String(formatSince(at, { since: 'sql' })).replace(' ', 'T')}Z`,
      ]) {
        const late = at.getTime() - Date.parse(text);
        expect(late >= 0 && late < 1000).toBe(true);
      }
    }),
  );
});

test('knows time zones', () => {
  expect(['UTC', 'Europe/Berlin', 'Mars/Olympus', ''].map(isTimeZone)).toEqual([true, true, false, false]);
});
