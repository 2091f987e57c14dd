import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { makeImage, makeSigner, type PlainDrive, type Signer, writeTree } from './plain-drive.ts';

/** The shells that the launcher must run in; with busybox, the tools are busybox's as well. */
export const SHELLS = ['dash', 'busybox'] as const;
/** One of the shells. */
export type Shell = (typeof SHELLS)[number];

/** The instance that the scratch machine is. */
export const INSTANCE = '6f1d2c3b-0a4e-4f5d-8c6b-7a8990a1b2c3';

const LAUNCHER = join(import.meta.dirname, '../../../guest-agent/launcher');
/** Applets whose place the real tools keep: busybox has none of these. */
const REAL_TOOLS = new Set(['ssh-keygen', 'flock']);

/** What one run of the launcher did. */
export interface LauncherRun {
  readonly exitCode: number;
  /** Console output. */
  readonly output: string;
  /** Arguments of every start of the agent, in order. */
  readonly calls: readonly string[];
}

/** A scratch root file system with a signer pinned, and drives to offer it. */
export interface LauncherBench {
  readonly dir: string;
  /** The scratch root file system. */
  readonly root: string;
  readonly signer: Signer;
  readonly otherSigner: Signer;
  /** Runs the launcher on the media, each a path. */
  run(shell: Shell, media: readonly string[], options?: readonly string[]): Promise<LauncherRun>;
  /**
   * Writes a signed tree; `change` may tamper with it afterwards. Gives the image's path.
   * @param imageOptions further options of mkisofs
   */
  image(
    drive?: Partial<PlainDrive>,
    change?: (tree: string) => Promise<unknown>,
    imageOptions?: (tree: string) => readonly string[],
  ): Promise<string>;
  dispose(): Promise<void>;
}

/** Stands in for the agent on the drives of these tests: it only records how it was started. */
const STAND_IN_AGENT = `#!/bin/sh
echo "$@" >>/var/lib/ubugi/calls
read -r status 2>/dev/null </var/lib/ubugi/exit-status || status=0
exit "$status"
`;

async function readDriveFiles(): Promise<Readonly<Record<string, string>>> {
  const agents = ['x86_64', 'aarch64'].map((arch) => [`ubugi/agent/${arch}/ubugi-agent`, STAND_IN_AGENT]);
  return {
    'openstack/latest/meta_data.json': `{"uuid":"${INSTANCE}"}`,
    'ubugi/guest.json': '{"marker":"bit-to-flip"}',
    'ubugi/launch': await readFile(join(LAUNCHER, 'launch'), 'utf8'),
    ...(Object.fromEntries(agents) as Record<string, string>),
  };
}

/** Makes a bench in a temporary folder. */
export async function createLauncherBench(): Promise<LauncherBench> {
  const dir = await mkdtemp(join(tmpdir(), 'ubugi-launcher-'));
  const root = join(dir, 'root');
  for (const folder of ['bin', 'etc/ubugi', 'var/lib/ubugi']) {
    await mkdir(join(root, folder), { recursive: true });
  }
  const { stdout: busybox } = await execa('which', ['busybox']);
  await cp(busybox, join(root, 'bin/sh'));
  const applets = join(dir, 'busybox');
  await mkdir(applets);
  const { stdout: names } = await execa('busybox', ['--list']);
  for (const name of names.split('\n')) {
    if (!REAL_TOOLS.has(name)) {
      await symlink(busybox, join(applets, name)).catch(() => undefined);
    }
  }
  const signer = await makeSigner(dir, 'signer');
  const otherSigner = await makeSigner(dir, 'other');
  await cp(signer.trustedSignersPath, join(root, 'etc/ubugi/trusted_signers'));
  const files = await readDriveFiles();
  let images = 0;

  return {
    dir,
    root,
    signer,
    otherSigner,
    async run(shell, media, options = []) {
      const calls = join(root, 'var/lib/ubugi/calls');
      await rm(calls, { force: true });
      const sh = shell === 'busybox' ? ['busybox', 'sh'] : ['dash'];
      const path = shell === 'busybox' ? `${applets}:${process.env['PATH']}` : process.env['PATH'];
      const [command = '', ...front] = sh;
      const target = ['--root', root, ...(options.includes('--instance') ? [] : ['--instance', INSTANCE])];
      const offered = media.flatMap((medium) => ['--medium', medium]);
      const result = await execa(
        command,
        [...front, join(LAUNCHER, 'ubugi-launcher'), ...target, ...offered, ...options],
        { all: true, reject: false, timeout: 30_000, env: { PATH: path } },
      );
      const recorded = await readFile(calls, 'utf8').catch(() => '');
      await rm(calls, { force: true });
      return {
        exitCode: result.exitCode ?? -1,
        output: result.all,
        calls: recorded.split('\n').filter((line) => line !== ''),
      };
    },
    async image(drive = {}, change = async () => undefined, imageOptions = () => []) {
      images += 1;
      const tree = join(dir, `tree-${images}`);
      await writeTree(tree, { instance: INSTANCE, generation: 3, files, ...drive }, signer);
      await change(tree);
      const image = join(dir, `drive-${images}.iso`);
      await makeImage(tree, image, imageOptions(tree));
      return image;
    },
    dispose: () => rm(dir, { recursive: true, force: true }),
  };
}

/** Writes what the agent would have recorded after applying a generation. */
export async function recordApplied(
  root: string,
  generation: number,
  { instance = INSTANCE, newest }: { readonly instance?: string; readonly newest?: number } = {},
): Promise<void> {
  const applied = { instance, generation, manifestSha256: '0'.repeat(64), newest };
  await writeFile(join(root, 'var/lib/ubugi/applied.json'), JSON.stringify(applied));
}
