import { cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { execa } from 'execa';
import { runCloudInit, seedCloudInit } from '../../test/harness/cloud-init-chroot.ts';
import { extractGuestRoot, inRoot } from '../../test/harness/guest-image/root-tree.ts';
import { guestNetwork } from '../../test/harness/virtual-machine/virtual-machine.ts';
import type { GuestInput } from './guest-input.ts';
import { type ResourceTimes, readResourceTimes } from './resource-times.ts';

const LAUNCHER = join(import.meta.dirname, '../../guest-agent/launcher');
const RUN = { timeout: 120_000 } as const;

/** Milliseconds of each run. */
export interface ChrootTimes {
  readonly ubugi: readonly number[];
  readonly ubugiUnchanged: readonly number[];
  readonly cloudInit: readonly number[];
  /** By resource, of the runs in `ubugi` and in `ubugiUnchanged`. */
  readonly resources: readonly ResourceTimes[];
  readonly resourcesUnchanged: readonly ResourceTimes[];
}

/** Times both natively in a chroot of the guest's root file system, a fresh one for each run, taking turns. */
export async function measureInChroot(dir: string, input: GuestInput, runs: number): Promise<ChrootTimes> {
  const template = join(dir, 'template');
  await extractGuestRoot(template);
  // Goes by MAC address, so that the network too can be configured in a root that is not booted.
  await inRoot(template, ['dpkg', '--purge', 'ifupdown']);
  await inRoot(template, ['systemctl', 'enable', 'systemd-networkd']);
  const times = { ubugi: [] as number[], ubugiUnchanged: [] as number[], cloudInit: [] as number[] };
  const resources: ResourceTimes[] = [];
  const resourcesUnchanged: ResourceTimes[] = [];
  for (let run = 0; run < runs; run += 1) {
    const root = join(dir, 'root');
    await freshRoot(template, root);
    await execa('sh', [join(LAUNCHER, 'install.sh'), root, input.trustedSignersPath]);
    await execa('sync');
    times.ubugi.push(await timeLauncher(root, input));
    resources.push(await readResourceTimes(root));
    times.ubugiUnchanged.push(await timeLauncher(root, input));
    resourcesUnchanged.push(await readResourceTimes(root));
    await expectAlice(root);
    await freshRoot(template, root);
    await cp(input.peerTree, join(root, 'var/lib/cloud/seed/config_drive'), { recursive: true });
    await seedCloudInit(root, []);
    await execa('sync');
    times.cloudInit.push(await runCloudInit(root, guestNetwork.mac));
    await expectAlice(root);
    await rm(root, { recursive: true });
  }
  return { ...times, resources, resourcesUnchanged };
}

async function freshRoot(template: string, root: string): Promise<void> {
  await rm(root, { recursive: true, force: true });
  await execa('cp', ['-a', template, root], RUN);
}

async function timeLauncher(root: string, input: GuestInput): Promise<number> {
  const launcher = join(root, 'usr/lib/ubugi/ubugi-launcher');
  // A folder, not the image: a kernel without ISO 9660 would have xorriso in the measurement.
  const options = ['--root', root, '--medium', input.driveTree, '--instance', input.instance];
  const start = performance.now();
  await execa('dash', [launcher, ...options], RUN);
  return performance.now() - start;
}

/** A run that did not do its work is no result. */
async function expectAlice(root: string): Promise<void> {
  const passwd = await readFile(join(root, 'etc/passwd'), 'utf8');
  const sources = await execa('grep', ['-rqs', 'ntp1.tokyo.example.com', join(root, 'etc/chrony')], {
    reject: false,
  });
  if (!/^alice:/m.test(passwd) || sources.exitCode !== 0) {
    throw new Error(`${root} was not dressed: look into it, and into var/log/stages there`);
  }
}
