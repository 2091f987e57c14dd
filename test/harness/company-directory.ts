/** Schemas that the company is written in. */
export type CompanySchema = 'rfc2307' | 'rfc2307bis' | 'ad' | 'freeipa';

/** One company of which every schema must give the same picture. */
export interface Company {
  readonly schema: CompanySchema;
  readonly ldif: string;
  dn(kind: 'person' | 'group', name: string): string;
}

interface Person {
  readonly name: string;
  readonly id: number;
  readonly keys?: readonly string[];
  readonly locked?: boolean;
  /** Ends as 2030 begins. */
  readonly ends?: boolean;
}

interface Group {
  readonly name: string;
  readonly gid?: number;
  readonly people: readonly string[];
  readonly groups?: readonly string[];
}

export const companyBase = 'dc=example,dc=com';
const dayOf2030 = 21_915;
const fileTimeOf2030 = (BigInt(dayOf2030 * 86_400) + 11_644_473_600n) * 10_000_000n;
const personClasses: Readonly<Record<CompanySchema, readonly string[]>> = {
  rfc2307: ['account', 'posixAccount', 'shadowAccount', 'ldapPublicKey'],
  rfc2307bis: ['account', 'posixAccount', 'shadowAccount', 'ldapPublicKey'],
  ad: ['user'],
  freeipa: ['account', 'posixAccount', 'ipaSshUser', 'ipaObject', 'inetUser', 'krbPrincipalAux'],
};

/**
 * alice (two keys), bob, carol, dave (locked) and erin (ends in 2030), and `crowd` more, all of the group `everyone` (6000).
 * `web` (6001) is alice, with `juniors` (6002: bob) nested in it, in which `loop` (no POSIX group: carol, dave) is nested,
 * in which `web` is. RFC 2307 cannot nest: there `web` lists them. The role `web-restart` is for the netgroup `admins`
 * (alice, bob) on the netgroup `webhosts` (web-01).
 */
export function company(schema: CompanySchema, keys: readonly string[], crowd: number): Company {
  const below = schema === 'freeipa' ? ',cn=accounts' : '';
  const folder = schema === 'freeipa' ? 'cn' : 'ou';
  const dn = (kind: 'person' | 'group', name: string): string =>
    kind === 'person'
      ? `${schema === 'ad' ? 'cn' : 'uid'}=${name},${folder}=users${below},${companyBase}`
      : `cn=${name},${folder}=groups${below},${companyBase}`;

  const people: readonly Person[] = [
    { name: 'alice', id: 5001, keys },
    { name: 'bob', id: 5002 },
    { name: 'carol', id: 5003 },
    { name: 'dave', id: 5004, locked: true },
    { name: 'erin', id: 5005, ends: true },
    ...Array.from({ length: crowd }, (_, index) => ({ name: `p${index}`, id: 10_000 + index })),
  ];
  const everyone: Group = { name: 'everyone', gid: 6000, people: people.map(({ name }) => name) };
  const groups: readonly Group[] =
    schema === 'rfc2307'
      ? [
          everyone,
          { name: 'web', gid: 6001, people: ['alice', 'bob', 'carol'] },
          { name: 'juniors', gid: 6002, people: ['bob', 'carol', 'alice'] },
        ]
      : [
          everyone,
          { name: 'web', gid: 6001, people: ['alice'], groups: ['juniors'] },
          { name: 'juniors', gid: 6002, people: ['bob'], groups: ['loop'] },
          { name: 'loop', people: ['carol', 'dave'], groups: ['web'] },
        ];

  const records = [
    ...folders(schema),
    ...people.map((person) => personRecord(schema, dn('person', person.name), person, dn('group', 'web'))),
    ...groups.map((group) =>
      groupRecord(schema, dn('group', group.name), group, [
        // As somebody may have typed them.
        ...group.people.map((name) => dn('person', name).replace(',', ' , ').replace('dc=', 'DC = ')),
        ...(group.groups ?? []).map((name) => dn('group', name).toUpperCase()),
        `cn=nobody,${companyBase}`,
      ]),
    ),
    ...sudoRecords(schema),
  ];
  return { schema, dn, ldif: `${records.map((lines) => lines.join('\n')).join('\n\n')}\n` };
}

