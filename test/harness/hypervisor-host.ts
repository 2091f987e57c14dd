import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import type { Libvirt } from './libvirt.ts';
import type { ServedSite } from './served-site.ts';

/** What a command on the host gave. */
export interface HostRun {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A host of a site: a libvirtd with the hook, and the daemon where it was started. */
export interface HypervisorHost {
  readonly libvirt: Libvirt;
  /** Where the drives of its enrolled domains lie, for who looks from outside. */
  readonly driveFolder: string;
  /** Runs `ubugi-hypervisor` beside libvirtd. */
  run(...args: readonly string[]): Promise<HostRun>;
  /** Starts `ubugi-hypervisor watch`. */
  startDaemon(): void;
  /** Ends it by a signal. @returns its exit status */
  endDaemon(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | undefined>;
  /** What the daemon has said so far. */
  log(): string;
}

const root = join(import.meta.dirname, '../..');
const hookScript = join(root, 'hypervisor-hook/adapters/libvirt/qemu.d-ubugi');
const program = '/usr/bin/ubugi-hypervisor';
const runMs = 60_000;
const lifetimeMs = 1_800_000;

/**
 * Makes the host of a libvirtd one of a site's: a token, the trusted signers, the configuration and the hook. libvirtd starts
 * anew. Whoever ends the libvirtd ends the daemon too.
 */
export async function openHypervisorHost(
  site: ServedSite,
  libvirt: Libvirt,
  { name = 'hv-01', watch = {} }: HostOptions = {},
): Promise<HypervisorHost> {
  const role = ['--role', 'hypervisor', '--hypervisor', name] as const;
  const created = await site.operate('token', 'create', name, ...role, '--json');
  const { secret } = JSON.parse(created) as { readonly secret: string };
  const token = join(libvirt.ubugiFolder, 'token');
  await writeFile(token, `${secret}\n`);
  await chmod(token, 0o600);
  await site.operate('trusted-signers', '--out', join(libvirt.ubugiFolder, 'trusted_signers'));
  const configuration = {
    server: { url: site.url, tokenFile: 'token' },
    trustedSigners: 'trusted_signers',
    host: name,
    watch,
  };
  await writeFile(join(libvirt.ubugiFolder, 'hypervisor.yaml'), stringify(configuration));
  await libvirt.installHook(hookScript);
  await libvirt.restartDaemon();

  let daemon: { readonly pid: number; readonly ended: Promise<number | undefined> } | undefined;
  let said = '';
  return {
    libvirt,
    driveFolder: join(libvirt.driveRoot, 'drives'),
    run: async (...args) => {
      const { exitCode, stdout, stderr } = await execa('nsenter', [...libvirt.inside, program, ...args], {
        reject: false,
        stdin: 'ignore',
        timeout: runMs,
      });
      return { exitCode, stdout, stderr };
    },
    startDaemon() {
      const options = { reject: false, timeout: lifetimeMs } as const;
      const started = execa('nsenter', [...libvirt.inside, program, 'watch'], options);
      for (const stream of [started.stdout, started.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          said += chunk.toString();
        });
      }
      daemon = { pid: started.pid ?? 0, ended: started.then(({ exitCode }) => exitCode) };
    },
    async endDaemon(signal) {
      if (daemon === undefined) return undefined;
      // nsenter waits for the daemon, and passes no signal on.
      const children = await readFile(`/proc/${daemon.pid}/task/${daemon.pid}/children`, 'utf8');
      for (const pid of children.trim().split(' ').filter(Boolean)) process.kill(Number(pid), signal);
      return await daemon.ended;
    },
    log: () => said,
  };
}

/** How a host is made. */
export interface HostOptions {
  readonly name?: string;
  /** Settings of the daemon. */
  readonly watch?: Readonly<Record<string, unknown>>;
}
