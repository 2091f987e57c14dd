import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLineReader } from '../../../hypervisor-hook/watch/reports/line-reader.ts';

const most = 8;

describe('the line reader', () => {
  it('finds the same lines however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[ab\n]{0,30}$/), { maxLength: 20 }),
        fc.integer({ min: 1, max: 7 }),
        (parts, step) => {
          const text = parts.join('');
          const reader = createLineReader(most);
          const lines: string[] = [];
          let overlong = 0;
          for (let start = 0; start < text.length; start += step) {
            const read = reader.push(Buffer.from(text.slice(start, start + step)));
            lines.push(...read.lines.map(String));
            overlong += read.overlong;
          }
          const whole = text.split('\n');
          const [rest = ''] = whole.splice(-1);
          expect(lines).toEqual(whole.filter((line) => line.length > 0 && line.length <= most));
          const tooLong = whole.filter((line) => line.length > most).length;
          expect(overlong).toBe(tooLong + (rest.length > most ? 1 : 0));
        },
      ),
    );
  });

  it('takes the line after one that has no end for a long time', () => {
    const reader = createLineReader(most);
    for (let chunk = 0; chunk < 1000; chunk += 1) reader.push(Buffer.alloc(1000, 'x'));
    expect(reader.push(Buffer.from('x\ngood\n')).lines.map(String)).toEqual(['good']);
  });
});
