import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KeyOptions } from '../../../../schemas/types/common.ts';
import { createValidators } from '../../../../schemas/validation/validator.ts';
import { authorizedKeyCheck } from '../../../../server/directory/entries/keys/authorized-key.ts';
import { ed25519Line } from '../../../harness/ssh-keys.ts';

const validators = createValidators();
const check = authorizedKeyCheck(validators);
const validate = validators.common<KeyOptions>('keyOptions');
const line = ed25519Line('alice@example.com');

function read(options: string) {
  const checked = check(`${options} ${line}`);
  return checked.kind === 'ok' ? checked.value.options : checked.message;
}

test('a key without options has none', () => {
  const checked = check(line);
  expect(checked).toMatchObject({ kind: 'ok', value: { options: undefined } });
  expect(checked.kind === 'ok' && checked.value.key.comment).toBe('alice@example.com');
});

test.each([
  ['restrict', { flags: ['restrict'] }],
  ['no-pty,no-pty,no-x11-FORWARDING', { flags: ['no-X11-forwarding', 'no-pty'] }],
  ['no-user-rc,restrict,pty', { flags: ['restrict', 'no-user-rc', 'pty'] }],
  [
    'from="192.0.2.0/24,*.example.com,!bad.example.com,2001:db8::1,2001:db8:*"',
    { from: ['!bad.example.com', '*.example.com', '192.0.2.0/24', '2001:db8:*', '2001:db8::1'] },
  ],
  ['command="/usr/bin/rsync --server -a . /srv"', { command: '/usr/bin/rsync --server -a . /srv' }],
  ['expiry-time="20300101Z"', { expiryTime: '2030-01-01T00:00:00Z' }],
  ['expiry-time="202912312359Z"', { expiryTime: '2029-12-31T23:59:00Z' }],
  [
    'RESTRICT,From="10.0.0.1",command="/bin/true",expiry-time="20291231235958Z"',
    { flags: ['restrict'], from: ['10.0.0.1'], command: '/bin/true', expiryTime: '2029-12-31T23:59:58Z' },
  ],
])('%s', (text, options) => {
  expect(read(text)).toEqual(options);
});

describe('refuses', () => {
  test.each([
    ['cert-authority', 'option cert-authority'],
    ['cert-authority,restrict', 'option cert-authority'],
    ['environment="LD_PRELOAD=/tmp/x"', 'option environment'],
    ['principals="root"', 'option principals'],
    ['permitopen="*:*"', 'option permitopen'],
    ['tunnel="0"', 'option tunnel'],
    ['unheard-of', 'not known'],
    ['restrict="x"', 'not known'],
    ['restrict,', 'not well-formed'],
    [',restrict', 'not well-formed'],
    ['restrict pty', 'not a public key'],
    ['pty', 'give back'],
    ['pty,restrict', 'give back'],
    ['restrict,pty,no-pty', 'contradict'],
    ['from', 'without a value, or twice'],
    ['from="10.0.0.1",from="*"', 'without a value, or twice'],
    ['from=10.0.0.1', 'not well-formed'],
    ['from=""', 'from'],
    ['from="10.0.0.1,"', 'from'],
    ['from="!10.0.0.1"', 'only takes away'],
    ['from="10.0.0.0/33"', 'list of addresses'],
    ['from="10.0.0.1:22"', 'list of addresses'],
    ['from="a b"', 'from'],
    [`from="${Array.from({ length: 65 }, (_, index) => `10.0.0.${index}`).join(',')}"`, 'from'],
    ['command="/bin/sh -c \\"id\\""', 'not well-formed'],
    ['command="/bin/sh -c id; id"', 'not plain'],
    ['command="id"', 'not plain'],
    ['command="/bin/../bin/sh"', 'not plain'],
    ['command="/bin/sh $(id)"', 'not plain'],
    ['command="/bin/a\nb"', 'not plain'],
    ['expiry-time="20300101"', 'time zone'],
    ['expiry-time="20300230Z"', 'calendar'],
    ['expiry-time="soon"', 'no time'],
  ])('%s', (text, why) => {
    expect(read(text)).toContain(why);
  });
});

test('what passes is valid, holds nothing special, and is only what was written', () => {
  const part = fc.constantFrom(
    'restrict',
    'pty',
    'no-pty',
    'from="',
    'command="',
    'expiry-time="',
    '"',
    ',',
    ' ',
    '\\',
    '\n',
    '10.0.0.1',
    '/bin/true',
    '20300101Z',
    '!',
    '*',
    'cert-authority',
    'environment="A=b"',
    '#',
  );
  fc.assert(
    fc.property(
      fc.array(fc.oneof(part, fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 12 }),
      (parts) => {
        const checked = check(`${parts.join('')} ${line}`);
        if (checked.kind === 'refused' || checked.value.options === undefined) return;
        expect(validate(checked.value.options).kind).toBe('valid');
        expect(JSON.stringify(Object.values(checked.value.options))).not.toMatch(
          /\\|[\r\n]|cert-authority|environment/,
        );
      },
    ),
    { numRuns: 3000 },
  );
});

test('ssh-keygen reads each line that passes as that one key', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ubugi-keys-'));
  try {
    const file = join(folder, 'authorized_keys');
    await writeFile(
      file,
      `restrict,pty,from="10.0.0.1",command="/bin/true",expiry-time="20300101Z" ${line}\n`,
    );
    const { stdout } = await execa('ssh-keygen', ['-l', '-f', file]);
    expect(stdout.split('\n')).toHaveLength(1);
  } finally {
    await rm(folder, { recursive: true });
  }
});
