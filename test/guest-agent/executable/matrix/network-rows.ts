import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { macs } from '../../resources/network/example-network.ts';
import type { MatrixGuest, MatrixRow } from './row.ts';

const network = {
  interfaces: [
    {
      mac: macs[0],
      mtu: 1400,
      addresses: ['192.0.2.10/24', '2001:db8::10/64'],
      gateway4: '192.0.2.1',
      gateway6: '2001:db8::1',
      routes: [{ to: '198.51.100.0/24', via: '192.0.2.254', metric: 50 }],
    },
    { mac: macs[1], dhcp4: true },
  ],
  vlans: [{ name: 'ens3.40', id: 40, link: macs[0], addresses: ['10.0.40.2/24'] }],
};
const wanted = { network };
const hex = (mac: string): string => mac.replaceAll(':', '');
const dhcp = 'auto lo\niface lo inet loopback\n\nauto ens3\niface ens3 inet dhcp\n';
const units = '/etc/systemd/system/multi-user.target.wants';
const networkd = `${units}/systemd-networkd.service`;
const networkdFiles = [
  '/etc/systemd/network/04-ubugi-ens3.40.netdev',
  `/etc/systemd/network/05-ubugi-${hex(macs[0])}.network`,
  `/etc/systemd/network/05-ubugi-${hex(macs[1])}.network`,
  '/etc/systemd/network/04-ubugi-ens3.40.network',
].sort();

function withoutNetplan(guest: MatrixGuest): void {
  guest.without('netplan');
  guest.remove('/usr/libexec/netplan', '/usr/lib/netplan');
}

/** Only what is in the initrd and systemd itself: neither NetworkManager nor ifupdown nor netplan. */
function bare(guest: MatrixGuest): void {
  withoutNetplan(guest);
  guest.without('NetworkManager', 'nmcli', 'ifup', 'ifdown', 'ifquery');
  guest.remove('/etc/network', `${units}/NetworkManager.service`, `${units}/networking.service`);
}

async function acceptNetworkd(guest: MatrixGuest): Promise<void> {
  for (const path of networkdFiles) {
    expect(await guest.succeed('systemd-analyze', 'cat-config', path.replace('/etc/', ''))).toContain(
      guest.read(path).trimEnd(),
    );
  }
}

/** What the kernel says of NICs, read where it does not run. */
export function withNics(guest: MatrixGuest): void {
  macs.forEach((mac, at) => guest.put(`/sys/class/net/ens${at + 3}/address`, `${mac}\n`));
}

/** The shell reads these files in a running guest. */
async function shellReads(guest: MatrixGuest, path: string, name: string, value: string): Promise<void> {
  expect(await guest.succeed('sh', '-euc', `. "$0"; eval "echo \\"\\$$1\\""`, path, name)).toBe(value);
}

