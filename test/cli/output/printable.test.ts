import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonText, printable } from '../../../server/cli/output/printable.ts';

const disturbing = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
const anyText = fc.string({ unit: 'binary' });

describe('printable', () => {
  it('makes terminal control and reordering visible', () => {
    expect(printable('\u001b]0;owned\u0007 \u009b2J a\nb\tc\r')).toBe(
      '\\x1b]0;owned\\x07 \\x9b2J a\\nb\\tc\\r',
    );
    expect(printable('alice\u202egnp.exe\u200b\ufeff')).toBe('alice\\u{202e}gnp.exe\\u{200b}\\u{feff}');
  });

  it('leaves ordinary text of any script alone', () => {
    expect(printable('web-01 産着 Zoë 100 % ✓')).toBe('web-01 産着 Zoë 100 % ✓');
  });

  it('never lets a disturbing character through', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(printable(text)).not.toMatch(disturbing);
      }),
    );
  });
});

describe('jsonText', () => {
  it('is the same value for every text, and safe on a terminal', () => {
    fc.assert(
      fc.property(fc.dictionary(anyText, anyText, { noNullPrototype: true }), (value) => {
        const text = jsonText(value);
        expect(text.replaceAll('\n', '')).not.toMatch(disturbing);
        expect(JSON.parse(text)).toEqual(value);
      }),
    );
  });
});
