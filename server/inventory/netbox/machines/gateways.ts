import ipaddr from 'ipaddr.js';
import type { NetboxMapping } from '../mapping.ts';
import { isIpv6, networkKey, networkOf } from '../rows/networks.ts';
import type { InterfaceRow, MachineRow } from '../rows/rows.ts';
import type { ScopedValues } from '../rows/scoped-values.ts';
import type { Found } from '../rows/value-at.ts';
import type { StaticAddress } from './reading.ts';

/** What is known of the machine when the gateway of one of its interfaces is asked for. */
export interface GatewayContext {
  readonly machine: MachineRow;
  readonly port: InterfaceRow;
  /** Static addresses of the interface in the family. */
  readonly addresses: readonly StaticAddress[];
  /** Whether the machine's default route in the family belongs on this interface. */
  readonly holdsDefaultRoute: boolean;
  readonly prefixes: ReadonlyMap<string, ScopedValues>;
}

/**
 * The gateway of an interface, from the first place in the mapping that has one. What the interface or its address
 * says counts for it; what the machine or a prefix says, for the interface with the primary address only, for a guest
 * has one default route.
 */
export function gatewayOf(
  field: 'gateway4' | 'gateway6',
  mapping: Pick<NetboxMapping, 'gateway4' | 'gateway6'>,
  { machine, port, addresses, holdsDefaultRoute, prefixes }: GatewayContext,
): Found {
  if (addresses.length === 0) return undefined;
  for (const path of mapping[field]) {
    const found = ((): Found => {
      switch (path.slice(0, path.indexOf('.'))) {
        case 'interface':
          return only(port.values.get(path));
        case 'address':
          return firstFound(addresses, ({ values }) => only(values.get(path)));
        case 'vm':
          return holdsDefaultRoute ? only(machine.values.get(path)) : undefined;
        default:
          return holdsDefaultRoute
            ? firstFound(addresses, ({ cidr, vrf }) => {
                const prefix = prefixes.get(networkKey(cidr, vrf));
                if (prefix === undefined) return undefined;
                return path === 'prefix.first-host' ? firstHost(cidr) : only(prefix.get(path));
              })
            : undefined;
      }
    })();
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Several gateways are none, which the schema refuses. */
function only(values: readonly Found[] | undefined): Found {
  return values === undefined || values.length === 1 ? values?.[0] : null;
}

/** The address after the network's own; none in networks without room for a router, and not the host itself. */
function firstHost(cidr: string): string | undefined {
  const [own = '', length = ''] = cidr.split('/');
  if (Number(length) > (isIpv6(cidr) ? 126 : 30)) return undefined;
  const bytes = networkOf(cidr).toByteArray();
  const host = ipaddr.fromByteArray([...bytes.slice(0, -1), (bytes.at(-1) ?? 0) + 1]);
  return host.toNormalizedString() === ipaddr.parse(own).toNormalizedString() ? undefined : host.toString();
}

function firstFound(addresses: readonly StaticAddress[], find: (address: StaticAddress) => Found): Found {
  for (const address of addresses) {
    const found = find(address);
    if (found !== undefined) return found;
  }
  return undefined;
}
