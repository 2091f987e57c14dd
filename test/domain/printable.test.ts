import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { printable } from '../../server/domain/printable.ts';
import { hostileValues } from '../harness/hostile-values.ts';

test('shows plain text as it is', () => {
  expect(printable('web-01 (東京) Ä')).toBe('web-01 (東京) Ä');
});

test.each([
  ['a\nb', 'a\\u{a}b'],
  ['\u202eabc', '\\u{202e}abc'],
  ['a\u00a0b', 'a\\u{a0}b'],
  ['\ud800', '\\u{d800}'],
  ['\u{e0041}', '\\u{e0041}'],
])('writes out what cannot be seen: %j', (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test('cuts by characters, not in the middle of one', () => {
  expect(printable('😀😀😀', 2)).toBe('😀😀…');
  expect(printable('ab', 2)).toBe('ab');
});

test('never lets through what a terminal or a log acts on', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...Object.values(hostileValues))),
      (text) => {
        const shown = printable(text);
        expect(shown).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
        expect(shown.length).toBeLessThanOrEqual(64 * 10 + 1);
      },
    ),
  );
});
