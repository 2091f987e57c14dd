import type { NetboxMapping } from '../mapping.ts';
import { networkKey } from '../rows/networks.ts';
import type { InterfaceRow, MachineRow } from '../rows/rows.ts';
import type { ScopedValues } from '../rows/scoped-values.ts';
import type { Found } from '../rows/value-at.ts';
import { staticAddresses } from './ports.ts';
import type { DefaultRoutes, Port } from './reading.ts';

/** Name and time servers of a machine, as far as NetBox has them. */
export interface NameServices {
  readonly dns?: { readonly servers?: readonly Found[]; readonly search?: readonly Found[] };
  readonly ntp?: { readonly servers: readonly Found[] };
}

/**
 * The servers that the machine says, or the interface, the address or the prefix of its default route: of IPv4 before
 * that of IPv6.
 */
export function nameServicesOf(
  mapping: Pick<NetboxMapping, 'dnsServers' | 'dnsSearch' | 'ntpServers'>,
  machine: MachineRow,
  ports: readonly Port[],
  { port4, port6 }: DefaultRoutes,
  prefixes: ReadonlyMap<string, ScopedValues>,
): NameServices {
  const find = (field: 'dnsServers' | 'dnsSearch' | 'ntpServers'): readonly Found[] | undefined => {
    for (const path of mapping[field]) {
      for (const values of placesOf(path)) {
        const found = values?.get(path);
        if (found !== undefined) return [...new Set(found)];
      }
    }
    return undefined;
  };
  function* placesOf(path: string): Generator<ScopedValues | undefined> {
    const scope = path.slice(0, path.indexOf('.'));
    if (scope === 'vm') return yield machine.values;
    for (const [holder, six] of [
      [port4, false],
      [port6, true],
    ] as const) {
      if (holder === undefined) continue;
      if (scope === 'interface') yield holder.values;
      else {
        for (const { values, cidr, vrf } of addressesOf(holder, six)) {
          yield scope === 'address' ? values : prefixes.get(networkKey(cidr, vrf));
        }
      }
    }
  }
  const addressesOf = (holder: InterfaceRow, six: boolean) =>
    staticAddresses(ports.find(({ port }) => port === holder)?.addresses ?? [], six);

  const servers = find('dnsServers');
  const search = find('dnsSearch');
  const time = find('ntpServers');
  return {
    ...(servers === undefined && search === undefined
      ? {}
      : {
          dns: {
            ...(servers === undefined ? {} : { servers }),
            ...(search === undefined ? {} : { search }),
          },
        }),
    ...(time === undefined ? {} : { ntp: { servers: time } }),
  };
}
