import type { Bond, NetworkInterface, Vlan } from '../../../../schemas/types/common.ts';
import type { GuestConfiguration } from '../../../../schemas/types/guest-configuration.ts';
import { PlanError } from '../../plan/plan.ts';

/** Kernel name of a bond or VLAN. */
export const linkName = /^(?!(all|default|lo)$)[a-z][a-z0-9._-]{0,14}$/;
/** Word of an option of the bonding driver, such as `layer3+4`. */
export const bondWord = /^[a-z0-9][a-z0-9.+-]{0,31}$/;

/** What NICs, bonds and VLANs have in common: MTU, addresses, gateways, routes. */
export type LinkSettings = Omit<NetworkInterface, 'mac' | 'name'>;

/** A NIC, and the bond that it belongs to. */
export interface Nic {
  readonly nic: NetworkInterface;
  readonly bond?: Bond;
}

/** The links of a machine, consistent with each other. */
export interface Links {
  /** Also those that only a bond or a VLAN names. */
  readonly nics: readonly Nic[];
  readonly bonds: readonly Bond[];
  readonly vlans: readonly Vlan[];
}

/** Puts NICs, bonds and VLANs together. Throws a {@link PlanError} where one names what is not there, or two clash. */
export function linksOf({ interfaces, bonds = [], vlans = [] }: GuestConfiguration['network']): Links {
  const bondOf = new Map<string, Bond>();
  for (const bond of bonds) {
    for (const member of bond.members) {
      if (bondOf.has(member)) throw new PlanError(`interface ${member} is in two bonds: take it out of one`);
      bondOf.set(member, bond);
    }
  }
  const names = new Set<string>();
  for (const { name } of [...bonds, ...vlans]) {
    if (names.has(name)) throw new PlanError('two bonds or VLANs have one name: rename one in the CMDB');
    names.add(name);
  }
  const parents = vlans.map(({ link }) => link).filter((link) => link.includes(':'));
  if (parents.some((mac) => bondOf.has(mac)))
    throw new PlanError('a VLAN lies on a member of a bond: put it on the bond');
  if (vlans.some(({ link }) => !link.includes(':') && !bonds.some(({ name }) => name === link)))
    throw new PlanError('a VLAN lies on a bond that is not there: add the bond or correct the VLAN');
  const listed = new Map(interfaces.map((nic) => [nic.mac, nic]));
  const macs = new Set([...listed.keys(), ...bondOf.keys(), ...parents]);
  return {
    nics: [...macs].map((mac) => {
      const bond = bondOf.get(mac);
      return { nic: listed.get(mac) ?? { mac }, ...(bond === undefined ? {} : { bond }) };
    }),
    bonds,
    vlans,
  };
}
