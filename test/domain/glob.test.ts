import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchesGlob } from '../../server/domain/glob.ts';

test('agrees with the regular expression of the same meaning', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '.'), maxLength: 12 });
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '?'), maxLength: 12 });
  fc.assert(
    fc.property(letters, text, fc.boolean(), (pattern, value, single) => {
      const source = pattern
        .replace(/[.?]/g, (symbol) => (symbol === '?' && single ? '.' : `\\${symbol}`))
        .replaceAll('*', '.*');
      expect(matchesGlob(pattern, value, { single })).toBe(new RegExp(`^${source}$`, 's').test(value));
    }),
  );
});

test('takes bounded time on a pattern that a regular expression would choke on', () => {
  expect(matchesGlob(`${'a*'.repeat(100)}b`, 'a'.repeat(2000))).toBe(false);
});
