import type { Bond, NetworkInterface, Vlan } from '../../../../schemas/types/common.ts';
import type { GuestConfiguration } from '../../../../schemas/types/guest-configuration.ts';
import { PlanError } from '../../plan/plan.ts';
import { guard } from '../../rendering/guard.ts';
import { kernelName } from './kernel-names.ts';

/** Addresses, routes and MTU of a link, whatever its kind. */
export type Addressing = Omit<NetworkInterface, 'mac' | 'name'>;

/** A link and what it is made of. NICs go by MAC address, or by kernel name after {@link nameLinks}. */
export type Link =
  | { readonly kind: 'nic'; readonly name: string; readonly addressing: Addressing }
  /** Carries nothing of its own but its MTU. */
  | { readonly kind: 'member'; readonly name: string; readonly bond: string; readonly addressing: Addressing }
  | {
      readonly kind: 'bond';
      readonly name: string;
      readonly members: readonly string[];
      /** Its MAC address. */
      readonly mac: string;
      readonly bond: Bond;
      readonly addressing: Addressing;
    }
  | {
      readonly kind: 'vlan';
      readonly name: string;
      readonly id: number;
      readonly lower: string;
      readonly addressing: Addressing;
    };

const linkName = /^(?=.{1,15}$)(?!(all|default|lo)$)[a-z][a-z0-9_-]{0,13}(\.[0-9]{1,4})?$/;

/**
 * Links from the bottom up (NICs, bonds, VLANs), NICs by MAC address. Expects links that fit together, as `linkProblems` has
 * it; throws a {@link PlanError} for a VLAN of whose name some back ends would make something else than it says.
 */
export function arrangeLinks({
  interfaces,
  bonds = [],
  vlans = [],
}: GuestConfiguration['network']): readonly Link[] {
  const master = new Map(bonds.flatMap(({ name, members }) => members.map((mac) => [mac, name] as const)));
  for (const { name } of [...bonds, ...vlans]) guard('name of a bond or VLAN', name, linkName);
  for (const { name, id, link } of vlans) {
    const [, above, number] = /^(.*)\.([0-9]+)$/.exec(name) ?? [];
    refuse(
      number !== undefined && Number(number) !== id,
      `VLAN ${name}: its name says another number than ${id}`,
    );
    refuse(
      above !== link && bonds.some((bond) => bond.name === above),
      `VLAN ${name}: its name says another link`,
    );
  }
  return [
    ...interfaces.map((nic) => nicLink(nic, master.get(nic.mac))),
    ...bonds.map((bond) => bondLink(bond)),
    ...vlans.map((vlan) => vlanLink(vlan)),
  ];
}

function nicLink(nic: NetworkInterface, bond: string | undefined): Link {
  const { mac, mtu } = nic;
  if (bond === undefined) return { kind: 'nic', name: mac, addressing: nic };
  return { kind: 'member', name: mac, bond, addressing: mtu === undefined ? {} : { mtu } };
}

function bondLink(bond: Bond): Link {
  const { name, members, mac = members[0] ?? '' } = bond;
  return { kind: 'bond', name, members, mac, bond, addressing: bond };
}

function vlanLink(vlan: Vlan): Link {
  return { kind: 'vlan', name: vlan.name, id: vlan.id, lower: vlan.link, addressing: vlan };
}

function refuse(wrong: boolean, what: string): void {
  if (wrong) throw new PlanError(`${what}: correct it in the CMDB`);
}

/** Links with NICs by their kernel names, and what is wrong with those that have none. */
export interface NamedLinks {
  readonly links: readonly Link[];
  readonly problems: readonly string[];
}

/** @param names kernel names by MAC address. */
export function nameLinks(links: readonly Link[], names: ReadonlyMap<string, string>): NamedLinks {
  const missing = new Set<string>();
  const nameOf = (mac: string): string => {
    const name = names.get(mac);
    if (name === undefined) missing.add(mac);
    return name === undefined ? '' : guard('kernel name of an interface', name, kernelName);
  };
  const named = links.map((link): Link => {
    switch (link.kind) {
      case 'nic':
      case 'member':
        return { ...link, name: nameOf(link.name) };
      case 'bond':
        return { ...link, members: link.members.map(nameOf) };
      case 'vlan':
        return link.lower.includes(':') ? { ...link, lower: nameOf(link.lower) } : link;
    }
  });
  const nics = new Set(names.values());
  const taken = links.filter(({ kind, name }) => (kind === 'bond' || kind === 'vlan') && nics.has(name));
  return {
    links: named,
    problems: [
      ...[...missing].map(
        (mac) => `interface ${mac}: the guest has none with that MAC address; attach it or correct the CMDB`,
      ),
      ...taken.map(
        ({ kind, name }) => `${kind} ${name}: an interface of the guest has that name; choose another`,
      ),
    ],
  };
}
