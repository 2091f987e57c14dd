import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJsonDocument } from '../../../schemas/validation/json-document.ts';

describe('readJsonDocument', () => {
  it.each([
    ['{"a":1,"b":{"a":2},"a":3}', '/a', 'stands twice in the same object'],
    ['{"a":[{"x":1},{"x":1,"\\u0078":2}]}', '/a/1/x', 'stands twice in the same object'],
    ['{"a":{"__proto__":{"admin":true}}}', '/a/__proto__', 'is not allowed as a key'],
    ['{"\\u005f_proto__":1}', '/__proto__', 'is not allowed as a key'],
    ['{"n":9007199254740993}', '/n', 'is a number that cannot be kept exactly'],
    ['[1,1e999]', '/1', 'is a number that cannot be kept exactly'],
    ['{"s":"\\ud800"}', '/s', 'holds half a surrogate pair'],
    ['['.repeat(1_000_000), '/0'.repeat(32), 'is nested more than 32 levels deep'],
    ['{"a":1', '', 'is not JSON'],
    ['{a:1}', '', 'is not JSON'],
    ['', '', 'is not JSON'],
    ['"\n"', '', 'is not JSON'],
    ['1 2', '', 'is not JSON'],
    ['NaN', '', 'is not JSON'],
  ])('refuses text %#', (text, pointer, message) => {
    expect(readJsonDocument(text)).toMatchObject({ kind: 'invalid', problem: { pointer, message } });
  });

  it('takes what JSON.parse takes, else', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(4), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        fc.pre(!text.includes('__proto__') && !/\d{16}|\\ud/.test(text) && !/e\+/.test(text));
        expect(readJsonDocument(text)).toEqual({ kind: 'valid', value: JSON.parse(text) as unknown });
      }),
    );
  });

  it('never throws and never takes what JSON.parse refuses', () => {
    const parts = fc.array(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 5 }),
        fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', '1', '-', 'e', 'null', '"a":1', '\\u'),
      ),
    );
    fc.assert(
      fc.property(parts, (list) => {
        const text = list.join('');
        const reading = readJsonDocument(text);
        expect(
          reading.kind === 'invalid' || JSON.stringify(reading.value) === JSON.stringify(JSON.parse(text)),
        ).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
