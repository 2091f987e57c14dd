import { expect, test } from 'vitest';
import { createValidators } from '../../../../schemas/validation/validator.ts';
import { EntryReader } from '../../../../server/directory/entries/entry-reader.ts';
import { readKeys } from '../../../../server/directory/entries/keys/account-keys.ts';
import { authorizedKeyCheck } from '../../../../server/directory/entries/keys/authorized-key.ts';
import { entryOf } from '../../../harness/directory-entry.ts';
import { ed25519Line } from '../../../harness/ssh-keys.ts';

const check = authorizedKeyCheck(createValidators());
const [one = '', other = ''] = [ed25519Line('one'), ed25519Line('other')].sort();
const blob = (line: string): string | undefined => line.split(' ')[1];

function read(...lines: readonly string[]) {
  const names = { sshPublicKey: 'altKeys' };
  const reader = new EntryReader(entryOf('uid=alice,dc=x', { altKeys: lines }), 'corp', names);
  const { keys, restrictedKeys } = readKeys(reader, check);
  return {
    keys: keys.map(({ key }) => key),
    restricted: restrictedKeys?.map(({ key, attribute }) => [key.key, attribute]),
    problems: reader.problems.map(({ field, message }) => `${field} ${message}`),
  };
}

test('keys with options stand apart', () => {
  expect(read(`restrict ${one}`, other)).toEqual({
    keys: [blob(other)],
    restricted: [[blob(one), 'altKeys']],
    problems: [],
  });
});

test('the same twice is once', () => {
  expect(read(`restrict ${one}`, `RESTRICT ${one}`, other, other)).toMatchObject({
    keys: [blob(other)],
    restricted: [[blob(one), 'altKeys']],
    problems: [],
  });
});

test.each([
  ['without options', [`restrict ${one}`, one], [blob(one)]],
  ['with other options', [`restrict ${one}`, `no-pty ${one}`], []],
])('a key with options that is there again %s', (_name, lines, keys) => {
  expect(read(...lines)).toEqual({
    keys,
    restricted: undefined,
    problems: ['altKeys has one key with options and again with others or none'],
  });
});

test('an option that is not taken refuses that key only', () => {
  expect(read(`cert-authority ${one}`, other)).toEqual({
    keys: [blob(other)],
    restricted: undefined,
    problems: [expect.stringMatching(/^altKeys has the option cert-authority, which is not taken \(value/)],
  });
});

test('no more than a guest takes', () => {
  const lines = Array.from({ length: 70 }, () => ed25519Line('x'));
  const { keys, restricted, problems } = read(...lines, ...lines.map(() => `restrict ${ed25519Line('y')}`));
  expect([keys.length, restricted?.length, problems]).toEqual([
    70,
    30,
    ['altKeys has 140 keys, more than 100'],
  ]);
});
