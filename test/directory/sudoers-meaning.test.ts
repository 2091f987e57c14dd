import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { renderSudoers } from '../../schemas/sudoers/fragments.ts';
import type { SudoRule } from '../../schemas/types/common.ts';
import { createValidators } from '../../schemas/validation/validator.ts';
import type { DirectorySudoRole } from '../../server/directory/directory.ts';
import { parseLdif } from '../../server/directory/embedded/ldif.ts';
import { createEntryMapping } from '../../server/directory/entries/snapshot.ts';
import { systemClock } from '../../server/domain/clock.ts';
import { createGuestComposer } from '../../server/domain/compose/compose-guest.ts';
import { indexDirectory } from '../../server/domain/compose/directory-index.ts';
import { sampleAccount, sampleDirectory, samplePolicy, sampleRecord } from '../domain/sample.ts';
import { type UnderstoodRule, understood } from '../harness/cvtsudoers.ts';
import { entryOf } from '../harness/directory-entry.ts';
import { hostileValues } from '../harness/hostile-values.ts';

const fixture = join(import.meta.dirname, '..', 'fixtures', 'sudo-roles.ldif');
const validators = createValidators();
const map = createEntryMapping({ source: 'corp', clock: systemClock, minimumUid: 1000, validators });
const people = [
  sampleAccount('alice', 20_001, { gid: 30_001 }),
  sampleAccount('bob', 20_002, { gid: 30_001 }),
  sampleAccount('carol', 20_003, { gid: 30_001 }),
];
const web = { dn: 'cn=web,dc=x', name: 'web', gid: 30_001, members: people.map(({ name }) => name) };

/** The way of a sudoRole from LDIF to the guest: entries, mapping, composition. */
function composed(ldif: string): readonly SudoRule[] {
  const sudoRoles = parseLdif(Buffer.from(ldif)).map(({ dn, attributes }) => ({
    dn,
    attributes: new Map([...attributes].map(([name, { values }]) => [name, values])),
  }));
  const { sudoRoles: roles, rejected } = map({ accounts: [], groups: [], sudoRoles });
  expect(rejected).toEqual([]);
  return composedFrom(roles);
}

function composedFrom(roles: readonly DirectorySudoRole[]): readonly SudoRule[] {
  const snapshot = sampleDirectory({ accounts: people, groups: [web], sudoRoles: roles });
  const policy = samplePolicy({
    access: [{ name: 'web', groups: ['web'] }],
    sudo: [{ name: 'all', roles: ['*'] }],
  });
  const located = { record: sampleRecord(), inventory: 'cmdb', locator: 'row 1' };
  const guest = createGuestComposer(indexDirectory('corp', snapshot), policy).compose(located);
  if (guest.kind !== 'composed') throw new Error('the guest is refused');
  return guest.composition.guest.sudo.rules;
}

async function visudo(text: string): Promise<number | undefined> {
  const { exitCode } = await execa('visudo', ['-c', '-f', '-'], {
    input: text,
    timeout: 20_000,
    reject: false,
  });
  return exitCode;
}

const ldif = await readFile(fixture, 'utf8');
const records = ldif
  .trim()
  .split('\n\n')
  .map((record) => [/^cn: (.*)$/m.exec(record)?.[1] ?? '', record] as const);

describe.each(records)('the sudoRole %s', (name, record) => {
  let text: string;
  let ours: readonly UnderstoodRule[];

  beforeAll(async () => {
    const rules = composed(`${record}\n`);
    if (rules[0]?.role !== name) throw new Error('the role is not composed');
    text = renderSudoers(rules);
    ours = await understood('sudoers', text);
  });

  test('means the same rendered as it does to sudo', async () => {
    expect(ours).toEqual(await understood('ldif', `${record}\n`));
  });

  test('passes visudo', async () => {
    expect(await visudo(text)).toBe(0);
  });
});

test('all of them together pass visudo, in ascending order', async () => {
  const rules = composed(ldif);
  expect(rules.map(({ role }) => role)).toEqual(records.map(([name]) => name));
  expect(await visudo(renderSudoers(rules))).toBe(0);
});

test('whoever is taken away stays out, unlike in what cvtsudoers writes', () => {
  const rules = composed(ldif).filter(({ role }) => role === 'negations');
  expect(renderSudoers(rules).split('\n')).toContain(
    '%web, bob, !carol ALL = (ALL, !root : adm, !shadow) ALL, !/usr/bin/systemctl restart sshd',
  );
});

describe('no value of the directory adds to the file', () => {
  const role = {
    cn: 'role',
    sudoUser: '%web',
    sudoHost: 'ALL',
    sudoCommand: '/usr/bin/id',
    sudoRunAsUser: 'postgres',
    sudoRunAsGroup: 'adm',
    sudoOption: 'noexec',
    sudoNotAfter: '20300101000000Z',
  };
  const netgroup = { cn: 'admins', nisNetgroupTriple: '(-,alice,)' };
  const injections = [
    '\nALL ALL=(ALL) NOPASSWD: ALL',
    ', ALL',
    ' NOPASSWD: ALL',
    '\\',
    '#',
    '/x" NOPASSWD: ALL',
    '\0',
  ];
  const prefixes = ['runcwd=', 'runchroot=', 'role=', 'type=', 'command_timeout=', '+', '(,', '!'];
  const values = [...Object.values(hostileValues), ...injections];

  function rendered(changes: Readonly<Record<string, string>>, triple: string): string {
    const { sudoRoles } = map({
      accounts: [],
      groups: [],
      netgroups: [entryOf('cn=admins,dc=x', { ...netgroup, nisNetgroupTriple: triple })],
      sudoRoles: [entryOf('cn=role,dc=x', { ...role, ...changes })],
    });
    return renderSudoers(composedFrom(sudoRoles));
  }

  test.each(Object.keys(role))('%s', async (attribute) => {
    const good = role[attribute as keyof typeof role];
    const texts = values.flatMap((value) => [
      value,
      `${good}${value}`,
      ...prefixes.map((prefix) => `${prefix}${value}`),
    ]);
    const taken = new Set(texts.map((text) => rendered({ [attribute]: text }, netgroup.nisNetgroupTriple)));
    for (const text of taken) {
      expect(text).toMatch(/^# Written by [^\n]*\n(# role [^\n]*\n%web ALL = [^\n]*\n)?$/);
      expect(await visudo(text)).toBe(0);
    }
  });

  test('nisNetgroupTriple', () => {
    const triples = values.flatMap((value) => [
      value,
      `(-,${value},)`,
      `(-,alice,),${value}`,
      `(-,alice${value},)`,
    ]);
    for (const triple of triples) {
      const text = rendered({ sudoUser: '+admins' }, triple);
      expect(text).toMatch(/^# Written by [^\n]*\n(# role role\nalice ALL = [^\n]*\n)?$/);
    }
  });
});
