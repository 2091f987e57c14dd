import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { lineFinder } from '../../../server/inventory/file/text-lines.ts';

test('counts the line breaks before an offset, in any order of asking', () => {
  const text = fc.array(fc.constantFrom('a', '\n', '\r\n', 'bc')).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(text, fc.array(fc.nat(30)), (content, offsets) => {
      const lineOf = lineFinder(content);
      expect(offsets.map(lineOf)).toEqual(
        offsets.map((offset) => content.slice(0, offset).split('\n').length),
      );
    }),
  );
});
