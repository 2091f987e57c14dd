import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { buildAgent } from '../../../guest-agent/build.ts';
import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import { type GuestNamespace, startGuestNamespace } from '../../harness/guest-namespace.ts';
import { createGuestRoot, type GuestRoot } from '../../harness/guest-root.ts';
import { writeDriveFolder } from '../drive-folder.ts';
import { exampleGuest } from '../example-guest.ts';
import { dualStackNetwork, exampleNetwork, macs, nics } from '../resources/network/example-network.ts';

type Network = GuestConfiguration['network'];

const folder = '/etc/NetworkManager/system-connections';
/** What cloud-init writes for NetworkManager: it asks for another address, with a priority of its own. */
const cloudInit = `[connection]
id=cloud-init ens3
uuid=f8ab8b2f-8d6d-5d5a-a8b3-2f8d6d5d5aa8
type=ethernet
autoconnect-priority=120

[ethernet]
mac-address=${macs[0].toUpperCase()}

[ipv4]
method=manual
address1=198.51.100.9/24
dns=198.51.100.53
`;
const wanted = dualStackNetwork(['192.0.2.10/24', '2001:db8::10/64']);

/** The compiled agent and a real NetworkManager on the bus of a real Debian, with NICs in a network of their own. */
describe('ubugi-agent and NetworkManager', () => {
  let agent: string;
  let root: GuestRoot;
  let network: GuestNamespace;
  beforeAll(async () => {
    agent = await buildAgent('x86_64');
  }, 600_000);
  beforeEach(async () => {
    root = await createGuestRoot('tools');
    cpSync(agent, join(root.path, 'agent'));
    // The guest has NetworkManager and nothing else; resolved's resolvconf would take the name servers from it.
    for (const other of ['sbin/netplan', 'libexec/netplan', 'lib/netplan', 'sbin/resolvconf', 'sbin/ifup'])
      rmSync(join(root.path, 'usr', other), { force: true, recursive: true });
    rmSync(join(root.path, 'etc/resolv.conf'), { force: true });
    write(
      '/etc/NetworkManager/conf.d/10-test.conf',
      '[keyfile]\nunmanaged-devices=interface-name:peer*\n',
      0o644,
    );
    write(`${folder}/cloud-init-ens3.nmconnection`, cloudInit, 0o600);
    network = await startGuestNamespace(root, nics);
    // Where it may not write to /sys it does not wait for udev.
    await succeed('mount', '-o', 'remount,ro', '/sys');
  }, 600_000);
  afterEach(async () => {
    await network.stop();
    root.remove();
  });

  const read = (path: string): string => readFileSync(join(root.path, path), 'utf8');
  function write(path: string, text: string, mode: number): void {
    writeFileSync(join(root.path, path), text, { mode });
  }
  async function succeed(...argv: readonly [string, ...string[]]): Promise<string> {
    const { status, output } = await network.run(argv);
    expect({ argv, status, output: status === 0 ? '' : output }).toEqual({ argv, status: 0, output: '' });
    return output;
  }
  async function apply(
    wish: Partial<GuestConfiguration>,
    generation: number,
    ...options: readonly string[]
  ): Promise<Readonly<Record<string, AgentReport['resources'][number]>>> {
    const nothing = { network: { interfaces: [] }, dns: {}, ntp: {}, groups: [], accounts: [], files: [] };
    const guest = exampleGuest({ ...nothing, sudo: { rules: [] }, ...wish });
    writeDriveFolder(join(root.path, 'drive'), guest, { generation });
    await network.run(['/agent', 'apply', '--drive', '/drive', ...options]);
    const { resources } = JSON.parse(read('/run/ubugi/report.json')) as AgentReport;
    return Object.fromEntries(resources.map((resource) => [resource.resource, resource]));
  }
  async function start(): Promise<void> {
    mkdirSync(join(root.path, 'run/dbus'), { recursive: true });
    await succeed('dbus-daemon', '--system', '--fork');
    await succeed('NetworkManager');
    await vi.waitFor(() => succeed('nmcli', 'general', 'status'), { timeout: 20_000 });
  }
  async function until(device: string, connection: string): Promise<void> {
    await vi.waitFor(
      async () =>
        expect(
          await succeed('nmcli', '-g', 'GENERAL.STATE,GENERAL.CONNECTION', 'device', 'show', device),
        ).toBe(`100 (connected)\n${connection}`),
      { timeout: 30_000 },
    );
  }
  async function addresses(device: string): Promise<readonly string[]> {
    const lines = (await succeed('ip', '-o', 'addr', 'show', 'dev', device, 'scope', 'global')).split('\n');
    return lines.flatMap((line) => / inet6? (\S+)/.exec(line)?.[1] ?? []).sort();
  }
  const routes = async (family: '-4' | '-6'): Promise<string> => succeed('ip', family, 'route', 'show');
  const ours = (mac: string): string => `ubugi-${mac.replaceAll(':', '')}`;

  test('at boot: ours win over cloud-init, and the name servers are those wanted', async () => {
    const wish = {
      network: wanted,
      dns: { servers: ['192.0.2.53', '2001:db8::53'], search: ['example.com'] },
    };
    const first = await apply(wish, 1, '--trigger', 'boot');
    expect(first).toMatchObject({ network: { outcome: 'changed' }, dns: { outcome: 'changed' } });
    const path = join(root.path, folder, `${ours(macs[0])}.nmconnection`);
    const before = statSync(path);
    expect(before).toMatchObject({ mode: 0o100600, uid: 0 });
    expect(await apply(wish, 1, '--trigger', 'boot')).toMatchObject({
      network: { outcome: 'unchanged' },
      dns: { outcome: 'unchanged' },
    });
    expect(statSync(path).mtimeMs).toBe(before.mtimeMs);

    await start();
    await until('ens3', ours(macs[0]));
    await until('ens4', ours(macs[1]));
    expect(await addresses('ens3')).toEqual(['192.0.2.10/24', '2001:db8::10/64']);
    expect(await addresses('ens4')).toEqual(['10.0.0.2/20']);
    expect(await succeed('ip', 'link', 'show', 'ens3')).toContain('mtu 1400');
    expect(await routes('-4')).toMatch(/^default via 192\.0\.2\.1 dev ens3 /m);
    expect(await routes('-4')).toMatch(/^198\.51\.100\.0\/24 via 192\.0\.2\.254 dev ens3 .*metric 50/m);
    expect(await routes('-6')).toMatch(/^default via 2001:db8::1 dev ens3 /m);
    expect(await routes('-6')).toMatch(/^2001:db8:1::\/48 via 2001:db8::fe dev ens3 .*metric 60/m);
    const resolver =
      '# Generated by NetworkManager\nsearch example.com\nnameserver 192.0.2.53\nnameserver 2001:db8::53\n';
    await vi.waitFor(() => expect(read('/etc/resolv.conf')).toBe(resolver), { timeout: 20_000 });
  });

  test('live, where policy allows it: new addresses and servers at once, and at the end what was before', async () => {
    await start();
    await until('ens3', 'cloud-init ens3');
    const later = await apply({ network: wanted }, 1);
    expect(later['network']?.changes[0]).toMatchObject({ detail: 'takes effect at the next boot' });
    expect(await addresses('ens3')).toEqual(['198.51.100.9/24']);

    const moved: Network = { interfaces: [{ mac: macs[0], addresses: ['203.0.113.7/24'] }], live: true };
    const wish = { network: moved, dns: { servers: ['203.0.113.53'] } };
    expect(await apply(wish, 2)).toMatchObject({
      network: { outcome: 'changed' },
      dns: { outcome: 'changed' },
    });
    expect(await addresses('ens3')).toEqual(['203.0.113.7/24']);
    await vi.waitFor(() => expect(read('/etc/resolv.conf')).toMatch(/^#.*\nnameserver 203\.0\.113\.53\n$/), {
      timeout: 20_000,
    });

    expect(await apply({ network: { interfaces: [], live: true } }, 3)).toMatchObject({
      network: { outcome: 'changed' },
      dns: { outcome: 'changed' },
    });
    expect(existsSync(join(root.path, folder, `${ours(macs[0])}.nmconnection`))).toBe(false);
    await until('ens3', 'cloud-init ens3');
    expect(await addresses('ens3')).toEqual(['198.51.100.9/24']);
    await vi.waitFor(() => expect(read('/etc/resolv.conf')).toContain('nameserver 198.51.100.53\n'), {
      timeout: 20_000,
    });
  });

  test('bonds and VLANs: NetworkManager takes every connection as it is written', async () => {
    expect(await apply({ network: exampleNetwork() }, 1, '--trigger', 'boot')).toMatchObject({
      network: { outcome: 'changed' },
    });
    await start();
    const show = async (name: string, ...fields: readonly string[]): Promise<readonly string[]> =>
      (await succeed('nmcli', '-g', fields.join(','), 'connection', 'show', name)).split('\n');
    const [bond, member, vlan, storage] = [
      'ubugi-bond-bond0',
      ours(macs[3]),
      'ubugi-vlan-ens3.40',
      'ubugi-vlan-storage',
    ] as const;
    const options = await show(bond, 'bond.options', '802-3-ethernet.cloned-mac-address', 'ipv4.addresses');
    expect(options).toEqual([
      'mode=802.3ad,lacp_rate=fast,miimon=100,xmit_hash_policy=layer3+4',
      macs[2].toUpperCase().replaceAll(':', '\\:'),
      '10.0.0.2/24',
    ]);
    const [uuid] = await show(bond, 'connection.uuid');
    expect(await show(member, 'connection.master', 'connection.slave-type')).toEqual([uuid, 'bond']);
    const [parent] = await show(ours(macs[0]), 'connection.uuid');
    expect(await show(vlan, 'vlan.id', 'vlan.parent', '802-3-ethernet.mtu')).toEqual(['40', parent, '1400']);
    expect(await show(storage, 'vlan.parent', 'connection.interface-name')).toEqual([uuid, 'storage']);
  });

  test('a connection that nmcli refuses changes nothing', async () => {
    const wish: Network = { interfaces: [{ mac: macs[0], addresses: ['192.0.2.10/24'] }] };
    rmSync(join(root.path, 'usr/bin/nmcli'));
    write('/usr/bin/nmcli', '#!/bin/sh\necho "Error: Error writing connection: no"\nexit 1\n', 0o755);
    expect(await apply({ network: wish }, 1, '--trigger', 'boot')).toMatchObject({
      network: { outcome: 'failed', message: expect.stringContaining('Error writing connection: no') },
    });
    expect(existsSync(join(root.path, folder, `${ours(macs[0])}.nmconnection`))).toBe(false);
  });
});