/** Network services. */
export const networkRows: readonly MatrixRow[] = [
  {
    name: 'systemd-networkd, enabled',
    dress(guest) {
      bare(guest);
      guest.put(networkd, { link: '/lib/systemd/system/systemd-networkd.service' });
    },
    wanted,
    writes: networkdFiles,
    accept: acceptNetworkd,
  },
  {
    name: 'systemd-networkd, since there is nothing else',
    dress: bare,
    wanted,
    writes: [...networkdFiles, networkd].sort(),
    async accept(guest) {
      await acceptNetworkd(guest);
      expect(await guest.succeed('systemctl', 'is-enabled', 'systemd-networkd')).toBe('enabled');
    },
  },
  {
    name: 'NetworkManager',
    dress(guest) {
      withoutNetplan(guest);
      guest.without('ifup', 'ifdown', 'ifquery');
    },
    wanted,
    writes: [`ubugi-${hex(macs[0])}`, `ubugi-${hex(macs[1])}`, 'ubugi-vlan-ens3.40']
      .map((name) => `/etc/NetworkManager/system-connections/${name}.nmconnection`)
      .sort(),
    async accept(guest) {
      const path = `/etc/NetworkManager/system-connections/ubugi-${hex(macs[0])}.nmconnection`;
      const script = 'nmcli --offline connection modify connection.id read <"$0"';
      const read = await guest.succeed('sh', '-euc', script, path);
      expect(read).toMatch(/^address1=192\.0\.2\.10\/24(,192\.0\.2\.1)?$/m);
      expect(read).toMatch(/^mtu=1400$/m);
    },
  },
  {
    name: 'netplan, over systemd-networkd',
    dress(guest) {
      guest.without('NetworkManager', 'nmcli');
      guest.put('/etc/netplan/50-cloud-init.yaml', 'network:\n  version: 2\n  ethernets: {}\n', 0o600);
    },
    wanted,
    writes: ['/etc/netplan/90-ubugi.yaml'],
    async accept(guest) {
      await guest.succeed('netplan', 'generate');
      expect(await guest.succeed('sh', '-c', 'cat /run/systemd/network/*.network')).toContain(
        'Address=192.0.2.10/24',
      );
    },
  },
  {
    name: 'netplan, over NetworkManager',
    dress: () => undefined,
    wanted,
    writes: ['/etc/netplan/90-ubugi.yaml'],
    async accept(guest) {
      await guest.succeed('netplan', 'generate');
      expect(await guest.succeed('sh', '-c', 'cat /run/NetworkManager/system-connections/*')).toContain(
        'address1=192.0.2.10/24',
      );
    },
  },
  {
    name: 'ifupdown',
    dress(guest) {
      withoutNetplan(guest);
      withNics(guest);
      guest.put('/etc/network/interfaces.d/50-cloud-init', dhcp);
    },
    wanted,
    writes: ['/etc/network/interfaces.d/50-cloud-init', '/etc/network/interfaces.d/ubugi'],
    async accept(guest) {
      expect((await guest.succeed('ifquery', '--list')).split('\n').sort()).toEqual([
        'ens3',
        'ens3.40',
        'ens4',
        'lo',
      ]);
      expect(await guest.succeed('ifquery', 'ens3')).toContain('address: 192.0.2.10\n');
    },
  },
  {
    name: "busybox's ifup",
    dress(guest) {
      bare(guest);
      withNics(guest);
      guest.remove('/bin/busybox', '/lib/systemd/systemd-networkd');
      // The dynamic one of Debian knows no IPv4 in its ifup; this one is made as Alpine's is.
      cpSync('/bin/busybox', join(guest.root.path, 'bin/busybox'));
      guest.put('/usr/sbin/ifup', { link: '/bin/busybox' });
      guest.put('/etc/network/interfaces', dhcp);
    },
    wanted: { network: { interfaces: network.interfaces } },
    writes: ['/etc/network/interfaces'],
    async accept(guest) {
      expect(await guest.succeed('ifup', '-n', '-m', '-f', 'ens3')).toContain('192.0.2.10');
    },
  },
  {
    name: 'wicked, as far as its files',
    dress(guest) {
      bare(guest);
      withNics(guest);
      guest.put('/usr/sbin/wicked', '#!/bin/sh\nexit 0\n', 0o755);
      guest.put('/etc/systemd/system/network.service', { link: '/usr/lib/systemd/system/wicked.service' });
      guest.put('/etc/sysconfig/network/ifcfg-ens3', "BOOTPROTO='dhcp'\nSTARTMODE='auto'\n");
    },
    wanted,
    writes: ['ifcfg-ens3', 'ifcfg-ens3.40', 'ifcfg-ens4', 'ifroute-ens3'].map(
      (name) => `/etc/sysconfig/network/${name}`,
    ),
    accept: (guest) => shellReads(guest, '/etc/sysconfig/network/ifcfg-ens3', 'BOOTPROTO', 'static'),
  },
  {
    name: 'ifcfg of RHEL, as far as its files',
    dress(guest) {
      bare(guest);
      withNics(guest);
      guest.without('systemd-networkd');
      guest.put('/etc/sysconfig/network-scripts/ifup-eth', '#!/bin/sh\nexit 0\n', 0o755);
      guest.put('/etc/sysconfig/network-scripts/ifcfg-ens3', 'DEVICE=ens3\nBOOTPROTO=dhcp\nONBOOT=yes\n');
    },
    wanted,
    writes: ['ifcfg-ens3', 'ifcfg-ens3.40', 'ifcfg-ens4', 'route-ens3'].map(
      (name) => `/etc/sysconfig/network-scripts/${name}`,
    ),
    accept: (guest) =>
      shellReads(guest, '/etc/sysconfig/network-scripts/ifcfg-ens3', 'IPADDR0', '192.0.2.10'),
  },
];
