import { ed25519Line } from '../../harness/ssh-keys.ts';

export const baseDn = 'dc=example,dc=com';

const teams = {
  'web-team': ['alice', 'bob', 'carol'],
  'db-team': ['dave', 'erin', 'frank'],
  'ci-team': ['grace', 'heidi', 'ivan'],
  juniors: ['kim', 'lena'],
} as const;

/** Fifteen people, each with a key and in the group `employees`. judy is in no team yet; niaj is of human resources, olivia keeps groups and rules, victor audits. */
const staff = [...Object.values(teams).flat(), 'judy', 'niaj', 'olivia', 'victor'];

export function personDn(name: string): string {
  return `uid=${name},ou=people,${baseDn}`;
}

export function groupDn(name: string): string {
  return `cn=${name},ou=groups,${baseDn}`;
}

export function roleDn(name: string): string {
  return `cn=${name},ou=sudoers,${baseDn}`;
}

/** The password with which somebody changes the directory. */
export function passwordOf(name: string): string {
  return `password of ${name}`;
}

/** An entry in LDIF, with a key of its own. */
export function person(name: string, uid: number): string {
  return entry(personDn(name), [
    ...['organizationalPerson', 'posixAccount', 'shadowAccount', 'ldapPublicKey'].map(
      (objectClass) => `objectClass: ${objectClass}`,
    ),
    `uid: ${name}`,
    `cn: ${name}`,
    `sn: ${name}`,
    `uidNumber: ${uid}`,
    'gidNumber: 6000',
    `homeDirectory: /home/${name}`,
    'loginShell: /bin/bash',
    `userPassword: ${passwordOf(name)}`,
    `sshPublicKey: ${ed25519Line(`${name}@laptop`)}`,
  ]);
}

/** A group of RFC 2307bis. */
function group(name: string, gid: number, members: readonly string[]): string {
  return entry(groupDn(name), [
    'objectClass: groupOfNames',
    'objectClass: posixGroup',
    `cn: ${name}`,
    `gidNumber: ${gid}`,
    ...members.map((member) => `member: ${personDn(member)}`),
  ]);
}

function role(name: string, lines: readonly string[]): string {
  return entry(roleDn(name), ['objectClass: sudoRole', `cn: ${name}`, ...lines]);
}

function unit(name: string): string {
  return entry(`ou=${name},${baseDn}`, ['objectClass: organizationalUnit', `ou: ${name}`]);
}

function entry(dn: string, lines: readonly string[]): string {
  return `dn: ${dn}\n${lines.join('\n')}\n`;
}

/** The directory as the day begins. */
export function directoryContent(): string {
  return [
    entry(baseDn, ['objectClass: dcObject', 'objectClass: organization', 'dc: example', 'o: Example']),
    ...['people', 'groups', 'sudoers'].map(unit),
    ...staff.map((name, index) => person(name, 5001 + index)),
    group('employees', 6000, staff),
    ...Object.entries(teams).map(([name, members], index) => group(name, 6001 + index, members)),
    role('web-restart', [
      'sudoUser: %web-team',
      'sudoHost: ALL',
      'sudoCommand: /usr/bin/systemctl restart nginx',
    ]),
    role('ci-clean', ['sudoUser: %ci-team', 'sudoHost: ci-01', 'sudoCommand: /usr/local/sbin/clean-cache']),
  ].join('\n');
}

/** niaj hires and dismisses, olivia keeps groups and rules, everybody their own keys (slapd.access(5)). */
export const accessRules = [
  `access to dn.subtree="ou=people,${baseDn}" by dn.exact="${personDn('niaj')}" write by * break`,
  `access to dn.subtree="ou=groups,${baseDn}" by dn.exact="${personDn('olivia')}" write by * break`,
  `access to dn.subtree="ou=sudoers,${baseDn}" by dn.exact="${personDn('olivia')}" write by * break`,
  'access to attrs=sshPublicKey by self write by * break',
].join('\n');
