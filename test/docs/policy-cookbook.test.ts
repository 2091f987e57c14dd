import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { GuestConfiguration } from '../../schemas/types/guest-configuration.ts';
import type { InstanceRecord } from '../../schemas/types/instance-record.ts';
import type { Policy } from '../../schemas/types/policy.ts';
import { createValidators } from '../../schemas/validation/validator.ts';
import { readYamlDocument } from '../../schemas/validation/yaml-document.ts';
import type { DirectorySnapshot } from '../../server/directory/directory.ts';
import { createGuestComposer } from '../../server/domain/compose/compose-guest.ts';
import type { Composition } from '../../server/domain/compose/composition.ts';
import { indexDirectory } from '../../server/domain/compose/directory-index.ts';
import {
  sampleAccount,
  sampleDirectory,
  sampleKey,
  samplePolicy,
  sampleRecord,
  sampleRole,
} from '../domain/sample.ts';

const validators = createValidators();
const page = readFileSync(join(import.meta.dirname, '../../docs/policy-cookbook.md'), 'utf8');

/** YAML of each recipe by its heading. */
const recipes = new Map(
  [...page.matchAll(/^## (.+)\n(?:(?!^## )[^])*?```yaml\n([^]*?)```/gm)].map(([, title = '', yaml = '']) => [
    title,
    yaml,
  ]),
);

function policyOf(title: string) {
  const reading = readYamlDocument<Policy>(recipes.get(title) ?? '', `${title}.yaml`, validators.policy);
  if (reading.kind === 'invalid') throw new Error(JSON.stringify(reading.problems));
  const {
    defaults = {},
    sites = {},
    access = [],
    sudo = [],
    files = [],
    scripts = [],
    ...more
  } = reading.value;
  return samplePolicy({ defaults, sites, access, sudo, files, scripts, ...more });
}

interface Guest {
  readonly guest: GuestConfiguration;
  readonly composition: Composition;
  readonly problems: readonly string[];
}

function dress(
  title: string,
  record: Partial<InstanceRecord> = {},
  directory: Partial<DirectorySnapshot> = {},
): Guest {
  const index = indexDirectory('ldap', sampleDirectory(directory));
  const composed = createGuestComposer(index, policyOf(title)).compose({
    record: sampleRecord(record),
    inventory: 'cmdb',
    locator: 'line 2',
  });
  if (composed.kind === 'refused') throw new Error(JSON.stringify(composed.problems));
  const { guest } = composed.composition;
  expect(validators.guestConfiguration(structuredClone(guest))).toMatchObject({ kind: 'valid' });
  return {
    guest,
    composition: composed.composition,
    problems: composed.problems.map(({ record: of, field, message }) => `${of} ${field} ${message}`),
  };
}

const names = ({ accounts }: GuestConfiguration): readonly string[] => accounts.map(({ name }) => name);