function folders(schema: CompanySchema): readonly (readonly string[])[] {
  const unit = (name: string): readonly string[] => [
    `dn: ou=${name},${companyBase}`,
    'objectClass: organizationalUnit',
    `ou: ${name}`,
  ];
  const container = (path: string): readonly string[] => [
    `dn: ${path},${companyBase}`,
    'objectClass: organizationalRole',
    `cn: ${path.replace(/^cn=([^,]*).*$/, '$1')}`,
  ];
  return [
    [`dn: ${companyBase}`, 'objectClass: dcObject', 'objectClass: organization', 'dc: example', 'o: Example'],
    ...(schema === 'freeipa'
      ? [
          container('cn=accounts'),
          container('cn=users,cn=accounts'),
          container('cn=groups,cn=accounts'),
          container('cn=compat'),
          container('cn=ng,cn=compat'),
        ]
      : [unit('users'), unit('groups'), unit('netgroups')]),
    unit('sudoers'),
  ];
}

function personRecord(
  schema: CompanySchema,
  dn: string,
  { name, id, keys = [], locked = false, ends = false }: Person,
  misleading: string,
): readonly string[] {
  const common = [
    `dn: ${dn}`,
    ...personClasses[schema].map((objectClass) => `objectClass: ${objectClass}`),
    `cn: ${name}`,
    `uidNumber: ${id}`,
    'gidNumber: 6000',
  ];
  const home = `/home/${name}`;
  switch (schema) {
    case 'ad':
      return [
        ...common,
        `sAMAccountName: ${name.charAt(0).toUpperCase()}${name.slice(1)}`,
        'homeDirectory: \\\\server\\share',
        `unixHomeDirectory: ${home}`,
        `userAccountControl: ${locked ? 514 : 512}`,
        `accountExpires: ${ends ? String(fileTimeOf2030) : '9223372036854775807'}`,
        ...keys.map((key) => `sshPublicKey: ${key}`),
      ];
    case 'freeipa':
      return [
        ...common,
        `uid: ${name}`,
        `homeDirectory: ${home}`,
        `ipaUniqueID: id-${id}`,
        `nsAccountLock: ${locked ? 'TRUE' : 'FALSE'}`,
        `memberOf: ${misleading}`,
        ...(ends ? ['krbPrincipalExpiration: 20300101000000Z'] : []),
        ...keys.map((key) => `ipaSshPubKey: ${key}`),
      ];
    default:
      return [
        ...common,
        `uid: ${name}`,
        `homeDirectory: ${home}`,
        ...(locked ? ['pwdAccountLockedTime: 000001010000Z'] : []),
        `shadowExpire: ${ends ? dayOf2030 : -1}`,
        ...keys.map((key) => `sshPublicKey: ${key}`),
      ];
  }
}

function groupRecord(
  schema: CompanySchema,
  dn: string,
  { name, gid, people }: Group,
  members: readonly string[],
): readonly string[] {
  const posix = gid === undefined ? [] : [`gidNumber: ${gid}`];
  const head = [`dn: ${dn}`, `cn: ${name}`, ...posix];
  if (schema === 'rfc2307') {
    return [...head, 'objectClass: posixGroup', ...people.map((member) => `memberUid: ${member}`)];
  }
  const listed = members.map((member) => `member: ${member}`);
  if (schema === 'ad') return [...head, 'objectClass: group', `sAMAccountName: ${name}`, ...listed];
  return [
    ...head,
    'objectClass: groupOfNames',
    ...(gid === undefined ? [] : ['objectClass: posixGroup']),
    ...listed,
  ];
}

function sudoRecords(schema: CompanySchema): readonly (readonly string[])[] {
  const netgroups = schema === 'freeipa' ? 'cn=ng,cn=compat' : 'ou=netgroups';
  return [
    [
      `dn: cn=admins,${netgroups},${companyBase}`,
      'objectClass: nisNetgroup',
      'cn: admins',
      'nisNetgroupTriple: (-,alice,example.com)',
      'memberNisNetgroup: more-admins',
    ],
    [
      `dn: cn=more-admins,${netgroups},${companyBase}`,
      'objectClass: nisNetgroup',
      'cn: more-admins',
      'nisNetgroupTriple: (-,bob,)',
      'memberNisNetgroup: admins',
    ],
    [
      `dn: cn=webhosts,${netgroups},${companyBase}`,
      'objectClass: nisNetgroup',
      'cn: webhosts',
      'nisNetgroupTriple: (web-01,-,)',
    ],
    [
      `dn: cn=web-restart,ou=sudoers,${companyBase}`,
      'objectClass: sudoRole',
      'cn: web-restart',
      'sudoUser: +admins',
      'sudoHost: +webhosts',
      'sudoCommand: /usr/bin/systemctl restart nginx',
      'sudoOption: command_timeout=60',
    ],
  ];
}
