import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { formatFileProblem } from '../../../schemas/validation/yaml-document.ts';
import { readPolicy } from '../../../server/config/policy-files.ts';
import { sampleKey } from '../../domain/sample.ts';
import { hostileValues } from '../../harness/hostile-values.ts';
import { scratchFolder, writeFiles } from '../scratch-folder.ts';

const validators = createValidators();

async function problemsOf(...texts: readonly string[]): Promise<readonly string[]> {
  const files = Object.fromEntries(texts.map((text, index) => [`${index}.yaml`, text]));
  const folder = writeFiles(scratchFolder(), files);
  const reading = await readPolicy(
    Object.keys(files).map((name) => join(folder, name)),
    validators,
    { minimumUid: 1000 },
  );
  if (reading.kind === 'valid') return [];
  return reading.problems.map((problem) => formatFileProblem(problem).slice(folder.length + 1));
}

const key = `${sampleKey.type} ${sampleKey.key} safe`;
const account = (changes: object = {}): string =>
  JSON.stringify({
    name: 'rescue',
    uid: 60_000,
    gid: 60_000,
    shell: '/bin/sh',
    home: '/home/rescue',
    keys: [key],
    sudo: true,
    ...changes,
  });
const breakGlass = (...accounts: readonly string[]): string =>
  `breakGlass:\n${accounts.map((one) => `  - ${one}\n`).join('')}`;

describe('break-glass accounts', () => {
  test('pass what accounts of the directory pass', async () => {
    expect(await problemsOf(breakGlass(account()))).toEqual([]);
    expect(
      await problemsOf(
        breakGlass(account({ name: 'root' }), account({ name: 'sudo', uid: 999, gid: 10, home: '/root' })),
      ),
    ).toEqual([
      expect.stringMatching(
        /^0\.yaml:2: \/breakGlass\/0\/name is a name that belongs to the operating system/,
      ),
      expect.stringMatching(/^0\.yaml:3: \/breakGlass\/1\/name is a name that belongs/),
      expect.stringMatching(/^0\.yaml:3: \/breakGlass\/1\/uid is below 1000/),
      expect.stringMatching(/^0\.yaml:3: \/breakGlass\/1\/gid is below 1000/),
      expect.stringMatching(/^0\.yaml:3: \/breakGlass\/1\/home is a folder of the system/),
    ]);
  });

  test.each<readonly [string, RegExp]>([
    [`command="/bin/sh" ${key}`, /begins with options|not a public key/],
    [`cert-authority ${key}`, /not a public key|options/],
    [`${key}\n${key}`, /not a public key in one line/],
    ['ssh-dss AAAAB3NzaC1kc3MAAACBAJ', /DSA/],
    ['-----BEGIN OPENSSH PRIVATE KEY-----', /is a private key/],
    ...Object.values(hostileValues).map((value) => [value, /public key|characters/] as const),
  ])('need public keys: %j', async (line, reason) => {
    const problems = await problemsOf(breakGlass(account({ keys: [line] })));
    expect(problems).toEqual([expect.stringMatching(reason)]);
    expect(problems[0]).toMatch(/^0\.yaml:2: \/breakGlass\/0\/keys\/0 /);
  });

  test('of different names have nothing in common, and may be in several files', async () => {
    const other = account({ name: 'other', home: '/home/rescue/x' });
    expect(
      await problemsOf(
        breakGlass(account()),
        breakGlass(other, account({ keys: [key, key.replace('safe', 'two')] })),
      ),
    ).toEqual([
      '1.yaml:2: /breakGlass/0/uid is that of break-glass account rescue too; give each its own',
      '1.yaml:2: /breakGlass/0/gid is that of break-glass account rescue too; give each its own',
      '1.yaml:2: /breakGlass/0/home and the home of break-glass account rescue are not apart; give each its own',
      '1.yaml:3: /breakGlass/1/uid is that of break-glass account other too; give each its own',
      '1.yaml:3: /breakGlass/1/gid is that of break-glass account other too; give each its own',
      '1.yaml:3: /breakGlass/1/home and the home of break-glass account other are not apart; give each its own',
      '1.yaml:3: /breakGlass/1/keys/1 stands twice in the list; keep one',
    ]);
  });
});