/** What each recipe promises. */
const promises: Readonly<Record<string, (title: string) => void>> = {
  'Give each site its servers': (title) => {
    const { guest } = dress(title);
    expect(guest.dns).toEqual({ servers: ['198.51.100.53', '198.51.100.54'], search: ['example.com'] });
    expect(guest.hostname.fqdn).toBe('web-01.tokyo.example.com');
    expect(dress(title, { site: 'osaka-1' }).guest.ntp).toEqual({ pools: ['pool.ntp.org'] });
  },
  'Reach another network': (title) => {
    const { guest, problems } = dress(title);
    expect(guest.network.interfaces[0]?.routes).toEqual([{ to: '10.20.0.0/16', via: '192.0.2.254' }]);
    expect(problems).toEqual([
      expect.stringMatching(/^site tokyo-1 .*2001:db8:20::\/48.* such as on web-01$/),
    ]);
  },
  'Let a team in on its own machines': (title) => {
    expect(dress(title).guest.accounts).toMatchObject([
      { name: 'alice', extraGroups: ['adm', 'systemd-journal'], keys: [sampleKey] },
    ]);
    expect(names(dress(title, { project: 'db' }).guest)).toEqual([]);
  },
  'Let one person in for a while, with another shell': (title) => {
    expect(dress(title, { tags: ['pci'] }).guest.accounts).toMatchObject([
      { name: 'carol', shell: '/bin/rbash' },
    ]);
    expect(names(dress(title).guest)).toEqual([]);
  },
  "Accept no keys but the directory's": (title) => {
    expect(dress(title, { tags: ['pci'] }).guest.accounts).toMatchObject([
      { name: 'alice', exclusiveKeys: true },
    ]);
  },
  'Take keys that are restricted in the directory': (title) => {
    const key = { ...sampleKey };
    const accounts = (options: object) => ({
      accounts: [
        sampleAccount('alice', 20_001, { restrictedKeys: [{ key, options, attribute: 'sshPublicKey' }] }),
      ],
    });
    const options = { flags: ['restrict' as const], from: ['192.0.2.0/24'] };
    expect(dress(title, {}, accounts(options)).guest.accounts[0]?.keys).toEqual([{ ...key, options }]);
    const refused = dress(title, {}, accounts({ command: '/bin/true' }));
    expect(refused.guest.accounts[0]?.keys).toEqual([]);
    expect(refused.problems).toEqual([
      expect.stringMatching(/^uid=alice.* sshPublicKey .*: command; it is left out$/),
    ]);
  },
  'Take sudo rules from LDAP': (title) => {
    expect(dress(title).guest.sudo.rules).toMatchObject([{ role: 'web-restart', users: ['%web-admins'] }]);
  },
  'Take a sudoRole that is for everybody': (title) => {
    const sudoRoles = [sampleRole('everybody-status', { users: ['ALL'] })];
    expect(dress(title, {}, { sudoRoles }).guest.sudo.rules).toMatchObject([{ users: ['ALL'] }]);
  },
  'Take what loosens sudo from cn=defaults': (title) => {
    const settings = [
      { option: 'env_keep', operator: '+=', value: 'SSH_AUTH_SOCK' },
      { option: 'requiretty', negated: true },
      { option: 'setenv' },
    ] as const;
    const sudoDefaults = { dn: 'cn=defaults,dc=x', name: 'defaults', settings } as const;
    const { guest, problems } = dress(title, {}, { sudoDefaults });
    expect(guest.sudo.defaults).toEqual(settings.slice(0, 2));
    expect(problems).toEqual([expect.stringContaining('(setenv)')]);
  },
  'Write sudo rules without LDAP': (title) => {
    expect(dress(title).guest.sudo.rules).toMatchObject([
      {
        role: 'web team deploys',
        users: ['%web-admins'],
        runAsUsers: ['www-data'],
        commands: [
          { command: '/usr/local/bin/deploy', digests: [expect.stringMatching(/^sha256:/)] },
          { command: '/usr/bin/systemctl', arguments: 'restart nginx' },
          { command: '/usr/bin/systemctl', arguments: 'status *' },
          { command: '/usr/bin/systemctl', arguments: 'status *-secret', negated: true },
        ],
        tags: ['NOPASSWD'],
      },
    ]);
  },
  'Grant sudo for one night': (title) => {
    expect(dress(title, { name: 'db-01', project: 'db' }).guest.sudo.rules).toMatchObject([
      { notBefore: '2027-03-06T20:00:00Z', notAfter: '2027-03-07T06:00:00Z', commands: [{ command: 'ALL' }] },
    ]);
    expect(dress(title, { name: 'db-02', project: 'db' }).guest.sudo.rules).toEqual([]);
  },
  'Keep a way in for the worst day': (title) => {
    const { guest } = dress(title, {}, { accounts: [], groups: [], sudoRoles: [] });
    expect(guest.accounts).toMatchObject([{ name: 'rescue', breakGlass: true, keys: [{}, {}] }]);
    expect(guest.sudo.rules).toMatchObject([{ users: ['rescue'], runAsUsers: ['ALL'], tags: ['NOPASSWD'] }]);
  },
  'Put a file on every guest, another on some': (title) => {
    expect(dress(title).guest.files.map(({ content }) => content)).toEqual(['Property of Example Corp.\n']);
    expect(dress(title, { tags: ['pci'] }).guest.files).toMatchObject([
      { content: expect.stringContaining('recorded') },
    ]);
  },
  'Fill in a file for each guest': (title) => {
    const contents = new Map(dress(title).guest.files.map(({ path, content }) => [path, content]));
    expect(contents.get('/etc/issue.net')).toMatch(/^web-01 \(web\)\n.*: 192\.0\.2\.10\/24$/m);
    expect(JSON.parse(contents.get('/etc/company/machine.json') ?? '')).toEqual({
      name: 'web-01',
      site: 'tokyo-1',
      dns: [],
      tags: ['prod'],
    });
    expect(contents.get('/etc/company/machine.yaml')).toBe('owner: "web-team"\nsearch: []\n');
  },
  'Run a script with values of the guest': (title) => {
    const { composition } = dress(title, { dns: { servers: ['192.0.2.1', '192.0.2.2'] } });
    expect(composition.scripts[0]?.content).toMatch(
      /name=web-01\nfor server in 192\.0\.2\.1 192\.0\.2\.2; do/,
    );
  },
  'Stop at the first failure': (title) => {
    expect(dress(title, { tags: ['pci'] }).guest.onFailure).toBe('stop');
    expect(dress(title, { tags: ['lab', 'pci'] }).guest.onFailure).toBeUndefined();
  },
  'Say what becomes of sessions when access ends': (title) => {
    expect(dress(title, { tags: ['batch'] }).guest.sessions).toEqual({ endAfterMinutes: 30 });
    expect(dress(title).guest.sessions).toBeUndefined();
  },
  'Take over accounts that an image brought along': (title) => {
    expect(dress(title, { tags: ['golden-image'] }).guest.adoptAccounts).toBe(true);
    expect(dress(title).guest.adoptAccounts).toBeUndefined();
  },
  'Keep guests as they should be between boots': (title) => {
    expect(dress(title, { tags: ['pci'] }).guest).toMatchObject({ repairMinutes: 15, driveDays: 365 });
    const { network, repairMinutes } = dress(title, { project: 'lab', tags: ['pci'] }).guest;
    expect({ live: network.live, repairMinutes }).toEqual({ live: true, repairMinutes: 15 });
  },
  'Dress images in which nothing of ours may run': (title) => {
    expect(dress(title, { tags: ['appliance'] }).guest.delivery).toBe('cloud-config');
    expect(dress(title).guest.delivery).toBeUndefined();
  },
};

describe('the policy cookbook', () => {
  test('has a dozen recipes and more', () => {
    expect(recipes.size).toBeGreaterThanOrEqual(12);
  });

  test.each([...recipes.keys()])('%s', (title) => {
    expect(Object.keys(promises)).toContain(title);
    promises[title]?.(title);
  });
});
