import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AgentReport } from '../../schemas/types/agent-report.ts';
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

const POLL = { timeout: 600_000, interval: 1000 } as const;
const LIFETIME_MS = 2_400_000;
const BOOT_MS = 900_000;
const SSH_MS = 120_000;
const PEOPLE = ['alice', 'carol', 'dave', 'operator'] as const;
type Person = (typeof PEOPLE)[number];

let dir: string;
let site: ServedSite;
let host: HypervisorHost;
let machine: VirtualMachine;
const opened: (() => Promise<unknown>)[] = [];

/** A server and a host as processes of their own, and a machine that the host has enrolled. */
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ubugi-host-'));
  opened.push(() => rm(dir, { recursive: true, force: true }));
  site = await serveSite({
    payloadFolder: join(import.meta.dirname, '../../build/payload'),
    lifetimeMs: LIFETIME_MS,
  });
  opened.push(() => site.stop());
  for (const person of PEOPLE) {
    const path = join(dir, person);
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', `${person}@e2e`, '-f', path]);
    if (person === 'operator') continue;
    const key = (await readFile(`${path}.pub`, 'utf8')).trim();
    const known = new RegExp(`^(sshPublicKey: ).* ${person}@.*$`, 'm');
    await site.edit('directory.ldif', [[known, `$1${key}`]]);
  }
  await site.operate('sync');
  const libvirt = await startLibvirt(await hypervisorExecutable());
  opened.push(() => libvirt.stop());
  host = await openHypervisorHost(site, libvirt, { folder: dir, watch: { heartbeatSeconds: 2 } });
  host.startDaemon();
  opened.push(() => host.endDaemon('SIGTERM'));
  const trustedSignersPath = join(libvirt.ubugiFolder, 'trusted_signers');
  const disk = await makeGuestDisk(
    join(dir, 'disk.img'),
    { kind: 'launcher', trustedSignersPath, system: 'systemd-networkd' },
    (await readFile(join(dir, 'operator.pub'), 'utf8')).trim(),
  );
  const options = { dir, disk, uuid: exampleInstances.web01, media: [] };
  machine = await startLibvirtMachine(libvirt, options, async () => {
    expect(await host.run('enrol', domainName, '--yes')).toMatchObject({ exitCode: 0 });
  });
  opened.push(() => machine.stop());
  const up = await runOverSshWhenUp(login('operator'), 'true', BOOT_MS);
  if (!hasAnswered(up)) throw new Error(`no sshd answered: ${up.stderr}\n${machine.console.tail()}`);
});

afterAll(async () => {
  for (const dispose of opened.reverse()) await dispose();
});

function login(person: Person): { port: number; user: string; keyPath: string } {
  const user = person === 'operator' ? 'root' : person;
  return { port: machine.sshPort, user, keyPath: join(dir, person) };
}

const as = async (person: Person, command: string): Promise<SshResult> =>
  await runOverSsh(login(person), command, SSH_MS);

async function isIn(person: Person): Promise<boolean> {
  const { exitCode, stderr } = await as(person, 'true');
  if (exitCode !== 0 && !stderr.includes('Permission denied')) throw new Error(stderr);
  return exitCode === 0;
}

async function generation(): Promise<GenerationState> {
  const { summary } = JSON.parse(await site.operate('show', 'web-01', '--json')) as InstanceDetail;
  return summary.generation;
}

async function replace(gone: 'carol' | 'dave', next: 'carol' | 'dave'): Promise<void> {
  const member = new RegExp(`(cn: web-admins[^]*?)memberUid: ${gone}`);
  await site.edit('directory.ldif', [[member, `$1memberUid: ${next}`]]);
  await site.operate('sync');
}

describe('a machine on an enrolled host', () => {
  test('is dressed at its first boot, and its report comes through the hypervisor', async () => {
    expect(await isIn('carol')).toBe(true);
    expect(await isIn('dave')).toBe(false);
    const reached = { newest: 1, attached: 1, applied: 1, state: 'current' };
    await expect.poll(generation, POLL).toMatchObject(reached);
  });

  test('loses and gains by a sync alone', async () => {
    await replace('carol', 'dave');
    await expect.poll(() => isIn('carol'), POLL).toBe(false);
    await expect.poll(() => isIn('dave'), POLL).toBe(true);
    const reached = { newest: 2, attached: 2, applied: 2, state: 'current' };
    await expect.poll(generation, POLL).toMatchObject(reached);
    const report = JSON.parse((await as('operator', 'cat /run/ubugi/report.json')).stdout) as AgentReport;
    expect(report).toMatchObject({ generation: 2, trigger: 'medium-change', outcome: 'applied' });
  });

  test('is up to date again once server and daemon are back from kill -9', async () => {
    await site.end('SIGKILL');
    await host.endDaemon('SIGKILL');
    host.startDaemon();
    await site.start();
    await replace('dave', 'carol');
    await expect.poll(() => isIn('dave'), POLL).toBe(false);
    await expect.poll(generation, POLL).toMatchObject({ newest: 3, applied: 3 });
  });

  test('starts again without the server, though its drive was lost with it', async () => {
    await site.end('SIGTERM');
    await host.libvirt.virsh('destroy', domainName);
    const drive = join(host.driveFolder, `${domainName}.iso`);
    await rm(drive);
    // The daemon puts it back before anybody starts the machine.
    const state = async (): Promise<string> =>
      await readFile(drive).then(
        () => 'there',
        () => 'lost',
      );
    await expect.poll(state, POLL).toBe('there');
    expect(await host.libvirt.virsh('start', domainName)).toMatchObject({ status: 0 });
    await site.start();
    expect((await host.run('status')).exitCode).toBe(0);
  });
});
