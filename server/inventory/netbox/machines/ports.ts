import { isCidr } from '../../../../schemas/validation/validator.ts';
import { isIpv6 } from '../rows/networks.ts';
import type { AddressRow, InterfaceRow, MachineRow } from '../rows/rows.ts';
import type { Found } from '../rows/value-at.ts';
import type { DefaultRoutes, Port, StaticAddress } from './reading.ts';

/** Addresses that move between machines, which the software that moves them brings up. */
const sharedRoles: ReadonlySet<Found> = new Set(['vip', 'vrrp', 'hsrp', 'glbp', 'carp']);
/** Statuses of addresses that the guest is not given: it forms them itself, or they are to go. */
const unusedStatuses: ReadonlySet<Found> = new Set(['slaac', 'deprecated']);

/** The interfaces that the guest gets, by ascending id in NetBox. */
export function portsOf(
  machine: MachineRow,
  interfaces: readonly InterfaceRow[],
  addressesOf: (port: InterfaceRow) => readonly AddressRow[],
): readonly Port[] {
  return interfaces
    .filter(({ enabled }) => enabled)
    .sort((one, other) => one.id - other.id)
    .map((port) => ({ port, addresses: usable(addressesOf(port), machine) }));
}

/** By family, the interface with the primary address; without one, the only interface that has addresses. */
export function defaultRoutesOf(machine: MachineRow, ports: readonly Port[]): DefaultRoutes {
  const holder = (primary: number | undefined, six: boolean): InterfaceRow | undefined => {
    const holders = ports.filter(({ addresses }) =>
      primary === undefined
        ? addresses.some(({ cidr }) => isIpv6(String(cidr)) === six)
        : addresses.some(({ id }) => id === primary),
    );
    return holders.length === 1 ? holders[0]?.port : undefined;
  };
  return { port4: holder(machine.primary4, false), port6: holder(machine.primary6, true) };
}

/** Those of one family that stand there as they are, not by DHCP. */
export function staticAddresses(addresses: readonly AddressRow[], six: boolean): readonly StaticAddress[] {
  return addresses
    .filter(({ status }) => status !== 'dhcp')
    .filter(isWellFormed)
    .filter(({ cidr }) => isIpv6(cidr) === six);
}

function usable(addresses: readonly AddressRow[], { primary4, primary6 }: MachineRow): readonly AddressRow[] {
  const rank = ({ id }: AddressRow): number => (id === primary4 || id === primary6 ? 0 : id);
  return addresses
    .filter(({ status, role }) => !unusedStatuses.has(status) && !sharedRoles.has(role))
    .sort((one, other) => rank(one) - rank(other));
}

function isWellFormed(address: AddressRow): address is StaticAddress {
  return typeof address.cidr === 'string' && isCidr(address.cidr);
}
