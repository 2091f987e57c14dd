import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const FOLDER = join(import.meta.dirname, '../../../guest-agent/launcher');
const LAUNCHER = '/usr/lib/ubugi/ubugi-launcher --wait 10 --trigger boot';

let dir: string;
let root: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ubugi-install-'));
  root = join(dir, 'root');
  await mkdir(root);
});

afterEach(() => rm(dir, { recursive: true, force: true }));

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text, { mode: 0o755 });
}

const read = (path: string): Promise<string> => readFile(join(root, path), 'utf8');

async function install(...options: readonly string[]): Promise<void> {
  await writeFile(join(dir, 'signers'), 'ubugi namespaces="ubugi-drive" ssh-ed25519 AAAA\n');
  await execa('sh', [join(FOLDER, 'install.sh'), root, join(dir, 'signers'), ...options]);
}

/** Files and links with their content, folders left out: who made an empty one cannot be told. */
async function listing(): Promise<readonly string[]> {
  const { stdout } = await execa('find', [
    root,
    '-type',
    'f',
    '-printf',
    '%P %m\n',
    '-o',
    '-type',
    'l',
    '-printf',
    '%P %l\n',
  ]);
  return stdout.split('\n').sort();
}

/** Root file systems by what starts services in them, and where the launcher must be called from. */
const systems: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
  ['systemd', { 'usr/lib/systemd/systemd': '' }, 'etc/systemd/system/sysinit.target.wants/ubugi.service'],
  ['openrc', { 'sbin/openrc-run': '', 'etc/inittab': '' }, 'etc/runlevels/boot/ubugi'],
  [
    "Debian's openrc",
    { 'sbin/openrc-run': '', 'etc/runlevels/sysinit/mountall.sh': '' },
    'etc/runlevels/sysinit/ubugi',
  ],
  ['sysvinit', { 'etc/inittab': '', 'etc/rcS.d/README': '' }, 'etc/rcS.d/S05ubugi'],
  ['rc.local', { 'etc/rc.local': '#!/bin/sh -e\ntouch /tmp/old\nexit 0\n' }, 'etc/rc.local'],
];

describe.each(systems)('in a root file system with %s', (_name, files, start) => {
  beforeEach(async () => {
    for (const [path, text] of Object.entries(files)) await put(path, text);
  });

  test('is started at boot, twice the same', async () => {
    await install();
    const once = await listing();
    await install();
    expect(await listing()).toEqual(once);
    expect((await stat(join(root, 'usr/lib/ubugi/ubugi-launcher'))).mode & 0o777).toBe(0o755);
    const entry = start === 'etc/rc.local' ? undefined : await readlink(join(root, start));
    const target = entry?.startsWith('/') === true ? entry.slice(1) : (entry?.replace('..', 'etc') ?? start);
    expect(await read(target)).toContain('/usr/lib/ubugi/ubugi-launcher --wait 10 --trigger boot');
    expect(await read('etc/ubugi/trusted_signers')).toContain('ssh-ed25519 AAAA');
  });

  test('is taken off again, and nothing else', async () => {
    const before = await listing();
    await install();
    await execa('sh', [join(root, 'usr/lib/ubugi/uninstall'), '--root', root]);
    expect((await listing()).filter((line) => !line.startsWith('etc/ubugi/'))).toEqual(before);
  });
});

test('brings along each file that the launcher reads', async () => {
  await install('--init', 'none');
  const installed = await readdir(join(root, 'usr/lib/ubugi'));
  const sourced = (await read('usr/lib/ubugi/ubugi-launcher')).matchAll(/^\. "\$here\/(.*)"$/gm);
  for (const [, part = ''] of sourced) {
    expect(installed).toContain(part);
    expect(await read(`usr/lib/ubugi/${part}`)).toBe(await readFile(join(FOLDER, part), 'utf8'));
  }
  expect(await readdir(join(root, 'etc'))).toEqual(['cloud', 'ubugi']);
});

test('comes first in rc.local, whatever its last line is', async () => {
  await put('etc/rc.local', '#!/bin/sh -e\nexec sleep infinity\n');
  await install();
  expect((await read('etc/rc.local')).split('\n')[1]).toContain(LAUNCHER);
  await execa('sh', ['-n', join(root, 'etc/rc.local')]);
});

