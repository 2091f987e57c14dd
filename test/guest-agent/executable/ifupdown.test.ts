import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildAgent } from '../../../guest-agent/build.ts';
import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import { type GuestNamespace, startGuestNamespace } from '../../harness/guest-namespace.ts';
import { createGuestRoot, type GuestRoot } from '../../harness/guest-root.ts';
import { writeDriveFolder } from '../drive-folder.ts';
import { exampleGuest } from '../example-guest.ts';
import { dualStackNetwork, exampleNetwork, macs, nics } from '../resources/network/example-network.ts';

const main = '/etc/network/interfaces';
const ours = '/etc/network/interfaces.d/ubugi';
const cloudInit = '/etc/network/interfaces.d/50-cloud-init';
/** As cloud-init's own renderer writes it for the same address: two such stanzas are more than ifup can do. */
const cloudText = `auto lo
iface lo inet loopback

auto ens3
iface ens3 inet static
    address 192.0.2.10/24
    gateway 192.0.2.1
`;
const wanted = dualStackNetwork(['192.0.2.10/24', '192.0.2.11/24', '2001:db8::10/64', '2001:db8::11/64']);

/** The compiled agent and real ifup in a real Debian, with NICs in a network of their own. */
describe('ubugi-agent and ifupdown', () => {
  let agent: string;
  let root: GuestRoot;
  let network: GuestNamespace;
  beforeAll(async () => {
    agent = await buildAgent('x86_64');
  }, 600_000);
  beforeEach(async () => {
    root = await createGuestRoot('tools');
    cpSync(agent, join(root.path, 'agent'));
    for (const other of ['netplan', 'NetworkManager'])
      rmSync(join(root.path, 'usr/sbin', other), { force: true });
    write(main, 'source /etc/network/interfaces.d/*\n');
    write(cloudInit, cloudText);
    network = await startGuestNamespace(root, nics);
  }, 600_000);
  afterEach(async () => {
    await network.stop();
    root.remove();
  });

  const read = (path: string): string => readFileSync(join(root.path, path), 'utf8');
  function write(path: string, text: string): void {
    writeFileSync(join(root.path, path), text);
  }
  async function succeed(...argv: readonly [string, ...string[]]): Promise<string> {
    const { status, output } = await network.run(argv);
    expect({ argv, status, output: status === 0 ? '' : output }).toEqual({ argv, status: 0, output: '' });
    return output;
  }
  async function apply(
    wish: GuestConfiguration['network'],
    generation: number,
    ...options: readonly string[]
  ): Promise<AgentReport['resources'][number] | undefined> {
    const guest = exampleGuest({
      network: wish,
      dns: {},
      ntp: {},
      groups: [],
      accounts: [],
      sudo: { rules: [] },
      files: [],
    });
    writeDriveFolder(join(root.path, 'drive'), guest, { generation });
    await network.run(['/agent', 'apply', '--drive', '/drive', ...options]);
    const report = JSON.parse(read('/run/ubugi/report.json')) as AgentReport;
    return report.resources.find(({ resource }) => resource === 'network');
  }
  async function addresses(device: string): Promise<readonly string[]> {
    const lines = (await succeed('ip', '-o', 'addr', 'show', 'dev', device, 'scope', 'global')).split('\n');
    return lines.flatMap((line) => / inet6? (\S+)/.exec(line)?.[1] ?? []).sort();
  }
  const routes = async (family: '-4' | '-6'): Promise<string> => succeed('ip', family, 'route', 'show');
  const times = (paths: readonly string[]): readonly number[] =>
    paths.map((path) => statSync(join(root.path, path)).mtimeMs);

  test('at boot: ours win over what cloud-init wrote for the same NIC', async () => {
    expect(await apply(wanted, 1, '--trigger', 'boot')).toMatchObject({ outcome: 'changed' });
    const before = times([ours, cloudInit, main]);
    expect(await apply(wanted, 1, '--trigger', 'boot')).toMatchObject({ outcome: 'unchanged' });
    expect(times([ours, cloudInit, main])).toEqual(before);

    await succeed('mkdir', '-p', '/run/network');
    await succeed('ifup', '-a');
    expect(await addresses('ens3')).toEqual(
      ['192.0.2.10/24', '192.0.2.11/24', '2001:db8::10/64', '2001:db8::11/64'].sort(),
    );
    expect(await addresses('ens4')).toEqual(['10.0.0.2/20']);
    expect(await succeed('ip', 'link', 'show', 'ens3')).toContain('mtu 1400');
    expect(await routes('-4')).toMatch(/^default via 192\.0\.2\.1 dev ens3 onlink/m);
    expect(await routes('-4')).toMatch(/^198\.51\.100\.0\/24 via 192\.0\.2\.254 dev ens3 metric 50/m);
    expect(await routes('-6')).toMatch(/^default via 2001:db8::1 dev ens3 /m);
    expect(await routes('-6')).toMatch(/^2001:db8:1::\/48 via 2001:db8::fe dev ens3 metric 60/m);
  });

  test('live, where policy allows it: the old address goes, and what cloud-init wrote comes back at the end', async () => {
    await succeed('mkdir', '-p', '/run/network');
    await succeed('ifup', '-a');
    expect(await addresses('ens3')).toEqual(['192.0.2.10/24']);
    expect(await apply(wanted, 1)).toMatchObject({
      outcome: 'changed',
      changes: [expect.objectContaining({ detail: 'takes effect at the next boot' }), expect.anything()],
    });
    expect(await addresses('ens3')).toEqual(['192.0.2.10/24']);
    const moved = { interfaces: [{ mac: macs[0], addresses: ['203.0.113.7/24'] }], live: true as const };
    expect(await apply(moved, 2)).toMatchObject({ outcome: 'changed' });
    expect(await addresses('ens3')).toEqual(['203.0.113.7/24']);
    expect(await apply({ interfaces: [] }, 3)).toMatchObject({ outcome: 'changed' });
    expect(read(cloudInit)).toBe(cloudText);
    expect(existsSync(join(root.path, ours))).toBe(false);
  });

  test('bonds and VLANs: ifup would do what the kernel here cannot', async () => {
    expect(await apply(exampleNetwork(), 1, '--trigger', 'boot')).toMatchObject({ outcome: 'changed' });
    await succeed('mkdir', '-p', '/run/network');
    const commands = (await succeed('ifup', '--no-act', '--verbose', '-a')).split('\n');
    const order = [
      'test -d /sys/class/net/bond0 || ip link add name bond0 type bond',
      'echo 802.3ad > /sys/class/net/bond0/bonding/mode',
      'echo fast > /sys/class/net/bond0/bonding/lacp_rate',
      'ip link set dev ens6 master bond0',
      'test -d /sys/class/net/ens3.40 || ip link add link ens3 name ens3.40 type vlan id 40',
      'test -d /sys/class/net/storage || ip link add link bond0 name storage type vlan id 41',
      'ip -6 route replace 2001:db8:42::/48 via 2001:db8:41::1 dev storage metric 7',
    ].map((command) => commands.indexOf(command));
    expect(order).not.toContain(-1);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect((await succeed('ifquery', '--list')).split('\n').sort()).toEqual(
      ['lo', 'ens3', 'ens4', 'ens5', 'ens6', 'bond0', 'ens3.40', 'storage'].sort(),
    );
  });

  test('busybox: a marked block in the one file that it reads', async () => {
    for (const tool of ['ifup', 'ifdown', 'ifquery', 'ip']) {
      rmSync(join(root.path, 'sbin', tool), { force: true });
      if (tool !== 'ifquery') symlinkSync('/bin/busybox', join(root.path, 'sbin', tool));
    }
    for (const tool of ['ip', 'busybox']) rmSync(join(root.path, 'bin', tool), { force: true });
    // The dynamic one of Debian knows no IPv4 in its ifup; this one is made as Alpine's is.
    cpSync('/bin/busybox', join(root.path, 'bin/busybox'));
    // Debian's hooks want the D-Bus of a running system.
    for (const phase of ['pre-up', 'up', 'down', 'post-down']) {
      const hooks = join(root.path, `etc/network/if-${phase}.d`);
      for (const name of readdirSync(hooks)) rmSync(join(hooks, name));
    }
    const alpine = 'auto lo\niface lo inet loopback\n\nauto ens3\niface ens3 inet dhcp\n';
    write(main, alpine);
    const wish = { interfaces: wanted.interfaces };
    expect(await apply(wish, 1, '--trigger', 'boot')).toMatchObject({ outcome: 'changed' });
    await succeed('ifup', '-a');
    expect(await addresses('ens3')).toEqual(
      ['192.0.2.10/24', '192.0.2.11/24', '2001:db8::10/64', '2001:db8::11/64'].sort(),
    );
    expect(await addresses('ens4')).toEqual(['10.0.0.2/20']);
    expect(await routes('-4')).toMatch(/^198\.51\.100\.0\/24 via 192\.0\.2\.254 dev ens3 +metric 50/m);
    const live = { interfaces: [{ mac: macs[1], addresses: ['10.9.9.9/24'] }], live: true as const };
    expect(await apply(live, 2)).toMatchObject({ outcome: 'changed' });
    expect(await addresses('ens4')).toEqual(['10.9.9.9/24']);
    expect(await apply({ interfaces: [] }, 3)).toMatchObject({ outcome: 'changed' });
    expect(read(main)).toBe(alpine);
  });

  test('a stanza that ifquery cannot read changes nothing', async () => {
    rmSync(join(root.path, 'usr/sbin/ifquery'), { force: true });
    write('/usr/sbin/ifquery', '#!/bin/sh\necho "interfaces:3: misplaced option" >&2\nexit 1\n');
    await succeed('chmod', '755', '/usr/sbin/ifquery');
    const result = await apply(wanted, 1, '--trigger', 'boot');
    expect(result).toMatchObject({ outcome: 'failed', message: expect.stringContaining('misplaced option') });
    expect(existsSync(join(root.path, ours))).toBe(false);
    expect(read(cloudInit)).toBe(cloudText);
  });
});
