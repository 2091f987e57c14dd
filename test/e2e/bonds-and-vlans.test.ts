import { copyFile, mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { buildAgent } from '../../guest-agent/build.ts';
import type { GuestConfiguration } from '../../schemas/types/guest-configuration.ts';
import { writeDriveFolder } from '../guest-agent/drive-folder.ts';
import { exampleGuest } from '../guest-agent/example-guest.ts';
import { exampleNetwork, macs } from '../guest-agent/resources/network/example-network.ts';
import { extractGuestRoot, guestTree } from '../harness/guest-image/root-tree.ts';
import { guestNetwork, startVirtualMachine } from '../harness/virtual-machine/virtual-machine.ts';

/** No DHCP: nobody answers it here. */
const [front, , ...others] = exampleNetwork().interfaces;
const wanted = exampleNetwork({ interfaces: [front, ...others].filter((nic) => nic !== undefined) });
const [bond] = wanted.bonds ?? [];
/** Another mode of the bond, one VLAN less, at once. */
const changed: GuestConfiguration['network'] = {
  ...wanted,
  bonds:
    bond === undefined
      ? []
      : [{ name: bond.name, mode: 'active-backup', members: bond.members, addresses: ['10.0.0.3/24'] }],
  vlans: (wanted.vlans ?? []).slice(1),
  live: true,
};

/** What every test machine does first instead of starting an init. */
const start = `#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs devtmpfs /dev; mount -t tmpfs tmpfs /run
mount -o remount,rw /
echo 1 > /proc/sys/kernel/printk
mkdir -p /run/network /run/lock
for card in 1 2 3; do modprobe virtio_net; done
show() {
  echo "==== $1"
  ip -o -d addr show
  ip -o -d link show
  ip route show
  ip -6 route show
  cat /proc/net/bonding/*
  for rate in /sys/class/net/*/bonding/lacp_rate; do cat "$rate"; done
}
apply() { /agent apply --drive "/drive$1" $2; }
`;
const end = `
echo "==== finished"
while :; do sleep 1000; done
`;

/** A real kernel that has bonding and 8021q, and four real NICs: what no name space of this machine may have. */
describe('bonds and VLANs', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'ubugi-bonds-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  /** Boots a Debian in which the script is process 1. @returns the console, section by section. */
  async function boot(script: string): Promise<Readonly<Record<string, string>>> {
    const { kernel, initrd } = await guestTree();
    const root = join(dir, 'root');
    await extractGuestRoot(root);
    await copyFile(await buildAgent('x86_64'), join(root, 'agent'));
    for (const [at, network] of [wanted, changed].entries()) {
      const guest = exampleGuest({
        network,
        dns: {},
        ntp: {},
        groups: [],
        accounts: [],
        sudo: { rules: [] },
        files: [],
      });
      await mkdir(join(root, `drive${at + 1}`));
      writeDriveFolder(join(root, `drive${at + 1}`), guest, { generation: at + 1 });
    }
    await rm(join(root, 'sbin/init'), { force: true });
    await writeFile(join(root, 'sbin/init'), `${start}${script}${end}`, { mode: 0o755 });
    const image = join(dir, 'disk.img');
    await writeFile(image, '');
    await truncate(image, 2 * 1024 ** 3);
    await execa('mkfs.ext4', ['-q', '-F', '-d', root, image], { timeout: 120_000 });
    const machine = await startVirtualMachine({
      dir,
      disk: { image, kernel, initrd },
      uuid: exampleGuest().instance.id,
      media: [],
      cards: macs.filter((mac) => mac !== guestNetwork.mac),
    });
    try {
      await machine.console.waitFor(/^==== finished/m, 600_000);
      const sections = machine.console
        .text()
        .replaceAll('\r', '')
        .split(/^==== /m)
        .slice(1);
      return Object.fromEntries(sections.map((text) => [text.split('\n')[0] ?? '', text]));
    } finally {
      await machine.stop();
    }
  }

  /** The links as {@link wanted} has them. */
  function expectWanted(shown: string | undefined): void {
    expect(shown).toMatch(/ bond0\s+inet 10\.0\.0\.2\/24 /);
    expect(shown).toMatch(/ ens3\.40\s+inet 10\.0\.40\.2\/24 /);
    expect(shown).toMatch(/ storage\s+inet6 2001:db8:41::2\/64 /);
    expect(shown).toMatch(/ storage@bond0: .* vlan protocol 802\.1Q id 41 /);
    expect(shown).toMatch(/ ens3\.40@\w+: .* mtu 1400 .* vlan protocol 802\.1Q id 40 /);
    expect(shown).toMatch(/ inet 192\.0\.2\.10\/24 /);
    expect(shown).toMatch(/^default via 192\.0\.2\.1 /m);
    expect(shown).toMatch(/^2001:db8:42::\/48 via 2001:db8:41::1 dev storage .*metric 7 /m);
    expect(shown).toContain('Bonding Mode: IEEE 802.3ad Dynamic link aggregation');
    expect(shown).toContain('Transmit Hash Policy: layer3+4 (1)');
    expect(shown).toContain('MII Polling Interval (ms): 100');
    expect(shown).toContain('fast 1');
    expect(shown?.match(/^Permanent HW addr: .*/gm)).toEqual(
      macs.slice(2).map((mac) => `Permanent HW addr: ${mac}`),
    );
    expect(shown).toMatch(new RegExp(` bond0: .* link/ether ${macs[2]} `));
  }

  /** The links as {@link changed} has them. */
  function expectChanged(shown: string | undefined): void {
    expect(shown).toContain('Bonding Mode: fault-tolerance (active-backup)');
    expect(shown?.match(/^Permanent HW addr: .*/gm)).toHaveLength(2);
    expect(shown).toMatch(/ bond0\s+inet 10\.0\.0\.3\/24 /);
    expect(shown).not.toContain('10.0.0.2/24');
    expect(shown).toMatch(/ storage@bond0: .* vlan protocol 802\.1Q id 41 /);
    expect(shown).toMatch(/ storage\s+inet6 2001:db8:41::2\/64 /);
    expect(shown).not.toContain('ens3.40');
  }

  test('ifupdown', async () => {
    const shown = await boot(`
echo 'source /etc/network/interfaces.d/*' > /etc/network/interfaces
apply 1 '--trigger boot'
ifup -a
show up
echo '==== again'
apply 1 '--trigger boot'
apply 2
show changed`);
    expectWanted(shown['up']);
    expect(shown['again']).toMatch(/generation 1 of web-01 unchanged/);
    expectChanged(shown['changed']);
  });

  test('systemd-networkd', async () => {
    const shown = await boot(`
rm -rf /etc/network /etc/systemd/network/*
mkdir -p /etc/systemd/system/multi-user.target.wants /run/dbus
ln -sf /usr/lib/systemd/system/systemd-networkd.service /etc/systemd/system/multi-user.target.wants/
apply 1 '--trigger boot'
dbus-daemon --system --fork
/usr/lib/systemd/systemd-udevd --daemon
udevadm trigger; udevadm settle
# Process 1 is no systemd: it would restart networkd.
networkd() {
  /usr/lib/systemd/systemd-networkd &
  /usr/lib/systemd/systemd-networkd-wait-online --ignore=lo --timeout=120 --any
  udevadm settle
}
networkd
sleep_until() { tries=0; until eval "$1" || [ $tries -gt 120 ]; do tries=$((tries + 1)); sleep 0.5; done; }
sleep_until 'ip addr show storage | grep -q 2001:db8:41::2 && [ "$(grep -c Permanent /proc/net/bonding/bond0)" = 2 ] && ip addr show ens3.40 | grep -q 10.0.40.2'
show up
echo '==== again'
apply 1 '--trigger boot'
apply 2
kill %1; wait %1
networkd
sleep_until 'ip addr show storage | grep -q 2001:db8:41::2 && [ "$(grep -c Permanent /proc/net/bonding/bond0)" = 2 ] && ip addr show bond0 | grep -q 10.0.0.3'
show changed`);
    expectWanted(shown['up']);
    expect(shown['again']).toMatch(/generation 1 of web-01 unchanged/);
    expectChanged(shown['changed']);
  });
});
