import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildGuestPackages } from '../../../packaging/guest/build.ts';
import { createGuestRoot } from '../../harness/guest-root.ts';

const LAUNCHER = join(import.meta.dirname, '../../../guest-agent/launcher');
const DEADLINE = { timeout: 60_000 } as const;

let dir: string;
let built: readonly string[];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ubugi-packages-'));
  built = await buildGuestPackages(join(dir, 'out'));
}, 120_000);

afterAll(() => rm(dir, { recursive: true, force: true }));

const ending = (suffix: string): string => built.find((path) => path.endsWith(suffix)) ?? '';

/** All files below a folder, by their paths in it. */
async function filesIn(folder: string): Promise<readonly string[]> {
  const { stdout } = await execa('find', [folder, '-not', '-type', 'd', '-printf', '/%P\n'], DEADLINE);
  return stdout.split('\n').filter(Boolean).sort();
}

/** Files that every way to install must put in place: those of `install.sh`, but for what starts it. */
async function expectLauncher(root: string): Promise<void> {
  const bare = await mkdtemp(join(dir, 'bare-'));
  await execa('sh', [join(LAUNCHER, 'install.sh'), bare, '--init', 'none'], DEADLINE);
  const files = await filesIn(bare);
  expect(files).toContain('/usr/sbin/ubugi-agent');
  expect(files).toContain('/usr/lib/udev/rules.d/90-ubugi.rules');
  for (const file of files) {
    expect(await readFile(join(root, file), 'utf8')).toBe(await readFile(join(bare, file), 'utf8'));
    expect((await stat(join(root, file))).mode).toBe((await stat(join(bare, file))).mode);
  }
  expect((await stat(join(root, 'usr/lib/ubugi/ubugi-launcher'))).mode & 0o777).toBe(0o755);
  expect((await stat(join(root, 'var/lib/ubugi'))).mode & 0o777).toBe(0o700);
}

test('are the same each time', async () => {
  const again = await buildGuestPackages(join(dir, 'again'));
  for (const [at, path] of built.entries()) {
    const isSame = (await readFile(again[at] ?? '')).equals(await readFile(path));
    expect({ path, isSame }).toEqual({ path, isSame: true });
  }
});

test('the .deb goes into a Debian root, is enabled there, and goes again', async () => {
  const root = await createGuestRoot();
  try {
    await cp(ending('.deb'), join(root.path, 'tmp/ubugi.deb'));
    // util-linux and openssh-client are there; dpkg checks that.
    const installed = await root.run(['dpkg', '--install', '/tmp/ubugi.deb']);
    expect(installed).toMatchObject({ status: 0 });
    await expectLauncher(root.path);
    const link = join(root.path, 'etc/systemd/system/sysinit.target.wants/ubugi.service');
    expect(await readlink(link)).toMatch(/\/lib\/systemd\/system\/ubugi\.service$/);
    expect(await readdir(join(root.path, 'etc/rcS.d'))).toContainEqual(expect.stringMatching(/^S\d\dubugi$/));
    expect((await root.run(['dpkg', '--purge', 'ubugi-launcher'])).status).toBe(0);
    expect(
      (await root.run(['find', '/', '-xdev', '-name', '*ubugi*', '-not', '-path', '/tmp/*'])).stdout,
    ).toBe('');
  } finally {
    root.remove();
  }
});

test('the .deb keeps cloud-init from other media where signers are pinned, before it or after it', async () => {
  const root = await createGuestRoot();
  const settings = join(root.path, 'etc/cloud/cloud.cfg.d/zz-ubugi.cfg');
  try {
    await cp(ending('.deb'), join(root.path, 'tmp/ubugi.deb'));
    expect(await root.run(['dpkg', '--install', '/tmp/ubugi.deb'])).toMatchObject({ status: 0 });
    expect(existsSync(settings)).toBe(false);

    // A company's own package that pins its signers.
    const company = join(root.path, 'tmp/company');
    await mkdir(join(company, 'etc/ubugi'), { recursive: true });
    await mkdir(join(company, 'DEBIAN'));
    await writeFile(join(company, 'etc/ubugi/trusted_signers'), 'ubugi ssh-ed25519 AAAA\n');
    const control = 'Package: company\nVersion: 1\nArchitecture: all\nMaintainer: x <x@x>\nDescription: x\n';
    await writeFile(join(company, 'DEBIAN/control'), control);
    await execa('dpkg-deb', ['--root-owner-group', '--build', company], DEADLINE);
    expect(await root.run(['dpkg', '--install', '/tmp/company.deb'])).toMatchObject({ status: 0 });
    expect(await readFile(settings, 'utf8')).toContain('datasource_list: [ ConfigDrive ]');

    expect((await root.run(['dpkg', '--remove', 'ubugi-launcher'])).status).toBe(0);
    expect(existsSync(settings)).toBe(false);
    expect(await root.run(['dpkg', '--install', '/tmp/ubugi.deb'])).toMatchObject({ status: 0 });
    expect(existsSync(settings)).toBe(true);
    expect((await root.run(['dpkg', '--purge', 'ubugi-launcher', 'company'])).status).toBe(0);
    expect(
      (await root.run(['find', '/', '-xdev', '-name', '*ubugi*', '-not', '-path', '/tmp/*'])).stdout,
    ).toBe('');
  } finally {
    root.remove();
  }
});

