import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
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
import { exampleNetwork, macs, nics } from '../resources/network/example-network.ts';

type Network = GuestConfiguration['network'];

const ours = '/etc/netplan/90-ubugi.yaml';
const cloudInit = '/etc/netplan/50-cloud-init.yaml';
/** As cloud-init writes it; both NICs get something else from us. */
const cloudText = `network:
    version: 2
    ethernets:
        ens3:
            dhcp4: true
            match:
                macaddress: ${macs[0]}
            set-name: ens3
        ens5:
            addresses: [198.51.100.9/24]
            match:
                macaddress: ${macs[2]}
            set-name: ens5
`;
const wanted = exampleNetwork();
const generated = '/run/systemd/network';

/** The compiled agent and the real generator of netplan in a real Debian. */
describe('ubugi-agent and netplan', () => {
  let agent: string;
  let root: GuestRoot;
  let network: GuestNamespace;
  beforeAll(async () => {
    agent = await buildAgent('x86_64');
  }, 600_000);
  beforeEach(async () => {
    root = await createGuestRoot('tools');
    cpSync(agent, join(root.path, 'agent'));
    write(cloudInit, cloudText, 0o600);
    network = await startGuestNamespace(root, nics);
  }, 600_000);
  afterEach(async () => {
    await network.stop();
    root.remove();
  });

  const read = (path: string): string => readFileSync(join(root.path, path), 'utf8');
  const withoutNetworkManager = (): void => rmSync(join(root.path, 'usr/sbin/NetworkManager'));
  function write(path: string, text: string, mode: number): void {
    writeFileSync(join(root.path, path), text);
    chmodSync(join(root.path, path), mode);
  }
  async function apply(
    wish: Network,
    generation: number,
  ): Promise<AgentReport['resources'][number] | undefined> {
    const nothing = { dns: {}, ntp: {}, groups: [], accounts: [], files: [], sudo: { rules: [] } };
    writeDriveFolder(join(root.path, 'drive'), exampleGuest({ ...nothing, network: wish }), { generation });
    await network.run(['/agent', 'apply', '--drive', '/drive', '--trigger', 'boot']);
    const { resources } = JSON.parse(read('/run/ubugi/report.json')) as AgentReport;
    return resources.find(({ resource }) => resource === 'network');
  }
  /** The first file for systemd-networkd by name that matches the NIC, as systemd.network(5) chooses. */
  function unitOf(mac: string): string {
    const names = readdirSync(join(root.path, generated)).filter((name) => name.endsWith('.network'));
    const texts = names.sort().map((name) => read(`${generated}/${name}`));
    return texts.find((text) => new RegExp(`^PermanentMACAddress=${mac}$`, 'm').test(text)) ?? '';
  }

  test('of what netplan makes of all files, ours comes first; nothing is written twice; at the end all is as before', async () => {
    withoutNetworkManager();
    expect(await apply(wanted, 1)).toMatchObject({ outcome: 'changed' });
    const before = statSync(join(root.path, ours));
    expect(before).toMatchObject({ mode: 0o100600, uid: 0 });
    expect(await apply(wanted, 1)).toMatchObject({ outcome: 'unchanged' });
    expect(statSync(join(root.path, ours)).mtimeMs).toBe(before.mtimeMs);

    const nic = unitOf(macs[0]);
    expect(nic.match(/^(Address|IPv6AcceptRA|DHCP|VLAN|MTUBytes)=.*/gm)).toEqual([
      'MTUBytes=9000',
      'Address=192.0.2.10/24',
      'Address=192.0.2.11/25',
      'Address=2001:db8::10/64',
      'Address=2001:db8::11/64',
      'IPv6AcceptRA=no',
      'VLAN=ens3.40',
    ]);
    expect(nic).toMatch(/^Destination=0\.0\.0\.0\/0\nGateway=192\.0\.2\.1$/m);
    expect(nic).toMatch(/^Destination=::\/0\nGateway=2001:db8::1$/m);
    expect(nic).toMatch(/^Destination=198\.51\.100\.0\/24\nGateway=192\.0\.2\.254\nMetric=50$/m);
    expect(unitOf(macs[1])).toMatch(/^DHCP=yes$/m);
    expect(unitOf(macs[2])).toMatch(/^Bond=bond0$/m);
    expect(unitOf(macs[2])).not.toContain('198.51.100.9');
    expect(unitOf(macs[3])).toMatch(/^Bond=bond0$/m);
    const bond = read(`${generated}/10-netplan-bond0.netdev`);
    expect(
      bond.match(/^(Kind|MACAddress|Mode|LACPTransmitRate|MIIMonitorSec|TransmitHashPolicy)=.*/gm),
    ).toEqual([
      `MACAddress=${macs[2]}`,
      'Kind=bond',
      'Mode=802.3ad',
      'LACPTransmitRate=fast',
      'MIIMonitorSec=100ms',
      'TransmitHashPolicy=layer3+4',
    ]);
    expect(read(`${generated}/10-netplan-storage.netdev`)).toMatch(/^Kind=vlan\n\n\[VLAN\]\nId=41$/m);
    expect(read(`${generated}/10-netplan-bond0.network`)).toMatch(/^VLAN=storage$/m);
    // The file that sets the MTU is the only one that counts for a NIC: it keeps the name.
    expect(read(`${generated}/10-netplan-0-ubugi-525400123453.link`)).toMatch(/^Name=ens3$/m);

    expect(await apply({ interfaces: [] }, 2)).toMatchObject({ outcome: 'changed' });
    expect(existsSync(join(root.path, ours))).toBe(false);
    expect(read(cloudInit)).toBe(cloudText);
    expect(unitOf(macs[0])).toMatch(/^DHCP=ipv4$/m);
  });

  test('where NetworkManager carries it out, its real nmcli takes every connection that netplan makes', async () => {
    write(
      '/etc/netplan/01-network-manager-all.yaml',
      'network: {version: 2, renderer: NetworkManager}\n',
      0o600,
    );
    expect(await apply(wanted, 1)).toMatchObject({ outcome: 'changed' });
    const folder = '/run/NetworkManager/system-connections';
    const names = readdirSync(join(root.path, folder)).filter((name) => !/^netplan-ens[35]\.nm/.test(name));
    expect(names).toHaveLength(7);
    for (const name of names) {
      const checked = await root.run(['nmcli', '--offline', 'connection', 'modify'], {
        input: read(`${folder}/${name}`),
      });
      expect({ name, ...checked }).toMatchObject({ name, status: 0 });
      expect(checked.stdout).toContain('autoconnect-priority=999\n');
      if (name.includes('ubugi-525400123455') || name.includes('ubugi-525400123456')) continue;
      // Nothing that the CMDB does not know: no IPv4 of its own making, no advertised IPv6.
      expect(checked.stdout).not.toMatch(/\[ipv4\]\n(.+\n)*method=link-local/);
      expect(checked.stdout).not.toContain('method=ignore');
    }
  });

  test('a file of somebody else that netplan cannot read, or that defines our bond, changes nothing', async () => {
    withoutNetworkManager();
    write(cloudInit, 'network: {version: 2, ethernets: {ens3: {addresses: [nonsense]}}}\n', 0o600);
    expect(await apply(wanted, 1)).toMatchObject({
      outcome: 'failed',
      message: expect.stringMatching(
        /netplan on \/etc\/netplan\/90-ubugi\.yaml: .*50-cloud-init\.yaml.*nonsense/s,
      ),
    });
    expect(existsSync(join(root.path, ours))).toBe(false);
    write(cloudInit, `network: {version: 2, bonds: {bond0: {interfaces: []}}}\n`, 0o600);
    expect(await apply(wanted, 2)).toMatchObject({
      outcome: 'failed',
      message: expect.stringContaining("netplan's 50-cloud-init.yaml already defines bond0"),
    });
    expect(existsSync(join(root.path, ours))).toBe(false);
  });
});
