import { describe, expect, it } from 'vitest';
import { parseInstance } from '../../../server/cli/arguments/instance-argument.ts';
import { parseGeneration } from '../../../server/cli/arguments/number-options.ts';
import { parseTime } from '../../../server/cli/arguments/time-option.ts';
import { parseUuid } from '../../../server/cli/arguments/uuid-argument.ts';
import { collectWhere } from '../../../server/cli/arguments/where-option.ts';

const now = new Date('2026-01-10T12:00:00.500Z');

describe('parseTime', () => {
  it.each([
    ['2h', -1, '2026-01-10T10:00:00Z'],
    ['3d', -1, '2026-01-07T12:00:00Z'],
    ['90d', 1, '2026-04-10T12:00:00Z'],
    ['2026-01-02', -1, '2026-01-02T00:00:00Z'],
    ['2026-01-02T03:04:05+09:00', -1, '2026-01-01T18:04:05Z'],
  ] as const)('%s in direction %i is %s', (text, direction, expected) => {
    expect(parseTime(text, now, direction)).toBe(expected);
  });

  it.each([
    '',
    'yesterday',
    '2 h',
    '-2h',
    '2026',
    '2026-13-01',
    '2026-02-30',
    '999999w',
    '1e3d',
    '02/03/2026',
  ])('refuses %j', (text) => {
    expect(() => parseTime(text, now, -1)).toThrow(/Give a time such as/);
  });
});

describe('collectWhere', () => {
  it('joins pairs; a value may hold an equals sign', () => {
    expect(collectWhere('tag=a=b', collectWhere('site=tokyo-1', undefined))).toEqual({
      site: 'tokyo-1',
      tag: 'a=b',
    });
  });

  it.each(['', 'site', 'site=', '=x', 'colour=red', '__proto__=x'])('refuses %j', (text) => {
    expect(() => collectWhere(text, undefined)).toThrow(/K=V|no value/);
  });

  it('refuses a key given twice', () => {
    expect(() => collectWhere('site=b', { site: 'a' })).toThrow(/given twice/);
  });
});

describe('instances, ids and numbers', () => {
  it.each(['web-01', 'a', '5c1d6f0e-3f0a-4a53-9a35-1f6f5f6f4a01', 'db.example'])('takes %s', (text) => {
    expect(parseInstance(text)).toBe(text);
  });

  it.each(['', '.', '..', '../tokens', 'a/b', 'a?b', 'a b', '-x', 'a\n'])(
    'refuses the instance %j',
    (text) => {
      expect(() => parseInstance(text)).toThrow(/neither a UUID nor a name/);
    },
  );

  it.each(['0', '-1', '1.5', '1e3', '', ' 1', '99999999999'])('refuses the generation %j', (text) => {
    expect(() => parseGeneration(text)).toThrow(/whole number/);
  });

  it('puts a UUID into lower case and refuses what is none', () => {
    expect(parseUuid('5C1D6F0E-3F0A-4A53-9A35-1F6F5F6F4A01')).toBe('5c1d6f0e-3f0a-4a53-9a35-1f6f5f6f4a01');
    expect(() => parseUuid('web-01')).toThrow(/no UUID/);
  });
});
