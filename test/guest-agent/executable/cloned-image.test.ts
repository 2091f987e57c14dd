import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildAgent } from '../../../guest-agent/build.ts';
import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import { createGuestRoot, type GuestRoot } from '../../harness/guest-root.ts';
import { writeDriveFolder } from '../drive-folder.ts';
import { exampleGuest } from '../example-guest.ts';

const SECOND = '11111111-2222-4333-8444-555555555555';
const IMAGES_ID = '0123456789abcdef0123456789abcdef';

/** The executable on machines made from one image, with the image's own machine-id and host keys. */
describe('ubugi-agent on a cloned image', () => {
  let agent: string;
  let root: GuestRoot;
  beforeAll(async () => {
    agent = await buildAgent('x86_64');
  }, 600_000);
  beforeEach(async () => {
    root?.remove();
    root = await createGuestRoot();
    cpSync(agent, join(root.path, 'agent'));
    write('/etc/machine-id', `${IMAGES_ID}\n`);
    for (const type of ['rsa', 'ecdsa']) rmSync(join(root.path, `etc/ssh/ssh_host_${type}_key`));
    write('/etc/ssh/ssh_host_dsa_key', 'old');
  }, 600_000);
  afterAll(() => root?.remove());

  const read = (path: string): string => readFileSync(join(root.path, path), 'utf8');
  function write(path: string, text: string): void {
    rmSync(join(root.path, path), { force: true });
    writeFileSync(join(root.path, path), text);
  }
  const report = (): AgentReport => JSON.parse(read('/run/ubugi/report.json')) as AgentReport;
  const resource = (name: string) => report().resources.find((entry) => entry.resource === name);
  const hostKeys = (): readonly string[] =>
    readdirSync(join(root.path, 'etc/ssh')).filter((name) => name.startsWith('ssh_host_'));
  const publicKey = (): string => read('/etc/ssh/ssh_host_ed25519_key.pub');

  async function apply(id = exampleGuest().instance.id, ...options: readonly string[]): Promise<number> {
    const instance = { ...exampleGuest().instance, id };
    const guest = exampleGuest({
      instance,
      network: { interfaces: [] },
      ntp: {},
      dns: {},
      accounts: [],
      groups: [],
    });
    writeDriveFolder(join(root.path, 'drive'), { ...guest, sudo: { rules: [] }, files: [] });
    const spaces = ['--uts', '--pid', '--fork', '--kill-child', `--mount-proc=${root.path}/proc`];
    const script = 'hostname web-01 && exec /agent apply --drive /drive "$@"';
    const command = ['chroot', root.path, '/bin/sh', '-c', script, 'sh', ...options];
    return (
      (await execa('unshare', [...spaces, ...command], { reject: false, timeout: 60_000 })).exitCode ?? -1
    );
  }

  test('the first application gives it a machine-id and host keys of its own, and no later one', async () => {
    const before = publicKey();
    mkdirSync(join(root.path, 'var/lib/dbus'), { recursive: true });
    write('/var/lib/dbus/machine-id', `${IMAGES_ID}\n`);
    expect(await apply()).toBe(0);
    expect(read('/etc/machine-id')).toBe(`${exampleGuest().instance.id.replaceAll('-', '')}\n`);
    expect(statSync(join(root.path, 'etc/machine-id')).mode & 0o777).toBe(0o444);
    expect((await root.run(['readlink', '/var/lib/dbus/machine-id'])).stdout).toBe('/etc/machine-id');
    expect(hostKeys()).toEqual(['ssh_host_ed25519_key', 'ssh_host_ed25519_key.pub']);
    expect(publicKey()).not.toBe(before);
    expect(statSync(join(root.path, 'etc/ssh/ssh_host_ed25519_key')).mode & 0o777).toBe(0o600);
    // sshd reads it, and both halves belong together.
    const half = await root.run(['ssh-keygen', '-y', '-f', '/etc/ssh/ssh_host_ed25519_key']);
    expect(publicKey()).toContain(half.stdout.split(' ').slice(0, 2).join(' '));
    expect((await root.run(['sh', '-c', 'mkdir -p /run/sshd && sshd -t'])).status).toBe(0);
    expect(resource('host-keys')).toMatchObject({ outcome: 'changed' });
    expect(resource('machine-id')).toMatchObject({ outcome: 'changed' });
    const told = JSON.stringify(report());
    expect(told).not.toContain('PRIVATE KEY');
    expect(told).not.toContain(publicKey().split(' ')[1]);

    const [own, id] = [publicKey(), read('/etc/machine-id')];
    write('/etc/machine-id', `${IMAGES_ID}\n`);
    expect(await apply()).toBe(0);
    expect(report().outcome).toBe('unchanged');
    expect(publicKey()).toBe(own);

    // Somebody makes an image of it: the next instance is a new machine, and what is ours stays ours.
    expect(await apply(SECOND)).toBe(0);
    expect(read('/etc/machine-id')).toBe(`${SECOND.replaceAll('-', '')}\n`);
    expect(publicKey()).not.toBe(own);
    expect(read('/etc/machine-id')).not.toBe(id);
  });

  test('an image without host keys gets one of each type', async () => {
    for (const name of hostKeys()) rmSync(join(root.path, 'etc/ssh', name));
    expect(await apply()).toBe(0);
    expect(hostKeys().filter((name) => name.endsWith('.pub'))).toEqual([
      'ssh_host_ecdsa_key.pub',
      'ssh_host_ed25519_key.pub',
      'ssh_host_rsa_key.pub',
    ]);
  });

  test('a root that is not running gets them when it runs', async () => {
    const before = publicKey();
    expect(await apply(undefined, '--offline')).toBe(0);
    expect(publicKey()).toBe(before);
    expect(resource('host-keys')).toMatchObject({
      outcome: 'skipped',
      message: 'made when the machine starts',
    });
    expect(await apply()).toBe(0);
    expect(publicKey()).not.toBe(before);
  });

  test('cloud-init makes its own', async () => {
    const before = publicKey();
    mkdirSync(join(root.path, 'var/lib/cloud'), { recursive: true });
    symlinkSync(
      `/var/lib/cloud/instances/${exampleGuest().instance.id}`,
      join(root.path, 'var/lib/cloud/instance'),
    );
    expect(await apply()).toBe(0);
    expect(publicKey()).toBe(before);
    rmSync(join(root.path, 'var/lib/cloud/instance'));
    expect(await apply()).toBe(0);
    expect(publicKey()).toBe(before);
  });

  test('a tool that fails leaves the old ones, and they are made at the next run', async () => {
    const before = publicKey();
    cpSync(join(root.path, 'usr/bin/ssh-keygen'), join(root.path, 'ssh-keygen'));
    write('/usr/bin/ssh-keygen', '#!/bin/sh\necho no entropy\nexit 1\n');
    await root.run(['chmod', '755', '/usr/bin/ssh-keygen']);
    expect(await apply()).toBe(1);
    expect(resource('host-keys')).toMatchObject({
      outcome: 'failed',
      message: expect.stringContaining('/usr/bin/ssh-keygen: status 1; no entropy') as string,
    });
    expect(publicKey()).toBe(before);
    cpSync(join(root.path, 'ssh-keygen'), join(root.path, 'usr/bin/ssh-keygen'));
    expect(await apply()).toBe(0);
    expect(publicKey()).not.toBe(before);
  });
});
