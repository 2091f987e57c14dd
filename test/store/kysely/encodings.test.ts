import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packJson, unpackJson } from '../../../server/store/kysely/encoding/packed-json.ts';
import { sortableTime } from '../../../server/store/kysely/encoding/sortable-time.ts';
import { storableText } from '../../../server/store/kysely/encoding/storable-text.ts';

describe('packed JSON', () => {
  test('any value comes back the same, keys in their order', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = JSON.stringify(value);
        expect(JSON.stringify(unpackJson(packJson(JSON.parse(json))))).toBe(json);
      }),
    );
  });

  test('a large value is kept small, a small one is left as it is', () => {
    const accounts = Array.from({ length: 60 }, (_, number) => ({
      name: `user${number}`,
      shell: '/bin/bash',
    }));
    expect(packJson(accounts).length).toBeLessThan(JSON.stringify(accounts).length / 3);
    expect(packJson({ a: 1 }).subarray(1).toString()).toBe('{"a":1}');
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['another kind', Buffer.from([9, 1, 2])],
    ['damaged bytes', Buffer.from([1, 255, 255, 255])],
    ['what was cut', packJson('x'.repeat(5000)).subarray(0, 12)],
  ])('%s is refused', (_, packed) => {
    expect(() => unpackJson(packed)).toThrow(Error);
  });
});

describe('sortable time', () => {
  test.each([
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.000000000Z'],
    ['2026-01-02T03:04:05.5Z', '2026-01-02T03:04:05.500000000Z'],
    ['2026-01-02T03:04:05.123456789Z', '2026-01-02T03:04:05.123456789Z'],
  ])('%s is %s', (timestamp, sortable) => {
    expect(sortableTime(timestamp)).toBe(sortable);
  });

  test('sorts as text in order of time, however many digits the fractions have', () => {
    const second = fc.integer({ min: 0, max: 59 });
    const fraction = fc.option(fc.stringMatching(/^[0-9]{1,9}$/), { nil: undefined });
    fc.assert(
      fc.property(second, fraction, second, fraction, (second1, fraction1, second2, fraction2) => {
        const text = (whole: number, part: string | undefined) =>
          `2026-01-02T03:04:${String(whole).padStart(2, '0')}${part === undefined ? '' : `.${part}`}Z`;
        const nanoseconds = (whole: number, part: string | undefined) =>
          BigInt(whole) * 1_000_000_000n + BigInt((part ?? '').padEnd(9, '0'));
        expect(sortableTime(text(second1, fraction1)) < sortableTime(text(second2, fraction2))).toBe(
          nanoseconds(second1, fraction1) < nanoseconds(second2, fraction2),
        );
      }),
    );
  });
});

test('storable text has neither NUL nor lone surrogates, and leaves all else alone', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const stored = storableText(text);
      expect(stored.isWellFormed() && !stored.includes('\0')).toBe(true);
      expect(text.isWellFormed() && !text.includes('\0') ? stored === text : stored !== text).toBe(true);
    }),
  );
});
