import type { Bond, Vlan } from '../../../../../schemas/types/common.ts';
import { guard, guardInteger, mac } from '../../../rendering/guard.ts';
import { bondWord, type LinkSettings, linkName, type Nic } from '../links.ts';
import { connectionUuid } from './connection-uuid.ts';
import { ipSection } from './ip-section.ts';

/** A connection of ours. */
export interface Keyfile {
  readonly path: string;
  readonly text: string;
  readonly uuid: string;
  /** Connection that brings it up with itself. */
  readonly controller?: string;
}

type Section = readonly [heading: string, ...lines: string[]];

/** Connection of a NIC; without addresses if it belongs to a bond. */
export function nicKeyfile({ nic, bond }: Nic): Keyfile {
  const device = guard('interfaces[].mac', nic.mac, mac);
  const ethernet: Section = ['ethernet', `mac-address=${device}`, ...mtu(nic)];
  const name = device.replaceAll(':', '');
  if (bond === undefined) return keyfile(name, device, ['type=ethernet'], [ethernet], nic);
  const controller = connectionUuid(guard('bonds[].name', bond.name, linkName));
  const connection = ['type=ethernet', `master=${controller}`, 'slave-type=bond'];
  return { ...keyfile(name, device, connection, [ethernet]), controller };
}

/** Connection of a bond. Without a MAC address of its own it would get that of whichever member came up first. */
export function bondKeyfile(bond: Bond): Keyfile {
  const name = guard('bonds[].name', bond.name, linkName);
  const own = guard('bonds[].mac', bond.mac ?? bond.members[0] ?? '', mac);
  const { mode, lacpRate, xmitHashPolicy } = bond;
  const hashes = mode === '802.3ad' || mode === 'balance-xor';
  return keyfile(
    `bond-${name}`,
    name,
    ['type=bond', `interface-name=${name}`, 'autoconnect-slaves=1'],
    [
      [
        'bond',
        `mode=${guard('bonds[].mode', mode, bondWord)}`,
        `miimon=${guardInteger('bonds[].miimon', bond.miimon ?? 100, 1, 10000)}`,
        ...(lacpRate === undefined || mode !== '802.3ad'
          ? []
          : [`lacp_rate=${guard('bonds[].lacpRate', lacpRate, bondWord)}`]),
        ...(xmitHashPolicy === undefined || !hashes
          ? []
          : [`xmit_hash_policy=${guard('bonds[].xmitHashPolicy', xmitHashPolicy, bondWord)}`]),
      ],
      ['ethernet', `cloned-mac-address=${own}`, ...mtu(bond)],
    ],
    bond,
  );
}

/** Connection of a VLAN on one of the connections above. */
export function vlanKeyfile(vlan: Vlan): Keyfile {
  const name = guard('vlans[].name', vlan.name, linkName);
  const parent = guard('vlans[].link', vlan.link, vlan.link.includes(':') ? mac : linkName);
  const section: Section = [
    'vlan',
    // Reorder headers, as the kernel does by itself.
    'flags=1',
    `id=${guardInteger('vlans[].id', vlan.id, 1, 4094)}`,
    `parent=${connectionUuid(parent)}`,
  ];
  const sections = vlan.mtu === undefined ? [section] : [section, ['ethernet', ...mtu(vlan)] as const];
  return keyfile(`vlan-${name}`, name, ['type=vlan', `interface-name=${name}`], sections, vlan);
}

/** @param addressing absent: none, as for a member of a bond. */
function keyfile(
  name: string,
  key: string,
  connection: readonly string[],
  sections: readonly Section[],
  addressing?: LinkSettings,
): Keyfile {
  const uuid = connectionUuid(key);
  const head: Section = [
    'connection',
    `id=ubugi-${name}`,
    `uuid=${uuid}`,
    ...connection,
    // The highest there is: it wins over those of cloud-init (120) and over `Wired connection 1` (-999).
    'autoconnect-priority=999',
  ];
  const blocks = [
    '# Written by Ubugi.\n',
    ...[head, ...sections].map(([heading, ...lines]) => `[${heading}]\n${lines.join('\n')}\n`),
    ...(addressing === undefined ? [] : [ipSection('ipv4', addressing), ipSection('ipv6', addressing)]),
  ];
  return {
    path: `/etc/NetworkManager/system-connections/ubugi-${name}.nmconnection`,
    text: blocks.join('\n'),
    uuid,
  };
}

function mtu({ mtu: bytes }: LinkSettings): readonly string[] {
  return bytes === undefined ? [] : [`mtu=${guardInteger('mtu', bytes, 576, 65535)}`];
}
