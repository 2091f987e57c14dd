import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compactLines, expandLines } from '../../../server/store/kysely/encoding/compact-lines.ts';

const text = fc.string({ unit: 'binary', maxLength: 5 });
const source = fc.record(
  {
    kind: fc.constantFrom('inventory' as const, 'directory' as const, 'policy' as const),
    name: text,
    record: text,
    field: fc.oneof(text, fc.constantFrom('0', '1')),
    changedBy: text,
    changedAt: text,
    overridden: fc.constant(true as const),
  },
  { noNullPrototype: true, requiredKeys: ['kind', 'name', 'record', 'field'] },
);
const line = fc.record(
  {
    section: fc.constantFrom('instance' as const, 'network' as const),
    subject: text,
    value: text,
    sources: fc.array(source, { maxLength: 4 }),
  },
  { noNullPrototype: true },
);

test('any lines come back the same bit for bit', () => {
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      expect(JSON.stringify(expandLines(compactLines(lines)))).toBe(JSON.stringify(lines));
    }),
  );
});

test('a place is written once', () => {
  const sources = [{ kind: 'inventory' as const, name: 'cmdb', record: 'x'.repeat(100), field: 'f' }];
  const lines = Array.from({ length: 20 }, () => ({
    section: 'network' as const,
    subject: 's',
    value: 'v',
    sources,
  }));
  expect(compactLines(lines).length).toBeLessThan(1000);
});

test.each(['', '[]', '[[],[["dns","a","b",0,"f"]]]'])('%j is refused', (json) => {
  expect(() => expandLines(json)).toThrow(Error);
});
