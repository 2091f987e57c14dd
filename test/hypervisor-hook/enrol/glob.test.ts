import { describe, expect, it } from 'vitest';
import { matchesGlob } from '../../../hypervisor-hook/enrol/glob.ts';
import { lineDiff } from '../../../hypervisor-hook/enrol/xml-diff.ts';

describe('a pattern of names', () => {
  it.each<[string, string, boolean]>([
    ['web-01', 'web-*', true],
    ['web-01', 'web-??', true],
    ['web-01', '*', true],
    ['', '*', true],
    ['web-01', 'web-?', false],
    ['web-01', 'db-*', false],
    ['web-01-old', 'web-*01', false],
    ['a.b', 'a?b', true],
    ['axb', 'a.b', false],
    ['aab', '*a*b', true],
    ['a'.repeat(5000), `${'*a'.repeat(50)}b`, false],
  ])('%s against %s: %s', (text, pattern, expected) => {
    expect(matchesGlob(text, pattern)).toBe(expected);
  });
});

describe('the difference of two texts', () => {
  it('shows what came and went with a little of what stays', () => {
    expect(lineDiff('1\n2\n3\n4\n5\n6\n7', '1\n2\n3\n4\nnew\n5\n6\n7')).toBe('  3\n  4\n+ new\n  5\n  6');
    expect(lineDiff('1\n2\n3\n4', '1\n3\n4')).toBe('  1\n- 2\n  3\n  4');
    expect(lineDiff('1\n2', '1\nb')).toBe('  1\n- 2\n+ b');
    expect(lineDiff('1\n2', '1\n2')).toBe('');
  });
});
