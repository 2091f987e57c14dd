import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GuestConfiguration } from '../../schemas/types/guest-configuration.ts';
import { serviceNowUser, startServiceNow } from '../harness/cmdb/servicenow.ts';
import { instanceId } from '../harness/inventory-file.ts';
import { startSlapd } from '../harness/slapd-server.ts';
import { ed25519Line } from '../harness/ssh-keys.ts';
import { wronglyShown } from './shown-output.ts';
import { examples, serveExample, type WorkedExample } from './worked-example.ts';

const baseDn = 'DC=corp,DC=example,DC=com';
const account = { dn: `CN=ubugi,OU=Services,${baseDn}`, password: 'the password of ubugi' };
const opened: (() => Promise<unknown>)[] = [];
let example: WorkedExample;

function entry(dn: string, ...lines: readonly string[]): string {
  return `dn: ${dn},${baseDn}\n${lines.join('\n')}\n`;
}

function user(name: string, uid: number, ...more: readonly string[]): string {
  return entry(
    `CN=${name},OU=People`,
    'objectClass: user',
    `cn: ${name}`,
    `sAMAccountName: ${name}`,
    `uidNumber: ${uid}`,
    'gidNumber: 70000',
    `unixHomeDirectory: /home/${name.toLowerCase()}`,
    'loginShell: /bin/bash',
    ...more,
  );
}

function group(name: string, ...lines: readonly string[]): string {
  return entry(
    `CN=${name},OU=Groups`,
    'objectClass: group',
    `cn: ${name}`,
    `sAMAccountName: ${name}`,
    ...lines,
  );
}

/** A slapd that is shaped like Active Directory, with entries as the README has one make them. */
async function startActiveDirectory() {
  const slapd = await startSlapd({
    baseDn,
    schema: 'ad',
    database: [
      'access to attrs=userPassword by anonymous auth by * break',
      `access to * by dn.exact="${account.dn}" read by * break`,
    ].join('\n'),
    ldif: [
      `dn: ${baseDn}\nobjectClass: dcObject\nobjectClass: organization\ndc: corp\no: Example\n`,
      ...['People', 'Groups', 'Services', 'Sudoers'].map((name) =>
        entry(`OU=${name}`, 'objectClass: organizationalUnit', `ou: ${name}`),
      ),
      entry(
        'CN=ubugi,OU=Services',
        'objectClass: organizationalRole',
        'objectClass: simpleSecurityObject',
        'cn: ubugi',
        `userPassword: ${account.password}`,
      ),
      user('Alice', 10_001, `sshPublicKey: ${ed25519Line('alice@laptop')}`, 'userAccountControl: 512'),
      user('Bob', 10_002, 'userAccountControl: 512', 'accountExpires: 0'),
      user('Mallory', 10_003, 'userAccountControl: 514'),
      group('linux-users', 'gidNumber: 70000'),
      group(
        'web-developers',
        `member: CN=Alice,OU=People,${baseDn}`,
        `member: CN=Mallory,OU=People,${baseDn}`,
      ),
      group('linux-web-admins', 'gidNumber: 70001', `member: CN=web-developers,OU=Groups,${baseDn}`),
      group('linux-operators', 'gidNumber: 70002', `member: CN=Bob,OU=People,${baseDn}`),
      entry(
        'CN=linux-web-restart,OU=Sudoers',
        'objectClass: sudoRole',
        'cn: linux-web-restart',
        'sudoUser: %linux-web-admins',
        'sudoHost: web-*',
        'sudoCommand: /usr/bin/systemctl restart nginx',
      ),
    ].join('\n'),
  });
  opened.push(async () => await slapd.stop());
  return slapd;
}

async function startCmdb() {
  const server = await startServiceNow({
    cmdb_ci_vm_instance: [
      {
        sys_id: `a${'0'.repeat(31)}`,
        sys_class_name: 'cmdb_ci_vm_instance',
        object_id: instanceId(1).toUpperCase(),
        name: 'WEB-1',
        guest_os_fullname: 'Debian GNU/Linux 12 (64-bit)',
        environment: 'Production',
        'company.name': 'Web Shop',
        'owned_by.user_name': 'alice',
        'location.name': 'Tokyo 1',
        sys_created_by: 'carol',
        sys_created_on: '2026-01-02 03:04:05',
        sys_updated_by: 'dave',
        sys_updated_on: '2026-02-03 04:05:06',
        install_status: '1',
      },
    ],
    cmdb_ci_network_adapter: [
      {
        sys_id: `b${'0'.repeat(31)}`,
        cmdb_ci: `a${'0'.repeat(31)}`,
        'cmdb_ci.sys_class_name': 'cmdb_ci_vm_instance',
        name: 'eth0',
        mac_address: '52:54:00:AB:CD:01',
        ip_address: '192.0.2.11',
        netmask: '255.255.255.0',
        ip_default_gateway: '192.0.2.1',
        dhcp_enabled: 'false',
      },
    ],
    cmdb_rel_ci: [
      {
        sys_id: `c${'0'.repeat(31)}`,
        parent: `a${'0'.repeat(31)}`,
        'child.name': 'hv-01',
        'type.name': 'Virtualized by::Virtualizes',
      },
    ],
    sys_audit_delete: [],
  });
  opened.push(async () => await server.close());
  return server;
}

beforeAll(async () => {
  const [slapd, cmdb, inventory] = await Promise.all([
    startActiveDirectory(),
    startCmdb(),
    readFile(join(examples, 'cmdb/servicenow.yaml'), 'utf8'),
  ]);
  example = await serveExample('servicenow-ad', {
    inventoryUrl: `${cmdb.url}/api/now/table`,
    directoryUrl: slapd.url,
    ca: slapd.ca,
    secrets: { 'servicenow.password': serviceNowUser.password, 'ad.password': account.password },
    // sed 's/^/    /' cmdb/servicenow.yaml >> server.yaml
    appended: inventory.replaceAll(/^/gm, '    '),
  });
  opened.push(example.close);
});
afterAll(async () => {
  for (const end of opened.splice(0).toReversed()) await end();
});

test('a dry run and a sync show what the README says', async () => {
  expect(await wronglyShown(example, 'README.md')).toEqual([]);
});

test('a machine of ServiceNow gets the people of Active Directory', async () => {
  const guest = await example.site.get<GuestConfiguration>('/v1/instances/web-1/guest');
  expect(guest).toMatchObject({
    instance: { name: 'web-1', project: 'web-shop', owner: 'alice', creator: 'carol', site: 'tokyo-1' },
    hostname: { fqdn: 'web-1.tokyo.corp.example.com' },
    network: { interfaces: [{ addresses: ['192.0.2.11/24'], gateway4: '192.0.2.1' }] },
    dns: { servers: ['192.0.2.53'] },
    accounts: [
      { name: 'alice', uid: 10_001, home: '/home/alice' },
      { name: 'bob', uid: 10_002, exclusiveKeys: true },
    ],
    sudo: { rules: [{ role: 'linux-web-restart', users: ['%linux-web-admins'] }] },
  });
  expect(guest.groups).toContainEqual({ name: 'linux-web-admins', gid: 70_001, members: ['alice'] });
});

test('the configuration ends with room for the inventory', async () => {
  const text = await readFile(join(examples, 'servicenow-ad/server.yaml'), 'utf8');
  expect(text.trimEnd().split('\n').slice(-2)).toEqual(['inventories:', '  -']);
});
