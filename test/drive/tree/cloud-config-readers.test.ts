import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderSudoers } from '../../../schemas/sudoers/fragments.ts';
import { openstackTree } from '../../../server/drive/tree/openstack-tree.ts';
import { vendorData } from '../../../server/drive/tree/vendor-data.ts';
import { runCloudInit, seedCloudInit } from '../../harness/cloud-init-chroot.ts';
import { createGuestRoot, type GuestRoot } from '../../harness/guest-root.ts';
import { sampleIdentity } from '../sample-generation.ts';
import { cloudGeneration, cloudGuest } from './cloud-config-guest.ts';

describe('the vendor-data of a guest that cloud-init alone dresses', () => {
  test('is a cloud-config with which cloud-init finds no fault, and starts nothing of ours', async () => {
    const config = vendorData(cloudGeneration)['cloud-init'];
    const script = `
import sys, yaml
from cloudinit.config.schema import get_schema, validate_cloudconfig_schema
validate_cloudconfig_schema(yaml.safe_load(sys.stdin.read()), get_schema(), strict=True)
print('valid')`;
    const { stdout } = await execa('/usr/bin/python3', ['-c', script], { input: config, timeout: 30_000 });
    expect(stdout).toBe('valid');
    expect(config).not.toMatch(/bootcmd|ubugi\/launch|ubugi-agent/);
  });

  test('passes without anything in it too, and makes no default user', async () => {
    const bare = {
      ...cloudGeneration,
      scripts: [],
      guest: {
        ...cloudGuest,
        groups: [],
        accounts: [],
        sudo: { rules: [] },
        files: [],
        scripts: [],
        ntp: {},
      },
    };
    const script = `
import sys, yaml
from cloudinit.config.schema import get_schema, validate_cloudconfig_schema
from cloudinit.distros import debian, ug_util
config = yaml.safe_load(sys.stdin.read())
validate_cloudconfig_schema(config, get_schema(), strict=True)
distro = debian.Distro('debian', {'default_user': {'name': 'debian', 'sudo': 'ALL'}}, None)
print('valid', *ug_util.normalize_users_groups(config, distro))`;
    const { stdout } = await execa('/usr/bin/python3', ['-c', script], {
      input: vendorData(bare)['cloud-init'],
      timeout: 30_000,
    });
    expect(stdout).toBe('valid {} {}');
  });
});

describe('a root that the real cloud-init dressed with it', () => {
  let guest: GuestRoot;
  beforeAll(async () => {
    guest = await createGuestRoot('tools');
    await seedCloudInit(guest.path, openstackTree(cloudGeneration, sampleIdentity));
    await runCloudInit(guest.path, '52:54:00:00:00:01');
  }, 300_000);
  afterAll(() => guest?.remove());

  const read = (path: string): string => readFileSync(join(guest.path, path), 'utf8');
  const out = async (...argv: [string, ...string[]]): Promise<string> =>
    (await guest.run(argv)).stdout.trim();

  test('reports no error', () => {
    expect(JSON.parse(read('var/log/result.json'))).toMatchObject({
      v1: { datasource: expect.stringContaining('ConfigDrive'), errors: [] },
    });
  });

  test('has its name', () => {
    expect(read('etc/hostname').trim()).toBe('web-1');
    expect(read('etc/hosts')).toMatch(/^127\.0\.1\.1\s+web-1\.tokyo\.example\.com\s+web-1$/m);
  });

  test('has the accounts, with their numbers, and groups by name', async () => {
    expect(await out('getent', 'passwd', 'alice')).toMatch(
      /^alice:x:10001:\d+:Alice Example:\/home\/alice:\/bin\/bash$/,
    );
    expect(await out('getent', 'passwd', 'carol')).toMatch(/^carol:x:10003:\d+::\/srv\/carol:\/bin\/sh$/);
    expect((await out('id', '-Gn', 'alice')).split(' ').sort()).toEqual(['adm', 'ops', 'people']);
    expect(await out('id', '-gn', 'alice')).toBe('people');
    expect(await out('getent', 'passwd', 'debian')).toBe('');
  });

  test('has no passwords, and no account that sshd takes for locked', async () => {
    const shadow = read('etc/shadow');
    for (const name of ['alice', 'carol', 'rescue']) expect(shadow).toMatch(new RegExp(`^${name}:\\*:`, 'm'));
    expect(await out('chage', '-l', '-i', 'carol')).toMatch(/Account expires\s*: 2030-06-15/);
  });

  test('has the keys with their options', async () => {
    const keys = read('home/alice/.ssh/authorized_keys');
    expect(keys).toContain('alice@laptop');
    expect(keys).toContain(
      'restrict,pty,from="192.0.2.0/24,!192.0.2.7",command="/usr/bin/id -u" ssh-ed25519 AAAAC3',
    );
    expect(
      (await out('ssh-keygen', '-l', '-f', '/home/alice/.ssh/authorized_keys')).split('\n'),
    ).toHaveLength(2);
  });

  test('has sudo rules that mean what the agent writes', async () => {
    expect((await guest.run(['visudo', '-c'])).status).toBe(0);
    const [web] = cloudGuest.sudo.rules;
    expect(read('etc/sudoers.d/ubugi')).toBe(
      renderSudoers(web === undefined ? [] : [web], cloudGuest.sudo.defaults),
    );
    const rules = (await out('sudo', '-l', '-U', 'alice')).replaceAll(/\s+/g, ' ');
    expect(rules).toMatch(/NOPASSWD: \/usr\/bin\/systemctl restart nginx, !\/usr\/bin\/systemctl stop \*/);
    expect(await out('sudo', '-l', '-U', 'carol')).toContain('not allowed');
    expect(await out('sudo', '-l', '-U', 'rescue')).toContain('(ALL : ALL) NOPASSWD: ALL');
  });

  test('has the files as they are, of their owners', async () => {
    expect(read('etc/motd')).toBe('Ünïcode, "quotes": \\n\n');
    expect(read('srv/carol/note')).toBe('## template: jinja\n');
    const owners = await out(
      'stat',
      '-c',
      '%U:%G %a',
      '/srv/carol/note',
      '/etc/sudoers.d/ubugi',
      '/etc/motd',
    );
    expect(owners.split('\n')).toEqual(['carol:people 600', 'root:root 440', 'root:root 644']);
  });

  test('ran the scripts, and asks the time servers', () => {
    expect(read('var/log/10-hello').trim()).toBe('root');
    expect(read('etc/chrony/chrony.conf')).toMatch(/^server ntp1\.tokyo\.example\.com iburst$/m);
  });
});