describe('sudo rules', () => {
  const rule = (changes: object): string =>
    `sudoRules:\n  - ${JSON.stringify({ name: 'r', users: ['alice'], commands: ['/bin/true'], ...changes })}\n`;

  test.each([
    [{ users: ['ALL'] }, /\/users\/0 is everybody on the guest.*allowAllUsers: true/],
    [{ users: ['!alice'] }, /\/users only takes away/],
    [{ commands: ['!ALL'] }, /\/commands only takes away/],
    [{ commands: ['ls'] }, /\/commands\/0 has characters or a form/],
    [{ commands: ['ALL x'] }, /\/commands\/0 is ALL with arguments/],
    [{ commands: ['/bin/ls\nDefaults !authenticate'] }, /\/commands\/0 /],
    [{ commands: ['@include /tmp/x'] }, /\/commands\/0 /],
    [{ commands: ['Defaults !authenticate'] }, /\/commands\/0 /],
    [{ commands: ['/bin/../sbin/x'] }, /\/commands\/0 /],
    [{ tags: ['EXEC', 'NOEXEC'] }, /\/tags asks for/],
    [{ notBefore: '2030-01-02T00:00:00Z', notAfter: '2030-01-01T00:00:00Z' }, /\/notAfter is not later/],
    [{ users: ['alice, bob ALL=(ALL) ALL'] }, /\/users\/0 has characters/],
    [{ runAsUsers: ['ALL:ALL) NOPASSWD'] }, /\/runAsUsers\/0 has characters/],
  ])('%j', async (changes, expected) => {
    const problems = await problemsOf(rule(changes));
    expect(problems).toEqual([expect.stringMatching(expected)]);
    expect(problems[0]).toMatch(/^0\.yaml:2: \/sudoRules\/0/);
  });

  test('may be for everybody where they say so', async () => {
    expect(await problemsOf(rule({ users: ['ALL'], allowAllUsers: true }))).toEqual([]);
  });
});

test('routes are networks of one family that stand once', async () => {
  const routes = [
    { to: '0.0.0.0/0', via: '192.0.2.1' },
    { to: '10.1.2.3/8', via: '192.0.2.1' },
    { to: '10.0.0.0/8', via: '2001:db8::1' },
    { to: '10.0.0.0/8', via: '192.0.2.1' },
  ];
  expect(await problemsOf(`sites:\n  a/b:\n    routes: ${JSON.stringify(routes)}\n`)).toEqual([
    '0.yaml:3: /sites/a~1b/routes/0/to is the default route; give the gateway in the CMDB',
    '0.yaml:3: /sites/a~1b/routes/1/to has bits set beyond its prefix length; write the address of the network',
    '0.yaml:3: /sites/a~1b/routes/2/via is not of the same family as `to`; give a gateway of the same family',
    '0.yaml:3: /sites/a~1b/routes/3/to stands twice in the list; keep one of the two',
  ]);
});

test('templates are refused with file, line and the place in them', async () => {
  const text = `files:
  - path: /etc/a
    content: "{{ not.a.template }}"
  - path: /etc/b
    escape: json
    content: x
scripts:
  - name: s
    template: true
    content: |
      #!/bin/sh
      echo {{ hostnam }}
`;
  expect(await problemsOf('access: []\n', text)).toEqual([
    '1.yaml:5: /files/1/escape is for templates only; add `template: true`, or remove it',
    expect.stringMatching(
      /^1\.yaml:10: \/scripts\/0\/content names `hostnam` \(line 2 of the content\), which no guest has; use one of/,
    ),
  ]);
});
