import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { renderSudoers } from '../../guest-agent/agent/resources/sudoers/sudoers.ts';
import type { SudoRule } from '../../schemas/types/common.ts';
import { createValidators } from '../../schemas/validation/validator.ts';
import { parseLdif } from '../../server/directory/embedded/ldif.ts';
import { createEntryMapping } from '../../server/directory/entries/snapshot.ts';
import { composeGuest } from '../../server/domain/compose/compose-guest.ts';
import { indexDirectory } from '../../server/domain/compose/directory-index.ts';
import { sampleAccount, sampleDirectory, samplePolicy, sampleRecord } from '../domain/sample.ts';
import { type UnderstoodRule, understood } from '../harness/cvtsudoers.ts';

const fixture = join(import.meta.dirname, '..', 'fixtures', 'sudo-roles.ldif');
const validators = createValidators();
const map = createEntryMapping({ source: 'corp', minimumUid: 1000, validators });
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
  const snapshot = sampleDirectory({ accounts: people, groups: [web], sudoRoles: roles });
  const policy = samplePolicy({
    access: [{ name: 'web', groups: ['web'] }],
    sudo: [{ name: 'all', roles: ['*'] }],
  });
  const located = { record: sampleRecord(), inventory: 'cmdb', locator: 'row 1' };
  const guest = composeGuest(located, indexDirectory('corp', snapshot), policy);
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
