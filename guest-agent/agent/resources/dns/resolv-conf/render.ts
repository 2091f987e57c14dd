import type { Dns } from '../../../../../schemas/types/common.ts';
import { searchDomains, serverAddresses } from '../values.ts';

/** Lines of resolv.conf(5): one `search` line or none. */
export function renderSearch(dns: Dns): readonly string[] {
  const domains = searchDomains(dns);
  return domains.length === 0 ? [] : [`search ${domains.join(' ')}`];
}

/** Lines of resolv.conf(5), one a server. The C library asks the first three only. */
export function renderServers(dns: Dns): readonly string[] {
  return serverAddresses(dns).map((value) => `nameserver ${value}`);
}

/**
 * resolv.conf(5); `undefined` if nothing is wanted. Of the file there is, options stay, and what nothing is wanted for: a
 * search list alone must not take the name servers away.
 */
export function renderResolvConf(dns: Dns, current = ''): string | undefined {
  const [search, servers] = [renderSearch(dns), renderServers(dns)];
  if (servers.length === 0 && search.length === 0) return undefined;
  const kept = (keyword: RegExp): readonly string[] =>
    current.split('\n').filter((line) => keyword.test(line));
  const lines = [
    '# Written by Ubugi.',
    ...(search.length > 0 ? search : kept(/^(search|domain)\s/)),
    ...(servers.length > 0 ? servers : kept(/^nameserver\s/)),
    ...kept(/^(options|sortlist)\s/),
  ];
  return `${lines.join('\n')}\n`;
}
