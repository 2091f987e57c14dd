import { guard, guardInteger, mac } from '../../../rendering/guard.ts';
import { bondOptions } from '../bond-options.ts';
import { kernelName } from '../kernel-names.ts';
import type { Addressing, Link } from '../links.ts';
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

/** Connection of a link (nm-settings-keyfile(5)). */
export function renderKeyfile(link: Link): Keyfile {
  const { name, addressing } = link;
  switch (link.kind) {
    case 'nic':
      return keyfile(nicName(name), name, ['type=ethernet'], [nicSection(name, addressing)], addressing);
    case 'member': {
      const controller = connectionUuid(link.bond);
      const connection = ['type=ethernet', `master=${controller}`, 'slave-type=bond'];
      return {
        ...keyfile(nicName(name), name, connection, [nicSection(name, addressing)], undefined),
        controller,
      };
    }
    case 'bond': {
      const options = bondOptions(link.bond).map(([option, value]) => `${option}=${value}`);
      // Without a MAC address of its own it would get that of whichever member came up first.
      const ethernet: Section = ['ethernet', `cloned-mac-address=${nic(link.mac)}`, ...mtuLine(addressing)];
      const connection = ['type=bond', `interface-name=${made(name)}`, 'autoconnect-slaves=1'];
      return keyfile(`bond-${made(name)}`, name, connection, [['bond', ...options], ethernet], addressing);
    }
    case 'vlan': {
      const vlan: Section = [
        'vlan',
        // Reorder headers, as the kernel does by itself.
        'flags=1',
        `id=${guardInteger('vlans[].id', link.id, 1, 4094)}`,
        `parent=${connectionUuid(link.lower)}`,
      ];
      const mtu = mtuLine(addressing);
      const sections = mtu.length === 0 ? [vlan] : [vlan, ['ethernet', ...mtu] as const];
      return keyfile(
        `vlan-${made(name)}`,
        name,
        ['type=vlan', `interface-name=${made(name)}`],
        sections,
        addressing,
      );
    }
  }
}

/** @param addressing `undefined`: a member of a bond has none. */
function keyfile(
  name: string,
  key: string,
  connection: readonly string[],
  sections: readonly Section[],
  addressing: Addressing | undefined,
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

function nicSection(name: string, addressing: Addressing): Section {
  return ['ethernet', `mac-address=${nic(name)}`, ...mtuLine(addressing)];
}

function mtuLine({ mtu }: Addressing): readonly string[] {
  return mtu === undefined ? [] : [`mtu=${guardInteger('mtu of an interface', mtu, 576, 65535)}`];
}

function made(name: string): string {
  return guard('name of a bond or VLAN', name, kernelName);
}

function nic(value: string): string {
  return guard('MAC address of an interface', value, mac);
}

function nicName(value: string): string {
  return nic(value).replaceAll(':', '');
}
