import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { GenerationState, InstanceDetail } from '../../schemas/types/api.ts';
import { exampleInstances } from '../harness/example-server.ts';
import { makeGuestDisk } from '../harness/guest-image/guest-disk.ts';
import { hypervisorExecutable } from '../harness/hook-host.ts';
import { type HypervisorHost, openHypervisorHost } from '../harness/hypervisor-host.ts';
import { startLibvirt } from '../harness/libvirt.ts';
import { type ServedSite, serveSite } from '../harness/served-site.ts';
import { domainName, startLibvirtMachine } from '../harness/virtual-machine/libvirt-machine.ts';
import { hasAnswered, runOverSsh, runOverSshWhenUp, type SshResult } from '../harness/virtual-machine/ssh.ts';
import type { VirtualMachine } from '../harness/virtual-machine/virtual-machine.ts';

const LIFETIME_MS = 2_400_000;
const BOOT_MS = 900_000;
const SSH_MS = 120_000;
const PEOPLE = ['alice', 'carol', 'dave', 'operator'] as const;

/** People of the example directory whose keys the test holds; `operator` is root by the image's own key. */
export type HostPerson = (typeof PEOPLE)[number];

/** A server and a host as processes of their own, and a machine of the host that is up: the example's web-01. */
export interface HostRoom {
  readonly site: ServedSite;
  readonly host: HypervisorHost;
  readonly machine: VirtualMachine;
  /** Runs a command over ssh as a person, with her own key. */
  readonly as: (person: HostPerson, command: string) => Promise<SshResult>;
  /** The same, once the machine's sshd answers. Fails with what the console says where it does not. */
  readonly whenUp: (person: HostPerson, command: string) => Promise<SshResult>;
  /** Whether the machine's sshd lets her in. Fails where it does not answer. */
  readonly isIn: (person: HostPerson) => Promise<boolean>;
  /** How far the machine's newest generation has come, as the server knows. */
  readonly generation: () => Promise<GenerationState>;
  /** Puts another person in the place of one in the directory; the server does not know yet. */
  readonly replace: (gone: 'carol' | 'dave', next: 'carol' | 'dave') => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Serves the example with keys made for this, opens a host with its daemon, enrols a domain and boots it. */
export async function openHostRoom(): Promise<HostRoom> {
  const dir = await mkdtemp(join(tmpdir(), 'ubugi-host-'));
  const opened: (() => Promise<unknown>)[] = [() => rm(dir, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const dispose of opened.splice(0).reverse()) await dispose();
  };
  try {
    const payloadFolder = join(import.meta.dirname, '../../build/payload');
    const site = await serveSite({ payloadFolder, lifetimeMs: LIFETIME_MS });
    opened.push(() => site.stop());
    await makeKeys(dir, site);
    await site.operate('sync');
    const libvirt = await startLibvirt(await hypervisorExecutable());
    opened.push(() => libvirt.stop());
    const host = await openHypervisorHost(site, libvirt, { watch: { heartbeatSeconds: 2 } });
    host.startDaemon();
    opened.push(() => host.endDaemon('SIGTERM'));
    const trustedSignersPath = join(libvirt.ubugiFolder, 'trusted_signers');
    const disk = await makeGuestDisk(
      join(dir, 'disk.img'),
      { kind: 'launcher', trustedSignersPath, system: 'systemd-networkd' },
      (await readFile(join(dir, 'operator.pub'), 'utf8')).trim(),
    );
    const options = { dir, disk, uuid: exampleInstances.web01, media: [] };
    const machine = await startLibvirtMachine(libvirt, options, async () => {
      const { exitCode, stderr } = await host.run('enrol', domainName, '--yes');
      if (exitCode !== 0) throw new Error(`enrol: exit status ${exitCode}\n${stderr}`);
    });
    opened.push(() => machine.stop());
    const login = (person: HostPerson) => ({
      port: machine.sshPort,
      user: person === 'operator' ? 'root' : person,
      keyPath: join(dir, person),
    });
    const room: HostRoom = {
      site,
      host,
      machine,
      as: (person, command) => runOverSsh(login(person), command, SSH_MS),
      async whenUp(person, command) {
        const result = await runOverSshWhenUp(login(person), command, BOOT_MS);
        if (hasAnswered(result)) return result;
        throw new Error(`no sshd answered: ${result.stderr}\n${machine.console.tail()}`);
      },
      async isIn(person) {
        const result = await room.as(person, 'true');
        if (!hasAnswered(result)) throw new Error(result.stderr);
        return result.exitCode === 0;
      },
      async generation() {
        const detail = JSON.parse(await site.operate('show', 'web-01', '--json')) as InstanceDetail;
        return detail.summary.generation;
      },
      async replace(gone, next) {
        const member = new RegExp(`(cn: web-admins[^]*?)memberUid: ${gone}`);
        await site.edit('directory.ldif', [[member, `$1memberUid: ${next}`]]);
      },
      close,
    };
    await room.whenUp('operator', 'true');
    return room;
  } catch (error) {
    await close();
    throw error;
  }
}

async function makeKeys(dir: string, site: ServedSite): Promise<void> {
  for (const person of PEOPLE) {
    const path = join(dir, person);
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', `${person}@e2e`, '-f', path]);
    if (person === 'operator') continue;
    const key = (await readFile(`${path}.pub`, 'utf8')).trim();
    const known = new RegExp(`^(sshPublicKey: ).* ${person}@.*$`, 'm');
    await site.edit('directory.ldif', [[known, `$1${key}`]]);
  }
}
