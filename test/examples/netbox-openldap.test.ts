import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GuestConfiguration } from '../../schemas/types/guest-configuration.ts';
import { makeCertificates } from '../harness/certificates.ts';
import { named, netboxLists } from '../harness/netbox/netbox-objects.ts';
import { startNetboxServer, testToken } from '../harness/netbox/netbox-server.ts';
import { startSlapd } from '../harness/slapd-server.ts';
import { wronglyShown } from './shown-output.ts';
import { examples, serveExample, type WorkedExample } from './worked-example.ts';

const folder = join(examples, 'netbox-openldap');
const account = { dn: 'cn=ubugi,ou=services,dc=example,dc=com', password: 'the password of ubugi' };
const opened: (() => Promise<unknown>)[] = [];
let example: WorkedExample;

/** The access rules and limits of `access.ldif` as slapd.conf(5) has them. */
async function accessRules(): Promise<string> {
  const ldif = await readFile(join(folder, 'access.ldif'), 'utf8');
  const words = { olcAccess: 'access', olcLimits: 'limits' } as const;
  return [...ldif.matchAll(/^(olcAccess|olcLimits): \{\d+\}(.*)$/gm)]
    .map(([, attribute, value]) => `${words[attribute as keyof typeof words]} ${value}`)
    .join('\n');
}

async function startOpenLdap() {
  const [accountLdif, people] = await Promise.all(
    ['account.ldif', 'people.ldif'].map(async (file) => await readFile(join(folder, file), 'utf8')),
  );
  const slapd = await startSlapd({
    baseDn: 'dc=example,dc=com',
    schema: 'rfc2307bis',
    // Fewer than there are entries: for the account, access.ldif lifts it.
    database: `sizelimit 3\n${await accessRules()}`,
    ldif: [
      'dn: dc=example,dc=com\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n',
      accountLdif?.replace('{CRYPT}*', account.password),
      people,
    ].join('\n'),
  });
  opened.push(async () => await slapd.stop());
  return slapd;
}

/** NetBox as the README has one fill it. */
async function startNetbox() {
  const certificates = await mkdtemp(join(tmpdir(), 'ubugi-netbox-'));
  opened.push(async () => await rm(certificates, { recursive: true, force: true }));
  const tls = await makeCertificates(certificates, 'IP:127.0.0.1');
  const lists = { ...netboxLists(0), 'dcim/sites/': [named(1, 'Tokyo 1')] };
  const netbox = await startNetboxServer(lists, { tls });
  opened.push(async () => await netbox.close());
  const claire = netbox.as('claire');
  claire.create('ipam/prefixes/', {
    prefix: '192.0.2.0/24',
    vrf: null,
    custom_fields: { gateway: '192.0.2.1' },
  });
  claire.addMachine({
    name: 'web-01',
    serial: '5F2B6A1E-0C7D-4F6A-9A53-7D0C1E9B4A01',
    address: '192.0.2.10/24',
    fields: { site: { id: 1, slug: 'tokyo-1' }, custom_fields: { owner: 'alice' } },
  });
  return { url: netbox.url, ca: tls.ca };
}

beforeAll(async () => {
  const [slapd, netbox] = await Promise.all([startOpenLdap(), startNetbox()]);
  example = await serveExample('netbox-openldap', {
    inventoryUrl: netbox.url,
    directoryUrl: slapd.url,
    ca: slapd.ca + netbox.ca,
    secrets: {
      'netbox.token': testToken,
      'ldap.password': account.password,
      'netbox-webhook.secret': 'a secret of sixteen characters',
    },
  });
  opened.push(example.close);
});
afterAll(async () => {
  for (const end of opened.splice(0).toReversed()) await end();
});

test('a dry run and a sync show what the README says', async () => {
  expect(await wronglyShown(example, 'README.md')).toEqual([]);
});

test('a machine of NetBox gets the people of OpenLDAP', async () => {
  const guest = await example.site.get<GuestConfiguration>('/v1/instances/web-01/guest');
  expect(guest).toMatchObject({
    instance: { name: 'web-01', project: 'web', owner: 'alice', creator: 'claire', site: 'tokyo-1' },
    hostname: { fqdn: 'web-01.tokyo.example.com' },
    network: { interfaces: [{ addresses: ['192.0.2.10/24'], gateway4: '192.0.2.1' }] },
    dns: { servers: ['192.0.2.53', '192.0.2.54'] },
    ntp: { pools: ['pool.ntp.org'] },
    accounts: [
      { name: 'alice', uid: 5001, extraGroups: ['adm'] },
      { name: 'bob', uid: 5002 },
    ],
    sudo: { rules: [{ role: 'web-restart', users: ['%web-admins'], tags: ['NOPASSWD'] }] },
  });
  expect(guest.groups).toContainEqual({ name: 'web-admins', gid: 6001, members: ['alice', 'bob'] });
});
