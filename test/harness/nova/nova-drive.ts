import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

/** Files of a config drive by path. */
export type NovaFiles = Readonly<Record<string, string | Buffer>>;

const versions = [
  '2012-08-10',
  '2013-04-04',
  '2013-10-17',
  '2015-10-15',
  '2016-06-30',
  '2016-10-06',
  '2017-02-22',
  '2018-08-27',
  '2020-10-14',
  'latest',
];

/** In which version each file came (Nova 26, `nova/api/metadata/base.py`). */
const since: Readonly<Record<string, string>> = {
  'meta_data.json': '2012-08-10',
  user_data: '2012-08-10',
  'vendor_data.json': '2013-10-17',
  'network_data.json': '2015-10-15',
  'vendor_data2.json': '2016-10-06',
};

/** What Nova 26 puts on the config drive of an instance; `seed` tells one boot from another. */
export function novaFiles(uuid: string, seed = 'c2VlZA=='): NovaFiles {
  const contents: Readonly<Record<string, string>> = {
    'meta_data.json': JSON.stringify({
      uuid,
      hostname: 'web-01.novalocal',
      name: 'web-01',
      launch_index: 0,
      availability_zone: 'nova',
      random_seed: seed,
      project_id: 'f7ac731cc11f40efbc03a9f9e1d1d21f',
      devices: [],
      dedicated_cpus: [],
      files: [{ path: '/etc/motd', content_path: '/content/0000' }],
    }),
    user_data: '#cloud-config\n# the tenant’s own\n',
    'vendor_data.json': '{}',
    'network_data.json': JSON.stringify({ links: [], networks: [], services: [] }),
    'vendor_data2.json': JSON.stringify({ ubugi: {} }),
  };
  const versioned = versions.flatMap((version) =>
    Object.entries(contents)
      .filter(([name]) => (since[name] ?? '') <= version)
      .map(([name, content]) => [`openstack/${version}/${name}`, content] as const),
  );
  const ec2 = ['2009-04-04', 'latest'].flatMap((version) => [
    [`ec2/${version}/meta-data.json`, JSON.stringify({ 'instance-id': 'i-00000001' })] as const,
    [`ec2/${version}/user-data`, contents['user_data'] ?? ''] as const,
  ]);
  return Object.fromEntries([
    ...versioned,
    ...ec2,
    ['openstack/content/0000', Buffer.from([0, 255, 10, 13])],
    ['openstack/content/0001', Buffer.alloc(0)],
  ]);
}

/** An image of these files by genisoimage, with Nova's own arguments (`nova/virt/configdrive.py`). */
export async function novaImage(files: NovaFiles, label = 'config-2'): Promise<Buffer> {
  const work = await mkdtemp(join(tmpdir(), 'ubugi-nova-'));
  try {
    const tree = join(work, 'tree');
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(tree, path)), { recursive: true });
      await writeFile(join(tree, path), content);
    }
    const image = join(work, 'disk.config');
    const names = [
      '-ldots',
      '-allow-lowercase',
      '-allow-multidot',
      '-l',
      '-publisher',
      'OpenStack Nova 26.2.2',
    ];
    await execa('genisoimage', ['-o', image, ...names, '-quiet', '-J', '-r', '-V', label, tree], {
      timeout: 30_000,
    });
    return await readFile(image);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Files of an image as isoinfo reads them by Rock Ridge, for comparing with what was put in. */
export async function filesByIsoinfo(image: Buffer): Promise<ReadonlyMap<string, Buffer>> {
  const work = await mkdtemp(join(tmpdir(), 'ubugi-isoinfo-'));
  try {
    const path = join(work, 'drive.iso');
    await writeFile(path, image);
    const { stdout } = await execa('isoinfo', ['-R', '-f', '-i', path], { timeout: 30_000 });
    const { stdout: listing } = await execa('isoinfo', ['-R', '-l', '-i', path], { timeout: 30_000 });
    const folders = new Set(
      [...listing.matchAll(/^Directory listing of (.*)$/gm)].map(([, name = '']) =>
        name.trim().replace(/(.)\/$/, '$1'),
      ),
    );
    const files = new Map<string, Buffer>();
    for (const name of stdout.split('\n').filter((line) => line !== '' && !folders.has(line))) {
      const content = await execa('isoinfo', ['-R', '-i', path, '-x', name], {
        encoding: 'buffer',
        stripFinalNewline: false,
        timeout: 30_000,
      });
      files.set(name.slice(1), Buffer.from(content.stdout));
    }
    return files;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
