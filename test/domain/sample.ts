import { createHash } from 'node:crypto';
import type { InstanceRecord } from '../../schemas/types/instance-record.ts';
import type { Policy } from '../../schemas/types/policy.ts';
import { createValidators } from '../../schemas/validation/validator.ts';
import { parsePolicy } from '../../server/config/policy/parse-policy.ts';
import type {
  DirectoryAccount,
  DirectorySnapshot,
  DirectorySudoRole,
} from '../../server/directory/directory.ts';
import type { PolicyDocument } from '../../server/domain/policy-document.ts';

const validators = createValidators();

/** A key that parses; its private half was thrown away. */
export const sampleKey = {
  type: 'ssh-ed25519' as const,
  key: 'AAAAC3NzaC1lZDI1NTE5AAAAIDa0Yz0bEoZ7fBqVbJQmE2eF3vB6lqfQkq3Wq1l7o8dM',
  comment: 'alice@laptop',
};

export function sampleRecord(changes: Partial<InstanceRecord> = {}): InstanceRecord {
  return {
    id: '5f2b6a1e-0c7d-4f6a-9a53-7d0c1e9b4a01',
    name: 'web-01',
    project: 'web',
    owner: 'web-team',
    site: 'tokyo-1',
    osFamily: 'debian',
    tags: ['prod'],
    interfaces: [{ mac: '52:54:00:12:34:56', addresses: ['192.0.2.10/24'], gateway4: '192.0.2.1' }],
    ...changes,
  };
}

export function sampleAccount(
  name: string,
  uid: number,
  changes: Partial<DirectoryAccount> = {},
): DirectoryAccount {
  return {
    dn: `uid=${name},ou=people,dc=example,dc=com`,
    name,
    uid,
    gid: uid,
    gecos: name,
    home: `/home/${name}`,
    shell: '/bin/bash',
    keys: [],
    ...changes,
  };
}

export function sampleRole(name: string, changes: Partial<DirectorySudoRole> = {}): DirectorySudoRole {
  return {
    dn: `cn=${name},ou=sudoers,dc=example,dc=com`,
    name,
    users: ['%web-admins'],
    hosts: ['ALL'],
    commands: [{ command: '/usr/bin/systemctl', arguments: 'restart nginx' }],
    runAsUsers: undefined,
    runAsGroups: undefined,
    tags: [],
    order: 0,
    notBefore: undefined,
    notAfter: undefined,
    ...changes,
  };
}

export function sampleDirectory(changes: Partial<DirectorySnapshot> = {}): DirectorySnapshot {
  return {
    accounts: [
      sampleAccount('alice', 20001, { keys: [sampleKey] }),
      sampleAccount('bob', 20002),
      sampleAccount('carol', 20003),
    ],
    groups: [
      {
        dn: 'cn=web-admins,ou=groups,dc=example,dc=com',
        name: 'web-admins',
        gid: 30001,
        members: ['alice', 'nobody-here'],
      },
      { dn: 'cn=db-admins,ou=groups,dc=example,dc=com', name: 'db-admins', gid: 30002, members: ['bob'] },
    ],
    sudoRoles: [sampleRole('web-restart')],
    rejected: [],
    ...changes,
  };
}

export function samplePolicy(changes: Partial<Policy> = {}): PolicyDocument {
  const policy: Policy = {
    defaults: { dns: { servers: ['192.0.2.53'] }, ntp: { servers: ['ntp.example.com'] } },
    sites: { 'tokyo-1': { domain: 'tokyo.example.com', dns: { search: ['tokyo.example.com'] } } },
    access: [{ name: 'web team', match: { project: ['web'] }, groups: ['web-admins'] }],
    sudo: [{ name: 'web sudo', match: { project: ['web'] }, roles: ['web-*'] }],
    files: [{ path: '/etc/motd', content: 'hello\n' }],
    scripts: [{ name: '10-hello', content: '#!/bin/sh\necho hello\n' }],
    ...changes,
  };
  const parsing = parsePolicy(policy, { validators, minimumUid: 1000 });
  if (parsing.kind === 'invalid') throw new Error(JSON.stringify(parsing.problems));
  return {
    policy,
    parsed: parsing.parsed,
    version: createHash('sha256').update(JSON.stringify(policy)).digest('hex'),
    locate: (pointer) => ({ file: 'policy.yaml', line: pointer.length }),
  };
}