test.each([
  ['a root that is not there', ['nowhere'], 'ROOT must be a folder'],
  ['signers that are not there', ['.', 'nowhere'], 'nowhere is no file'],
  ['another init', ['.', '--init', 'launchd'], '--init launchd is not known'],
  ['an option that it does not know', ['.', '--force'], '--force is not known'],
])('refuses %s', async (_what, given, message) => {
  const result = await execa('sh', [join(FOLDER, 'install.sh'), ...given], { reject: false, cwd: root });
  expect(result).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(message) as string });
  expect(result.stderr).toContain('usage');
});

test('has nothing to take back where nothing was applied', async () => {
  await install('--init', 'none');
  const script = join(root, 'usr/lib/ubugi/uninstall');
  const result = await execa('sh', [script, '--purge', '--root', root], { reject: false });
  expect(result).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('nothing was applied') as string,
  });
  expect(await readdir(join(root, 'usr/lib/ubugi'))).toContain('ubugi-launcher');
});

test('the unit passes systemd-analyze verify', async () => {
  const unit = join(dir, 'ubugi.service');
  const program = join(dir, 'ubugi-launcher');
  await writeFile(program, '#!/bin/sh\n', { mode: 0o755 });
  const text = await readFile(join(FOLDER, 'services/ubugi.service'), 'utf8');
  // verify wants the program to be there, and the documentation too.
  const present = text.replace('/usr/lib/ubugi/ubugi-launcher', program).replace(/^Documentation=.*\n/m, '');
  await writeFile(unit, present);
  const result = await execa('systemd-analyze', ['verify', '--recursive-errors=no', unit], {
    all: true,
    reject: false,
    timeout: 30_000,
  });
  expect(result).toMatchObject({ exitCode: 0, all: '' });
});

test('the exposure of the unit is the one that the guide states', async () => {
  const unit = join(FOLDER, 'services/ubugi.service');
  const { stdout } = await execa('systemd-analyze', ['security', '--offline=true', '--no-pager', unit], {
    timeout: 30_000,
    reject: false,
  });
  const exposure = /Overall exposure level for ubugi\.service: ([\d.]+)/.exec(stdout)?.[1];
  const guide = await readFile(join(import.meta.dirname, '../../../docs/guest.md'), 'utf8');
  expect(guide).toContain(`Its exposure in \`systemd-analyze security\` is ${exposure}:`);
});

test('the scripts that start it are what their readers expect', async () => {
  const services = join(FOLDER, 'services');
  for (const name of ['ubugi.init', 'ubugi.openrc']) await execa('dash', ['-n', join(services, name)]);
  expect((await execa('sh', [join(services, 'ubugi.init'), 'what'], { reject: false })).exitCode).toBe(2);
});

describe('cloud-init-guard', () => {
  const guard = (...given: readonly string[]) =>
    execa('sh', [join(FOLDER, 'cloud-init-guard'), ...given], { reject: false });

  test('is not for an image that takes any drive', async () => {
    await execa('sh', [join(FOLDER, 'install.sh'), root, '--init', 'none']);
    expect(await readdir(root)).not.toContain('config-drive');
    expect(await readdir(join(root, 'etc'))).toEqual(['ubugi']);
  });

  test('holds the units of cloud-init back where there is systemd, twice the same', async () => {
    await put('usr/lib/systemd/systemd', '');
    const before = await listing();
    expect(await guard('on', root)).toMatchObject({ exitCode: 0 });
    const once = await listing();
    expect(await guard('on', root)).toMatchObject({ exitCode: 0 });
    expect(await listing()).toEqual(once);
    expect(await read('etc/systemd/system/cloud-init-local.service.d/ubugi.conf')).toContain(
      'ConditionPathExists=/run/ubugi/cloud-init/verified',
    );
    expect(await readlink(join(root, 'var/lib/cloud/seed/config_drive'))).toBe('/run/ubugi/cloud-init');
    expect(await guard('off', root)).toMatchObject({ exitCode: 0 });
    expect(await listing()).toEqual(before);
  });

  test('fails where the image has a drive of its own for cloud-init, and leaves it there', async () => {
    const own = 'var/lib/cloud/seed/config_drive/openstack/latest/meta_data.json';
    await put(own, '{}');
    const result = await guard('on', root);
    expect(result).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('config_drive is in the way') as string,
    });
    await guard('off', root);
    expect(await read(own)).toBe('{}');
  });

  test.each([[[]], [['perhaps']], [['on', 'nowhere']], [['on', '/', '/']]])('refuses %j', async (given) => {
    expect(await guard(...given)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('usage') as string,
    });
  });
});
