import type { Company, Group, Person } from './company.ts';

/** Base DN of the directory. */
export const baseDn = 'dc=example,dc=com';

const services = ['nginx', 'postgresql', 'redis', 'haproxy', 'app'];

/** The company's directory as slapadd(8) takes it: RFC 2307 accounts and groups, and 200 sudoRoles. */
export function directoryLdif(company: Company): string {
  const { people, everybody, projects, sites, specialists, ops } = company;
  const groups = [everybody, ops, ...projects.values(), ...sites.values(), ...specialists.values()];
  const records = [
    [`dn: ${baseDn}`, 'objectClass: dcObject', 'objectClass: organization', 'dc: example', 'o: Example'],
    ...['people', 'groups', 'sudoers'].map((unit) => [
      `dn: ou=${unit},${baseDn}`,
      'objectClass: organizationalUnit',
      `ou: ${unit}`,
    ]),
    ...people.map((person) => personRecord(person, everybody)),
    ...groups.map(groupRecord),
    ...sudoRecords(company),
  ];
  return `${records.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** The change by which a person leaves a group or returns to it, as ldapmodify(1) takes it. */
export function memberLdif(group: Group, uid: string, change: 'leave' | 'return'): string {
  const operation = change === 'leave' ? 'delete' : 'add';
  return `dn: ${groupDn(group)}\nchangetype: modify\n${operation}: memberUid\nmemberUid: ${uid}\n`;
}

function personRecord({ uid, name, uidNumber, keys }: Person, primary: Group): readonly string[] {
  return [
    `dn: uid=${uid},ou=people,${baseDn}`,
    ...['account', 'posixAccount', 'shadowAccount', 'ldapPublicKey'].map((one) => `objectClass: ${one}`),
    `uid: ${uid}`,
    `cn: ${name}`,
    `gecos: ${name}`,
    `uidNumber: ${uidNumber}`,
    `gidNumber: ${primary.gidNumber}`,
    `homeDirectory: /home/${uid}`,
    'loginShell: /bin/bash',
    ...keys.map((key) => `sshPublicKey: ${key}`),
  ];
}

function groupDn({ name }: Group): string {
  return `cn=${name},ou=groups,${baseDn}`;
}

function groupRecord(group: Group): readonly string[] {
  return [
    `dn: ${groupDn(group)}`,
    'objectClass: posixGroup',
    `cn: ${group.name}`,
    `gidNumber: ${group.gidNumber}`,
    ...group.members.map((member) => `memberUid: ${member}`),
  ];
}

/** Two roles of each project, one of each site, and enough for ops to make 200. */
function sudoRecords({ projects, sites, ops }: Company): readonly (readonly string[])[] {
  const ofProjects = [...projects].flatMap(([project, group], index) => {
    const service = services[index % services.length] ?? '';
    return [
      sudoRole(`${project}.restart`, group, [
        `sudoHost: ${project}-*`,
        `sudoCommand: /usr/bin/systemctl restart ${service}`,
        `sudoCommand: /usr/bin/systemctl reload ${service}`,
        'sudoOption: !authenticate',
        'sudoOrder: 10',
      ]),
      sudoRole(`${project}.logs`, group, [
        'sudoHost: ALL',
        `sudoCommand: /usr/bin/journalctl -u ${service}`,
        'sudoRunAsUser: root',
        'sudoOption: !authenticate',
        'sudoOption: command_timeout=600',
        'sudoOrder: 20',
      ]),
    ];
  });
  const ofSites = [...sites].map(([site, group]) =>
    sudoRole(`${site}.oncall`, group, [
      'sudoHost: 10.0.0.0/8',
      'sudoCommand: ALL',
      'sudoCommand: !/usr/bin/passwd root',
      'sudoOption: !authenticate',
      'sudoNotAfter: 20991231235959Z',
      'sudoOrder: 30',
    ]),
  );
  const others = Math.max(0, 200 - ofProjects.length - ofSites.length);
  const ofOps = Array.from({ length: others }, (_, index) =>
    sudoRole(`ops.task-${index + 1}`, ops, [
      'sudoHost: ALL',
      `sudoCommand: /usr/local/sbin/ops-task-${index + 1} --verbose`,
      'sudoOption: !authenticate',
      `sudoOrder: ${40 + index}`,
    ]),
  );
  return [...ofProjects, ...ofSites, ...ofOps];
}

function sudoRole(name: string, group: Group, lines: readonly string[]): readonly string[] {
  return [
    `dn: cn=${name},ou=sudoers,${baseDn}`,
    'objectClass: sudoRole',
    `cn: ${name}`,
    `sudoUser: %${group.name}`,
    ...lines,
  ];
}