test('uninstall takes away all that install.sh put in place', async () => {
  for (const init of ['systemd', 'openrc', 'sysvinit', 'rc.local', 'none']) {
    const root = await mkdtemp(join(dir, 'uninstall-'));
    if (init === 'sysvinit') await mkdir(join(root, 'etc/rcS.d'), { recursive: true });
    const signers = join(dir, 'signers');
    await writeFile(signers, 'ubugi ssh-ed25519 AAAA\n');
    await execa('sh', [join(LAUNCHER, 'install.sh'), root, signers, '--init', init], DEADLINE);
    await execa('sh', [join(root, 'usr/lib/ubugi/uninstall'), '--root', root], DEADLINE);
    // Who may sign, and what was in rc.local, is the machine's own.
    const rest = ['/etc/ubugi/trusted_signers', ...(init === 'rc.local' ? ['/etc/rc.local'] : [])];
    expect(await filesIn(root)).toEqual(rest.sort());
  }
});

test('the .rpm holds what install.sh puts in place', async () => {
  const root = join(dir, 'rpm-root');
  await mkdir(root);
  const options = ['--root', root, '--nodeps', '--noscripts', '--ignorearch', '--ignoreos'];
  await execa('rpm', [...options, '--install', ending('.rpm')], DEADLINE);
  await expectLauncher(root);
  const scripts = await execa('rpm', ['--query', '--package', '--scripts', ending('.rpm')], DEADLINE);
  expect(scripts.stdout).toContain('systemctl --no-reload enable ubugi.service');
  expect(scripts.stdout).toMatch(
    /postinstall scriptlet[^]*cloud-init-guard on[^]*preuninstall[^]*cloud-init-guard off/,
  );
  const triggers = await execa('rpm', ['--query', '--package', '--filetriggers', ending('.rpm')], DEADLINE);
  expect(triggers.stdout).toMatch(/\/etc\/ubugi\/trusted_signers\n.*cloud-init-guard on/);
  expect(
    (await execa('rpm', ['--root', root, '--verify', 'ubugi-launcher', '--nodeps'], DEADLINE)).stdout,
  ).toBe('');
});

test('the APKBUILD makes its package in the shell of Alpine', async () => {
  const work = join(dir, 'apk');
  await mkdir(join(work, 'src'), { recursive: true });
  await execa('tar', ['-xzf', ending('.tar.gz'), '-C', join(work, 'src')], DEADLINE);
  const script = `set -eu; srcdir=${work}/src pkgdir=${work}/pkg; . ${ending('APKBUILD')}; package; echo "$pkgname-$pkgver"`;
  const { stdout } = await execa('busybox', ['ash', '-c', script], DEADLINE);
  expect(stdout).toMatch(/^ubugi-launcher-\d+\.\d+\.\d+$/);
  await expectLauncher(join(work, 'pkg'));
  expect((await stat(join(work, 'pkg/etc/init.d/ubugi'))).mode & 0o777).toBe(0o755);
  for (const [event, command] of [
    ['post-install', 'on'],
    ['post-upgrade', 'on'],
    ['trigger', 'on'],
    ['pre-deinstall', 'off'],
  ] as const) {
    const text = await readFile(ending(`ubugi-launcher.${event}`), 'utf8');
    expect(text).toContain(`/usr/lib/ubugi/cloud-init-guard ${command}`);
    await execa('busybox', ['ash', '-n', ending(`ubugi-launcher.${event}`)], DEADLINE);
  }
});

test('the one file installs what install.sh does, in dash and in busybox', async () => {
  for (const [name, shell] of [
    ['dash', ['dash']],
    ['busybox', ['busybox', 'ash']],
  ] as const) {
    const root = join(dir, `one-${name}`);
    await mkdir(root);
    const [program, ...first] = shell;
    await execa(program, [...first, ending('ubugi-install.sh'), root, '--init', 'openrc'], DEADLINE);
    await expectLauncher(root);
    expect(await readlink(join(root, 'etc/runlevels/boot/ubugi'))).toBe('/etc/init.d/ubugi');
  }
});

test('the recipe for virt-customize asks for what it needs', async () => {
  const recipe = join(import.meta.dirname, '../../../packaging/guest/image-builders/virt-customize.sh');
  const result = await execa('sh', [recipe, 'image'], { reject: false, ...DEADLINE });
  expect(result).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('usage') as string });
});
