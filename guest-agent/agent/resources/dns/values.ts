import type { Dns } from '../../../../schemas/types/common.ts';
import { address, domainName, guard } from '../../rendering/guard.ts';

/** Addresses of the name servers, each in a form that every renderer may write as it is. */
export function serverAddresses({ servers = [] }: Dns): readonly string[] {
  return servers.map((value) => guard('dns.servers[]', value, address));
}

/** A shell's assignment of such values, none where there are no values. */
export function assigned(name: string, values: readonly string[]): readonly string[] {
  return values.length === 0 ? [] : [`${name}='${values.join(' ')}'`];
}

/** Domains of the search list, likewise. */
export function searchDomains({ search = [] }: Dns): readonly string[] {
  return search.map((value) => guard('dns.search[]', value, domainName));
}
