import { expect, test } from 'vitest';
import { EntryReader } from '../../../server/directory/entries/entry-reader.ts';
import { readLastChange } from '../../../server/directory/entries/last-change.ts';
import { entryOf } from '../../harness/directory-entry.ts';

function read(attributes: Readonly<Record<string, string | readonly string[]>>) {
  return readLastChange(new EntryReader(entryOf('uid=alice,dc=x', attributes), 'corp')).lastChange;
}

test.each([
  [
    { modifyTimestamp: '20260102030405Z', modifiersName: 'cn=admin,dc=x' },
    { by: 'cn=admin,dc=x', at: '2026-01-02T03:04:05Z' },
  ],
  [{ whenChanged: '20260102030405.0Z' }, { at: '2026-01-02T03:04:05Z' }],
  [{ modifyTimestamp: '20260102030405Z', whenChanged: '20250101000000.0Z' }, { at: '2026-01-02T03:04:05Z' }],
  [{ modifyTimestamp: '20260102030405Z', modifiersName: '' }, { at: '2026-01-02T03:04:05Z' }],
  [{ modifyTimestamp: '20260102030405Z', modifiersName: 'no DN' }, { at: '2026-01-02T03:04:05Z' }],
  [
    { modifyTimestamp: '20260102030405Z', modifiersName: 'cn=a\u202eb\n,dc=x' },
    { by: 'cn=a\\u{202e}b\\u{a},dc=x', at: '2026-01-02T03:04:05Z' },
  ],
  [{ modifyTimestamp: '20260230030405Z', modifiersName: 'cn=admin,dc=x' }, undefined],
  [{ modifyTimestamp: 'now', modifiersName: 'cn=admin,dc=x' }, undefined],
  [{}, undefined],
])('%j', (attributes, lastChange) => {
  expect(read(attributes)).toEqual(lastChange);
});

test('a long name is cut', () => {
  const by = read({ modifyTimestamp: '20260102030405Z', modifiersName: `cn=${'a'.repeat(5000)},dc=x` })?.by;
  expect(by).toHaveLength(257);
});
