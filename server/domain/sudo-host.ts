import ipaddr from 'ipaddr.js';
import { matchesGlob } from './glob.ts';

/** What a sudoHost is compared with. */
export interface SudoHostSubject {
  /** Short host name in lower case. */
  readonly hostname: string;
  readonly fqdn: string | undefined;
  /** Addresses with prefix length, such as 192.0.2.10/24. */
  readonly addresses: readonly string[];
}

/**
 * Evaluates the sudoHost values of a role for one guest as sudoers.ldap(5) does: `!` excludes, whatever else matches.
 * Netgroups are expanded where the directory is read; a list that still has one (`+name`) applies nowhere.
 */
export function sudoHostApplies(hosts: readonly string[], subject: SudoHostSubject): boolean {
  if (hosts.some((host) => /^!?\+/.test(host))) return false;
  let applies = false;
  for (const host of hosts) {
    if (host.startsWith('!')) {
      if (matchesHost(host.slice(1), subject)) return false;
    } else if (matchesHost(host, subject)) {
      applies = true;
    }
  }
  return applies;
}

function matchesHost(host: string, subject: SudoHostSubject): boolean {
  if (host === 'ALL') return true;
  if (ipaddr.isValid(host.split('/', 1)[0] ?? '')) return matchesAddress(host, subject.addresses);
  const pattern = host.toLowerCase();
  return (
    matchesGlob(pattern, subject.hostname, { single: true }) ||
    (subject.fqdn !== undefined && matchesGlob(pattern, subject.fqdn, { single: true }))
  );
}

/** A bare address matches itself; a network (length or dotted mask) whatever lies in it, as in sudoers(5). */
function matchesAddress(host: string, addresses: readonly string[]): boolean {
  const [address = '', suffix] = host.split('/', 2);
  const network = ipaddr.parse(address);
  const length = suffix === undefined ? network.toByteArray().length * 8 : prefixLength(suffix);
  if (length === undefined || length > network.toByteArray().length * 8) return false;
  return addresses.some((candidate) => {
    const own = ipaddr.parse(candidate.split('/', 1)[0] ?? '');
    return own.kind() === network.kind() && own.match(network, length);
  });
}

function prefixLength(suffix: string): number | undefined {
  if (/^\d{1,3}$/.test(suffix)) return Number(suffix);
  if (!ipaddr.IPv4.isValidFourPartDecimal(suffix)) return undefined;
  return ipaddr.IPv4.parse(suffix).prefixLengthFromSubnetMask() ?? undefined;
}
