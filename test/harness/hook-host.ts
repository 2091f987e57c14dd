import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { buildHypervisor } from '../../hypervisor-hook/build.ts';
import { createDriveMaker, type DriveMaker } from './signed-drive.ts';

/** What came of one run of the hook. */
export interface HookRun {
  readonly status: number | undefined;
  readonly signal: string | undefined;
  readonly stderr: string;
}

/** A hypervisor's folders and configuration in a scratch folder. */
export interface HookHost {
  readonly folder: string;
  readonly configuration: string;
  readonly driveFolder: string;
  readonly stateFolder: string;
  /** Where the drive of {@link domainXml} lies. */
  readonly drive: string;
  readonly maker: DriveMaker;
  /** Writes the configuration; `settings` are lines of YAML. */
  configure(url: string, settings?: readonly string[]): Promise<void>;
  /** Runs the built `ubugi-hypervisor hook` with the domain's XML on standard input. */
  hook(options?: HookOptions): Promise<HookRun>;
  /** The drive at its path. */
  read(): Promise<Buffer | undefined>;
  remove(): Promise<void>;
}

/** How one run differs from the usual one. */
export interface HookOptions {
  readonly phase?: readonly [string, string];
  readonly xml?: string;
  /** Runs under this program, such as strace with its arguments. */
  readonly under?: readonly string[];
}

/** UUID of the domain. */
export const instance = '5c2f1f4e-3c7b-4c7e-9a53-0a4c1a6f9d01';

/** XML of a domain with one CD-ROM at a path. */
export function domainXml(file: string, uuid = instance): string {
  return `<domain type='qemu'><name>web-01</name><uuid>${uuid}</uuid><devices>
    <disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='${file}'/>
    <target dev='sda' bus='scsi'/><readonly/></disk></devices></domain>`;
}

const root = join(import.meta.dirname, '../..');

/** The built executable, made if the sources changed. */
export async function hypervisorExecutable(): Promise<string> {
  return (await buildHypervisor({ root, cache: join(root, '.cache/hypervisor') })).path;
}

/** Makes a host that runs this executable. */
export async function createHookHost(executable: string): Promise<HookHost> {
  const folder = await mkdtemp(join(tmpdir(), 'ubugi-hook-'));
  const driveFolder = join(folder, 'drives');
  const stateFolder = join(folder, 'state');
  const configuration = join(folder, 'hypervisor.yaml');
  const drive = join(driveFolder, 'web-01.iso');
  const maker = await createDriveMaker(folder);
  await mkdir(driveFolder);
  await writeFile(join(folder, 'token'), `ubugi_${'a'.repeat(43)}\n`);
  await chmod(join(folder, 'token'), 0o600);
  await writeFile(join(folder, 'trusted_signers'), maker.trustedSigners);

  return {
    folder,
    configuration,
    driveFolder,
    stateFolder,
    drive,
    maker,
    configure: (url, settings = []) =>
      writeFile(
        configuration,
        [
          'server:',
          `  url: ${url}`,
          '  tokenFile: token',
          'trustedSigners: trusted_signers',
          'stateFolder: state',
          'driveFolder: drives',
          ...settings,
          '',
        ].join('\n'),
      ),
    hook: async ({ phase = ['prepare', 'begin'], xml = domainXml(drive), under = [] } = {}) => {
      const [command, ...args] = [...under, executable];
      const result = await execa(
        command,
        [...args, 'hook', '--config', configuration, '--', 'web-01', ...phase, '-'],
        {
          input: xml,
          reject: false,
          timeout: 60_000,
          // One thread for system calls: strace counts calls by thread.
          env: { PATH: process.env['PATH'] ?? '', UV_THREADPOOL_SIZE: '1' },
          extendEnv: false,
        },
      );
      return { status: result.exitCode, signal: result.signal, stderr: result.stderr };
    },
    read: () => readFile(drive).catch(() => undefined),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
