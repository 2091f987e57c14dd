import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import type { InstanceRecord } from '../../../schemas/types/instance-record.ts';
import type { Policy } from '../../../schemas/types/policy.ts';
import { createValidators } from '../../../schemas/validation/validator.ts';
import { createEntryMapping } from '../../../server/directory/entries/snapshot.ts';
import { systemClock } from '../../../server/domain/clock.ts';
import { createGuestComposer } from '../../../server/domain/compose/compose-guest.ts';
import { indexDirectory } from '../../../server/domain/compose/directory-index.ts';
import { hostileValues } from '../../harness/hostile-values.ts';
import { sampleKey, samplePolicy, sampleRecord } from '../sample.ts';

const validators = createValidators();
const mapEntries = createEntryMapping({ source: 'ldap', minimumUid: 1000, validators, clock: systemClock });
const key = `${sampleKey.type} ${sampleKey.key}`;

const policy: Partial<Policy> = {
  access: [
    { name: 'people', groups: ['web-admins'], keys: { allowOptions: ['from', 'restrict', 'command'] } },
  ],
  sudo: [{ name: 'roles', roles: ['*'] }],
  sudoRules: [{ name: 'own', users: ['%web-admins'], commands: ['/bin/true'] }],
  breakGlass: [
    {
      name: 'rescue',
      uid: 60_000,
      gid: 60_000,
      shell: '/bin/sh',
      home: '/home/rescue',
      keys: [key],
      sudo: true,
    },
  ],
  files: [
    {
      path: '/etc/plain',
      template: true,
      content: 'first\n{{ instance.owner | default: "-" }} {{ fqdn }} {{ tags | join: " " }}\nlast\n',
    },
    {
      path: '/etc/json',
      template: true,
      escape: 'json',
      content: '{"owner": {{ instance.owner | default: "" }}, "tags": {{ tags }}}',
    },
  ],
  scripts: [
    {
      name: 's',
      template: true,
      content: '#!/bin/sh\nowner={{ instance.owner | default: "-" }}\nfor t in {{ tags }}; do :; done\n',
    },
  ],
};

const anyText = fc.oneof(
  fc.constantFrom(...Object.values(hostileValues)),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    'x\nrescue',
    '%wheel',
    '+admins',
    'ALL',
    '#0',
    '%#0',
    '!authenticate',
    '@include /tmp/x',
    'a:b:c',
    '../x',
    '$(id)',
    '`id`',
    'x"}',
    "x'",
    'x #',
    'command="x" ' + key,
    `from="*\n" ${key}`,
    `restrict ${key}`,
    'rescue',
    '60000',
    '/home/rescue/.ssh',
  ),
);
const values = fc.array(anyText, { maxLength: 2 });

/** A plain value, or a hostile one in its place. */
function maybe(plain: string): fc.Arbitrary<string[]> {
  return fc.oneof(
    { weight: 9, arbitrary: fc.constant(plain).map((text) => [text]) },
    { weight: 1, arbitrary: values },
  );
}

function entry(dn: string, attributes: Readonly<Record<string, readonly string[]>>) {
  return {
    dn,
    attributes: new Map(
      Object.entries(attributes).map(([name, texts]) => [
        name.toLowerCase(),
        texts.map((text) => new TextEncoder().encode(text)),
      ]),
    ),
  };
}

const directories = fc
  .record({
    uid: maybe('alice'),
    uidNumber: maybe('20001'),
    gidNumber: maybe('30001'),
    homeDirectory: maybe('/home/alice'),
    gecos: maybe('Alice'),
    loginShell: maybe('/bin/bash'),
    sshPublicKey: maybe(key),
    member: maybe('alice'),
    role: maybe('web-x'),
    sudoUser: maybe('alice'),
    sudoCommand: maybe('/bin/ls'),
    sudoOption: values,
    sudoRunAsUser: maybe('www-data'),
  })
  .map((given) =>
    mapEntries({
      accounts: [
        entry('uid=a,dc=x', {
          objectClass: ['posixAccount'],
          cn: ['a'],
          uid: given.uid,
          uidNumber: given.uidNumber,
          gidNumber: given.gidNumber,
          homeDirectory: given.homeDirectory,
          gecos: given.gecos,
          loginShell: given.loginShell,
          sshPublicKey: given.sshPublicKey,
        }),
      ],
      groups: [entry('cn=g,dc=x', { cn: ['web-admins'], gidNumber: ['30001'], memberUid: given.member })],
      sudoRoles: [
        entry('cn=r,dc=x', {
          cn: given.role,
          sudoUser: given.sudoUser,
          sudoHost: ['ALL'],
          sudoCommand: given.sudoCommand,
          sudoOption: given.sudoOption,
          sudoRunAsUser: given.sudoRunAsUser,
        }),
      ],
    }),
  );

