/**
 * Builds what brings the launcher into images: `node packaging/guest/build.ts [--out build/packages]` writes a `.deb`, an
 * `.rpm`, an `APKBUILD` with its source, and `ubugi-install.sh`. The same sources give the same bytes.
 */
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { installerText } from './installer.ts';

const here = import.meta.dirname;
const root = join(here, '../..');
const launcher = join(root, 'guest-agent/launcher');
/** Times in packages: a fixed one, so that they do not tell when they were built. */
const epoch = '1767225600';
const tool = {
  timeout: 120_000,
  stdin: 'ignore',
  env: { SOURCE_DATE_EPOCH: epoch, LC_ALL: 'C' },
} as const;

/** Builds all packages. @param out folder that gets them; made if missing. @returns their paths */
export async function buildGuestPackages(out: string): Promise<readonly string[]> {
  const version = packageVersion();
  const work = mkdtempSync(join(tmpdir(), 'ubugi-packages-'));
  mkdirSync(out, { recursive: true });
  try {
    return [
      await buildDeb(join(work, 'deb'), out, version),
      await buildRpm(join(work, 'rpm'), out, version),
      ...(await buildApkSource(out, version)),
      buildInstaller(out, version),
    ];
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Puts the launcher into a folder as `install.sh` does, without what enables it: package scripts see to that. */
async function stage(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await execa('sh', [join(launcher, 'install.sh'), folder, '--init', 'systemd'], tool);
  rmSync(join(folder, 'etc/systemd'), { recursive: true });
  for (const name of ['ubugi', 'ubugi-launcher']) {
    mkdirSync(join(folder, 'usr/share/doc', name), { recursive: true });
  }
  // Where the unit says that it is, and where Debian wants it.
  put(join(root, 'docs/guest.md'), join(folder, 'usr/share/doc/ubugi/guest.md'), 0o644);
  put(join(root, 'LICENSE'), join(folder, 'usr/share/doc/ubugi-launcher/copyright'), 0o644);
}

async function buildDeb(work: string, out: string, version: string): Promise<string> {
  await stage(work);
  mkdirSync(join(work, 'etc/init.d'));
  put(join(launcher, 'services/ubugi.init'), join(work, 'etc/init.d/ubugi'), 0o755);
  mkdirSync(join(work, 'DEBIAN'), { mode: 0o755 });
  for (const name of readdirSync(join(here, 'deb'))) {
    const mode = /^(post|pre)/.test(name) ? 0o755 : 0o644;
    write(join(work, 'DEBIAN', name), filled(join(here, 'deb', name), { VERSION: version }), mode);
  }
  const path = join(out, `ubugi-launcher_${version}_all.deb`);
  await execa('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', work, path], tool);
  return path;
}

async function buildRpm(work: string, out: string, version: string): Promise<string> {
  const files = join(work, 'stage');
  await stage(files);
  const { stdout } = await execa('find', [files, '-type', 'f', '-printf', '/%P\n'], tool);
  const spec = filled(join(here, 'rpm/ubugi-launcher.spec'), {
    VERSION: version,
    STAGE: files,
    FILES: stdout.split('\n').sort().join('\n'),
  });
  write(join(work, 'ubugi-launcher.spec'), spec, 0o644);
  const settings: Readonly<Record<string, string>> = {
    _topdir: work,
    _rpmdir: out,
    _build_name_fmt: '%{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm',
    _buildhost: 'localhost',
    use_source_date_epoch_as_buildtime: '1',
    clamp_mtime_to_source_date_epoch: '1',
  };
  const defines = Object.entries(settings).flatMap(([name, value]) => ['--define', `${name} ${value}`]);
  await execa('rpmbuild', ['-bb', '--quiet', ...defines, join(work, 'ubugi-launcher.spec')], tool);
  return join(out, `ubugi-launcher-${version}-1.noarch.rpm`);
}

/** abuild runs on Alpine alone: what it needs, in one folder. */
async function buildApkSource(out: string, version: string): Promise<readonly string[]> {
  const archive = join(out, `ubugi-launcher-${version}.tar.gz`);
  const sorted = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', `--mtime=@${epoch}`];
  const sources = join(root, 'guest-agent');
  await execa(
    'tar',
    ['-C', sources, ...sorted, '--use-compress-program=gzip -n', '-cf', archive, 'launcher'],
    tool,
  );
  const guarding = 'ubugi-launcher.post-install';
  const recipe = [
    ...readdirSync(join(here, 'apk')).map((name) => [name, name] as const),
    // An upgrade does the same, and so does pinning signers later.
    ['ubugi-launcher.post-upgrade', guarding] as const,
    ['ubugi-launcher.trigger', guarding] as const,
  ].map(([name, from]) => {
    write(join(out, name), filled(join(here, 'apk', from), { VERSION: version }), 0o644);
    return join(out, name);
  });
  return [archive, ...recipe];
}

function buildInstaller(out: string, version: string): string {
  const path = join(out, 'ubugi-install.sh');
  write(path, installerText(launcher, version), 0o755);
  return path;
}

function filled(path: string, values: Readonly<Record<string, string>>): string {
  return readFileSync(path, 'utf8').replaceAll(/@([A-Z]+)@/g, (_mark, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${path} asks for @${name}@, which nobody fills in`);
    return value;
  });
}

function put(from: string, to: string, mode: number): void {
  copyFileSync(from, to);
  chmodSync(to, mode);
}

function write(path: string, text: string, mode: number): void {
  writeFileSync(path, text);
  chmodSync(path, mode);
}

function packageVersion(): string {
  return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string })
    .version;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { out: { type: 'string', default: join(root, 'build/packages') } },
  });
  for (const path of await buildGuestPackages(resolve(values.out))) process.stdout.write(`${path}\n`);
}
