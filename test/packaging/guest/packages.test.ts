import { cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
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

/** Files that every way to install must put in place. */
async function expectLauncher(root: string): Promise<void> {
  const parts = (await readdir(join(LAUNCHER))).filter((name) =>
    /^(ubugi-launcher|uninstall|.*-.*\.sh)$/.test(name),
  );
  expect(parts.length).toBeGreaterThan(3);
  for (const part of parts) {
    expect(await readFile(join(root, 'usr/lib/ubugi', part), 'utf8')).toBe(
      await readFile(join(LAUNCHER, part), 'utf8'),
    );
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

test('the .rpm holds what install.sh puts in place', async () => {
  const root = join(dir, 'rpm-root');
  await mkdir(root);
  const options = ['--root', root, '--nodeps', '--noscripts', '--ignorearch', '--ignoreos'];
  await execa('rpm', [...options, '--install', ending('.rpm')], DEADLINE);
  await expectLauncher(root);
  const scripts = await execa('rpm', ['--query', '--package', '--scripts', ending('.rpm')], DEADLINE);
  expect(scripts.stdout).toContain('systemctl --no-reload enable ubugi.service');
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
