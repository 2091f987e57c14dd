import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayWidth, wrap } from '../../../server/cli/output/display-width.ts';
import { styled } from '../../../server/cli/output/span.ts';
import { tableLines } from '../../../server/cli/output/table.ts';

const layout = { width: Infinity, colour: false, indent: 0 };

describe('tableLines', () => {
  it('aligns columns by display width, without blanks at the end of a line', () => {
    const lines = tableLines(
      [{ heading: 'NAME' }, { heading: 'N', align: 'right' }, { heading: 'NOTE' }],
      [
        ['産着', '7', ''],
        ['web-01', '12', 'x'],
      ],
      layout,
    );
    expect(lines).toEqual(['NAME     N  NOTE', '産着     7', 'web-01  12  x']);
  });

  it('wraps flexible columns to the width, widest first', () => {
    const lines = tableLines(
      [
        { heading: 'A', flexible: true },
        { heading: 'B', flexible: true },
      ],
      [['short', 'many words that do not fit into one line']],
      { ...layout, width: 30 },
    );
    expect(lines).toEqual(['A      B', 'short  many words that do not', '       fit into one line']);
  });

  it('escapes cells and colours only where colours are on', () => {
    const rows = [[styled('red', '\u001b[2Jx')]];
    expect(tableLines([{ heading: '' }], rows, layout)).toEqual(['\\x1b[2Jx']);
    expect(tableLines([{ heading: '' }], rows, { ...layout, colour: true })).toEqual([
      '\u001b[31m\\x1b[2Jx\u001b[39m',
    ]);
  });
});

describe('wrap', () => {
  it('keeps every line within the width and loses nothing but blanks', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 2, max: 40 }), (text, width) => {
        const lines = wrap(text, width);
        for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      }),
    );
  });
});
