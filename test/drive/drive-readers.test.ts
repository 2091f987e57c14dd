import { lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageInMemory } from '../../schemas/drive-format/image-source.ts';
import { readIsoImage } from '../../schemas/drive-format/iso9660-reader.ts';
import { type DriveWorkbench, openDriveWorkbench } from './drive-workbench.ts';
import { sampleGeneration, sampleId, sampleIdentity } from './sample-generation.ts';

/** What is to be run, by its name. */
const executable = /^(launch|ubugi-agent|10-hello\.sh)$/;

/** What other programs than ours see on a drive. */
describe('a drive as others read it', () => {
  let bench: DriveWorkbench;
  let path: string;
  let ours: ReadonlyMap<string, string>;
  let tree: string;

  beforeAll(async () => {
    bench = await openDriveWorkbench();
    const generation = sampleGeneration({ scripts: [{ name: '10-hello.sh', content: 'echo hello\n' }] });
    const identity = { ...sampleIdentity, userData: Buffer.from('#!/bin/sh\nexit 0\n').toString('base64') };
    ({ path } = await bench.builder.build(generation, identity));
    const image = readIsoImage(imageInMemory(await readFile(path)));
    ours = new Map(image.files.map((file) => [file.path, image.read(file).toString('latin1')]));
    tree = join(bench.folder, 'tree');
    for (const file of await isoinfoFiles('-R')) {
      await mkdir(join(tree, dirname(file)), { recursive: true });
      await writeFile(join(tree, file), await isoinfoContent('-R', file), 'latin1');
    }
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  async function isoinfoFiles(kind: '-R' | '-J'): Promise<readonly string[]> {
    const { stdout } = await execa('isoinfo', [kind, '-f', '-i', path], { timeout: 20_000 });
    const names = stdout.split('\n').filter((name) => name !== '');
    return names
      .filter((name) => !names.some((other) => other.startsWith(`${name}/`)))
      .map((name) => name.slice(1));
  }

  async function isoinfoContent(kind: '-R' | '-J', file: string): Promise<string> {
    const options = { encoding: 'latin1', stripFinalNewline: false, timeout: 20_000 } as const;
    return (await execa('isoinfo', [kind, '-x', `/${file}`, '-i', path], options)).stdout;
  }

  async function contents(folder: string): Promise<ReadonlyMap<string, string>> {
    const seen = new Map<string, string>();
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const file = join(entry.parentPath, entry.name);
      if (entry.isFile()) seen.set(file.slice(folder.length + 1), await readFile(file, 'latin1'));
    }
    return seen;
  }

  it('is the same to the Linux kernel, with owner root and no write permission', async (context) => {
    if (!(await readFile('/proc/filesystems', 'utf8')).includes('iso9660')) {
      context.skip(
        'this kernel has no iso9660 file system: the mount is left to test/e2e, in a machine of its own',
      );
    }
    const mounted = join(bench.folder, 'mounted');
    await mkdir(mounted);
    await execa('mount', ['-t', 'iso9660', '-o', 'loop,ro,nodev,nosuid', path, mounted], { timeout: 20_000 });
    try {
      expect(await contents(mounted)).toEqual(ours);
      for (const entry of await readdir(mounted, { recursive: true, withFileTypes: true })) {
        const status = await lstat(join(entry.parentPath, entry.name));
        const mode = entry.isDirectory() || executable.test(entry.name) ? 0o555 : 0o444;
        expect([status.uid, status.gid, status.mode & 0o7777]).toEqual([0, 0, mode]);
      }
    } finally {
      await execa('umount', [mounted], { timeout: 20_000 });
    }
  });

  it('is the same to isoinfo, with owner root and no write permission', async () => {
    expect(await contents(tree)).toEqual(ours);
    const { stdout } = await execa('isoinfo', ['-R', '-l', '-i', path], { timeout: 20_000 });
    const entries = stdout.split('\n').filter((line) => /^[dlcbps-]/.test(line));
    expect(entries.length).toBeGreaterThan(ours.size);
    for (const entry of entries) {
      const [mode, , uid, gid] = entry.split(/\s+/);
      const name = entry.trimEnd().split(' ').at(-1) ?? '';
      const expected = entry.startsWith('d')
        ? 'dr-xr-xr-x'
        : executable.test(name)
          ? '-r-xr-xr-x'
          : '-r--r--r--';
      expect([mode, uid, gid]).toEqual([expected, '0', '0']);
    }
  });

  it('has the label and the type that guests look for', async () => {
    const { stdout } = await execa('blkid', ['-p', '-s', 'LABEL', '-s', 'TYPE', '-o', 'export', path]);
    expect(stdout).toContain('LABEL=config-2');
    expect(stdout).toContain('TYPE=iso9660');
  });

  it('has the same names and contents in the Joliet tree', async () => {
    const files = await isoinfoFiles('-J');
    expect([...files].sort()).toEqual([...ours.keys()].sort());
    for (const file of files) expect(await isoinfoContent('-J', file)).toBe(ours.get(file));
  });

  it('is what cloud-init reads, network included', async () => {
    const script = `
import json, sys
from cloudinit import sources
from cloudinit.sources.helpers import openstack
found = openstack.ConfigDriveReader(sys.argv[1]).read_v2()
network = openstack.convert_net_json(found['networkdata'], known_macs={'52:54:00:00:00:01': 'ens3', '52:54:00:00:00:02': 'ens4'})
print(json.dumps({
  'version': found['version'],
  'uuid': found['metadata']['uuid'],
  'instance_id': found['metadata']['instance-id'],
  'hostname': found['metadata']['local-hostname'],
  'seed': len(found['metadata']['random_seed']),
  'userdata': found['userdata'].decode(),
  'vendordata': sources.convert_vendordata(found['vendordata']),
  'vendordata2': sources.convert_vendordata(found['vendordata2']),
  'network': network,
}))`;
    const { stdout } = await execa('/usr/bin/python3', ['-c', script, tree], { timeout: 30_000 });
    const seen = JSON.parse(stdout) as Record<string, unknown>;
    expect(seen).toMatchObject({
      version: 2,
      uuid: sampleId(1),
      instance_id: sampleId(1),
      hostname: 'web-1.tokyo.example.com',
      seed: 512,
      userdata: '#!/bin/sh\nexit 0\n',
      vendordata: expect.stringMatching(/^#cloud-config\nbootcmd: /),
      vendordata2: null,
    });
    expect(seen['network']).toEqual({
      version: 1,
      config: [
        {
          type: 'physical',
          name: 'ens3',
          mac_address: '52:54:00:00:00:01',
          mtu: 1450,
          'accept-ra': false,
          subnets: [
            {
              type: 'static',
              ipv4: true,
              address: '192.0.2.10',
              netmask: '255.255.255.0',
              routes: [
                { network: '0.0.0.0', netmask: '0.0.0.0', gateway: '192.0.2.1' },
                { network: '198.51.100.0', netmask: '255.255.255.0', gateway: '192.0.2.254' },
              ],
            },
            {
              type: 'static6',
              ipv6: true,
              address: '2001:db8::10',
              netmask: 'ffff:ffff:ffff:ffff::',
              routes: [{ network: '::', netmask: '::', gateway: '2001:db8::1' }],
            },
          ],
        },
        {
          type: 'physical',
          name: 'ens4',
          mac_address: '52:54:00:00:00:02',
          mtu: null,
          subnets: [{ type: 'dhcp4' }],
        },
        { type: 'nameserver', address: '192.0.2.53', search: ['tokyo.example.com', 'example.com'] },
        { type: 'nameserver', address: '2001:db8::53' },
      ],
    });
  });

  it('gives cloud-init a network configuration that it can render for systemd-networkd', async () => {
    const script = `
import json, sys
from cloudinit.sources.helpers import openstack
from cloudinit.net import networkd, network_state
found = openstack.ConfigDriveReader(sys.argv[1]).read_v2()
config = openstack.convert_net_json(found['networkdata'], known_macs={'52:54:00:00:00:01': 'ens3', '52:54:00:00:00:02': 'ens4'})
state = network_state.parse_net_config_data(config)
networkd.Renderer().render_network_state(state, target=sys.argv[2])`;
    const target = join(bench.folder, 'target');
    await execa('/usr/bin/python3', ['-c', script, tree, target], { timeout: 30_000 });
    const rendered = await readFile(join(target, 'etc/systemd/network/10-cloud-init-ens3.network'), 'utf8');
    for (const line of [
      'Address=192.0.2.10/24',
      'Address=2001:db8::10/64',
      'Gateway=192.0.2.1',
      'Gateway=2001:db8::1',
      'DNS=192.0.2.53 2001:db8::53',
      'Domains=tokyo.example.com example.com',
      'Destination=198.51.100.0/24',
    ]) {
      expect(rendered).toContain(line);
    }
  });

  it('holds vendor-data that cloud-init finds no fault with and that makes no default user', async () => {
    const vendor = JSON.parse(ours.get('openstack/latest/vendor_data.json') ?? '') as Record<string, string>;
    const script = `
import sys, yaml
from cloudinit.config.schema import get_schema, validate_cloudconfig_schema
from cloudinit.distros import debian, ug_util
config = yaml.safe_load(sys.stdin.read())
validate_cloudconfig_schema(config, get_schema(), strict=True)
distro = debian.Distro('debian', {'default_user': {'name': 'debian', 'sudo': 'ALL'}}, None)
print('valid', *ug_util.normalize_users_groups(config, distro))`;
    const { stdout } = await execa('/usr/bin/python3', ['-c', script], {
      input: vendor['cloud-init'] ?? '',
      timeout: 30_000,
    });
    expect(stdout).toBe('valid {} {}');
  });

  it('carries a signature that ssh-keygen accepts with the trusted signers line', async () => {
    const signers = join(bench.folder, 'trusted_signers');
    await writeFile(signers, `${bench.builder.trustedSigners}\n`);
    const args = [
      '-Y',
      'verify',
      '-I',
      'ubugi',
      '-n',
      'ubugi-drive',
      '-f',
      signers,
      '-s',
      join(tree, 'ubugi/manifest.sig'),
    ];
    const { stdout } = await execa('ssh-keygen', args, {
      inputFile: join(tree, 'ubugi/manifest.json'),
      timeout: 10_000,
    });
    expect(stdout).toContain('Good "ubugi-drive" signature for ubugi');
  });
});
