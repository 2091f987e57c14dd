import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { comparableDn } from '../../../server/directory/entries/distinguished-name.ts';

test.each([
  ['UID=Alice, OU = People ,DC=example', 'uid=alice,ou=people,dc=example'],
  ['cn=Doe\\, Jane,dc=x', 'cn=doe\\2c jane,dc=x'],
  ['cn=a  b,dc=x', 'cn=a b,dc=x'],
  ['cn=a+uid=1,dc=x', 'uid=1 + cn=A,dc=x'],
  ['cn=\\c3\\84,dc=x', 'cn=ä,dc=x'],
  ['cn=a\\+b\\=c,dc=x', 'cn=a\\2Bb=c,dc=x'],
])('%j is the same as %j', (one, other) => {
  expect(comparableDn(one)).toBeDefined();
  expect(comparableDn(one)).toBe(comparableDn(other));
});

test.each([
  ['uid=alice,dc=x', 'uid=alice,dc=y'],
  ['cn=a,cn=b', 'cn=a+cn=b'],
  ['cn=a\\,cn=b,dc=x', 'cn=a,cn=b,dc=x'],
  ['cn=a\\+uid=b,dc=x', 'cn=a+uid=b,dc=x'],
  ['uid=alice,dc=x', 'cn=alice,dc=x'],
  ['cn=\\"]\\,[\\"uid=x,dc=x', 'cn=,uid=x,dc=x'],
])('%j is not the same as %j', (one, other) => {
  expect(comparableDn(one)).toBeDefined();
  expect(comparableDn(one)).not.toBe(comparableDn(other));
});

test.each([
  '',
  'alice',
  'uid=alice,',
  ',dc=x',
  'uid',
  '=x',
  'uid=a\\',
  'uid="a",dc=x',
  'uid=a\0,dc=x',
  'a b=c',
])('%j is no DN', (dn) => {
  expect(comparableDn(dn)).toBeUndefined();
});

test('an escaped value is one value, whatever stands in it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      const escaped = [...Buffer.from(value, 'utf8')]
        .map((byte) => `\\${byte.toString(16).padStart(2, '0')}`)
        .join('');
      const relatives: unknown = JSON.parse(comparableDn(`cn=${escaped},dc=x`) ?? '[]');
      expect(relatives).toEqual([[expect.stringMatching(/^cn=/)], ['dc=x']]);
    }),
  );
});