/** Records that their schema accepted: nothing else gets to composing. */
const records = fc
  .record({
    name: maybe('web-01'),
    owner: maybe('web-team'),
    project: maybe('web'),
    site: maybe('tokyo-1'),
    tags: values,
    domain: maybe('example.com'),
    server: maybe('192.0.2.53'),
  })
  .map((given): InstanceRecord => {
    const [name, owner, project, site, domain, server] = [
      given.name,
      given.owner,
      given.project,
      given.site,
      given.domain,
      given.server,
    ].map(([first]) => first);
    const fields = {
      name,
      owner,
      project,
      site,
      domain,
      tags: given.tags,
      dns: server === undefined ? undefined : { servers: [server] },
    };
    const accepted = Object.entries(fields).filter(([field, value]) => {
      const changed = { ...sampleRecord({ domain: 'example.com' }), [field]: value };
      return value !== undefined && validators.instanceRecord(structuredClone(changed)).kind === 'valid';
    });
    return { ...sampleRecord({ domain: 'example.com' }), ...Object.fromEntries(accepted) };
  });

const control = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

test('nothing from CMDB or LDAP adds a line, an option, a user, a path or a directive', () => {
  fc.assert(
    fc.property(records, directories, (record, directory) => {
      const composed = createGuestComposer(indexDirectory('ldap', directory), samplePolicy(policy)).compose({
        record,
        inventory: 'cmdb',
        locator: 'line 2',
      });
      if (composed.kind === 'refused') return;
      const { guest, scripts } = composed.composition;
      expect(validators.guestConfiguration(structuredClone(guest))).toMatchObject({ kind: 'valid' });
      expectPlain(guest);
      const [json, plain] = guest.files.map(({ content }) => content);
      expect(plain?.split('\n')).toHaveLength(4);
      expect(JSON.parse(json ?? '')).toEqual({ owner: record.owner ?? '', tags: [...record.tags].sort() });
      expect(scripts[0]?.content).toMatch(
        /^#!\/bin\/sh\nowner=[A-Za-z0-9._:/@=+-]+\nfor t in [A-Za-z0-9._:/@=+ -]*; do :; done\n$/,
      );
    }),
    { numRuns: 400 },
  );
});

/** Users, paths and options are those that policy and plain entries give. */
function expectPlain(guest: GuestConfiguration): void {
  const outside = JSON.stringify({ ...guest, files: [] }, (field, value: unknown) => {
    if (typeof value === 'string') expect(value).not.toMatch(control);
    // Texts for people, which may say anything on their one line.
    return field === 'gecos' || field === 'comment' ? '' : value;
  });
  expect(outside).not.toMatch(/@include|Defaults|cert-authority|NOPASSWD: |\.\.\//);
  const names = guest.accounts.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(guest.accounts.find(({ name }) => name === 'rescue')).toMatchObject({
    uid: 60_000,
    home: '/home/rescue',
    keys: [sampleKeyOnly],
  });
  for (const { name, uid, home } of guest.accounts) {
    expect(uid).toBeGreaterThanOrEqual(1000);
    if (name !== 'rescue') {
      expect(uid).not.toBe(60_000);
      expect(`${home}/`).not.toMatch(/^\/home\/rescue\//);
    }
  }
  const last = guest.sudo.rules.at(-1);
  expect(last).toMatchObject({ role: 'break-glass rescue', users: ['rescue'] });
  for (const { users } of guest.sudo.rules.slice(0, -1)) {
    for (const user of users) expect(user).not.toMatch(/rescue|60000|ALL|wheel|^%?#0$/);
  }
}

const sampleKeyOnly = { type: sampleKey.type, key: sampleKey.key };
