import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import type { DriveFile } from '../../../server/drive/drive-file.ts';
import { ec2Tree } from '../../../server/drive/tree/ec2-tree.ts';
import { openstackTree } from '../../../server/drive/tree/openstack-tree.ts';
import { ubugiTree } from '../../../server/drive/tree/ubugi-tree.ts';
import { vendorData } from '../../../server/drive/tree/vendor-data.ts';
import { sampleGeneration, sampleGuest, sampleId, sampleIdentity } from '../sample-generation.ts';

function json(files: readonly DriveFile[], path: string): unknown {
  const file = files.find((candidate) => candidate.path === path);
  return file === undefined ? undefined : JSON.parse(file.content.toString());
}

describe('openstackTree', () => {
  const files = openstackTree(sampleGeneration({ number: 4 }), { ...sampleIdentity, userData: '/wAB' });

  it('has in every version what Nova has in it, all copies alike', () => {
    const names = (version: string): readonly string[] =>
      files
        .filter((file) => file.path.startsWith(`openstack/${version}/`))
        .map((file) => file.path.slice(`openstack/${version}/`.length));
    expect(names('2012-08-10')).toEqual(['meta_data.json', 'user_data']);
    expect(names('2013-04-04')).toEqual(['meta_data.json', 'user_data']);
    expect(names('2013-10-17')).toEqual(['meta_data.json', 'vendor_data.json', 'user_data']);
    const withNetwork = ['meta_data.json', 'network_data.json', 'vendor_data.json', 'user_data'];
    expect(names('2015-10-15')).toEqual(withNetwork);
    expect(names('2016-06-30')).toEqual(withNetwork);
    const all = ['meta_data.json', 'network_data.json', 'vendor_data.json', 'vendor_data2.json', 'user_data'];
    for (const version of ['2016-10-06', '2017-02-22', '2018-08-27', '2020-10-14', 'latest']) {
      expect(names(version)).toEqual(all);
    }
    for (const name of all) {
      const copies = files
        .filter((file) => file.path.endsWith(`/${name}`))
        .map((file) => file.content.toString('hex'));
      expect(new Set(copies).size).toBe(1);
    }
  });

  it('has the members that Nova always writes, and an instance-id that generations do not change', () => {
    const metaData = {
      uuid: sampleId(1),
      hostname: 'web-1.tokyo.example.com',
      name: 'web-1',
      launch_index: 0,
      availability_zone: 'tokyo-a',
      random_seed: sampleIdentity.randomSeed,
      project_id: 'shop',
      devices: [],
      dedicated_cpus: [],
      meta: { 'ubugi-generation': '4' },
    };
    expect(json(files, 'openstack/latest/meta_data.json')).toEqual(metaData);
    const { hostname, instance } = sampleGuest();
    const bare = sampleGeneration({
      guest: {
        hostname: { name: hostname.name },
        instance: { id: instance.id, name: instance.name, osFamily: 'other' },
      },
    });
    const identity = { ...sampleIdentity, availabilityZone: undefined };
    expect(json(openstackTree(bare, identity), 'openstack/latest/meta_data.json')).toEqual({
      ...metaData,
      hostname: 'web-1',
      availability_zone: null,
      project_id: null,
      meta: { 'ubugi-generation': '1' },
    });
  });

  it('carries user-data as it is, where there is one', () => {
    expect(files.find((file) => file.path === 'openstack/latest/user_data')?.content).toEqual(
      Buffer.from([255, 0, 1]),
    );
    const without = openstackTree(sampleGeneration(), sampleIdentity);
    expect(without.some((file) => file.path.endsWith('user_data'))).toBe(false);
  });

  it('leaves network data out for a guest without interfaces', () => {
    const none = openstackTree(sampleGeneration({ guest: { network: { interfaces: [] } } }), sampleIdentity);
    expect(none.some((file) => file.path.endsWith('network_data.json'))).toBe(false);
  });
});

describe('ec2Tree', () => {
  it('has the instance under an id that generations do not change', () => {
    const files = ec2Tree(sampleGeneration({ number: 4 }), { ...sampleIdentity, userData: 'e30=' });
    expect(files.map((file) => file.path)).toEqual(['ec2/latest/meta-data.json', 'ec2/latest/user-data']);
    expect(json(files, 'ec2/latest/meta-data.json')).toMatchObject({
      'instance-id': 'i-6f1c0b1e',
      'local-hostname': 'web-1.tokyo.example.com',
      'local-ipv4': '192.0.2.10',
    });
    const first = ec2Tree(sampleGeneration(), sampleIdentity);
    expect(json(first, 'ec2/latest/meta-data.json')).toEqual(json(files, 'ec2/latest/meta-data.json'));
  });
});

describe('ubugiTree', () => {
  it('has guest configuration and scripts', () => {
    const files = ubugiTree(sampleGeneration({ scripts: [{ name: '10-a', content: 'exit 0\n' }] }));
    expect(files.map((file) => file.path)).toEqual(['ubugi/guest.json', 'ubugi/scripts/10-a']);
    expect(json(files, 'ubugi/guest.json')).toMatchObject({
      hostname: { name: 'web-1' },
      scripts: [{ name: '10-a' }],
    });
  });
});

describe('vendorData', () => {
  const script = (): string => {
    const { 'cloud-init': config } = vendorData(sampleGeneration());
    const line = config.split('\n').find((candidate) => candidate.startsWith('bootcmd: '));
    const [command] = JSON.parse(line?.slice('bootcmd: '.length) ?? '[]') as readonly (readonly string[])[];
    expect(command?.slice(0, 2)).toEqual(['sh', '-c']);
    return command?.[2] ?? '';
  };

  it.each([['dash'], ['bash', '--posix'], ['busybox', 'sh']])(
    'is a script that %s understands',
    async (...shell) => {
      const [command = '', ...args] = shell;
      await execa(command, [...args, '-n', '-c', script()], { timeout: 10_000 });
      expect(script()).toContain(`"instance": "${sampleId(1)}"`);
    },
  );

  it('does no harm where no drive is attached', async () => {
    // In a mount name space of its own, with a /run of its own.
    const args = ['-m', 'sh', '-c', 'mount -t tmpfs tmpfs /run && exec sh -c "$1"', 'sh', script()];
    const result = await execa('unshare', args, { timeout: 30_000 });
    expect(result.stderr).toBe('ubugi: no drive of this machine to use is attached');
    expect(result.stdout).toBe('');
  });
});
