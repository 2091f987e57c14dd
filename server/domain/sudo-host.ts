import ipaddr from 'ipaddr.js';
import { matchesGlob } from './glob.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** What a sudoHost is compared with. */
export interface SudoHostSubject {
  /** Short host name in lower case. */
  readonly hostname: string;
  readonly fqdn: string | undefined;
  readonly addresses: readonly Address[];
}

/** A guest to compare with. @param addresses with prefix length, such as 192.0.2.10/24; parsed when first needed */
export function sudoHostSubject(
  hostname: string,
  fqdn: string | undefined,
  addresses: readonly string[],
): SudoHostSubject {
  let parsed: readonly Address[] | undefined;
  return {
    hostname,
    fqdn,
    get addresses() {
      parsed ??= addresses.map((address) => ipaddr.parse(address.split('/', 1)[0] ?? ''));
      return parsed;
    },
  };
}

/** Whether a role's sudoHost applies to a guest. */
export type SudoHostMatcher = (subject: SudoHostSubject) => boolean;

/**
 * Evaluates the sudoHost values of a role as sudoers.ldap(5) does: `!` excludes, whatever else matches.
 * Netgroups are expanded where the directory is read; a list that still has one (`+name`) applies nowhere.
 * Made once a role: it is asked for each of 100,000 guests.
 */
export function createSudoHostMatcher(hosts: readonly string[]): SudoHostMatcher {
  if (hosts.some((host) => /^!?\+/.test(host))) return () => false;
  const excluding = hosts
    .filter((host) => host.startsWith('!'))
    .map((host) => createHostMatcher(host.slice(1)));
  const including = hosts.filter((host) => !host.startsWith('!')).map(createHostMatcher);
  return (subject) =>
    including.some((matches) => matches(subject)) && !excluding.some((matches) => matches(subject));
}

function createHostMatcher(host: string): SudoHostMatcher {
  if (host === 'ALL') return () => true;
  if (ipaddr.isValid(host.split('/', 1)[0] ?? '')) return createAddressMatcher(host);
  const pattern = host.toLowerCase();
  if (!/[*?]/.test(pattern)) return ({ hostname, fqdn }) => hostname === pattern || fqdn === pattern;
  return ({ hostname, fqdn }) =>
    matchesGlob(pattern, hostname, { single: true }) ||
    (fqdn !== undefined && matchesGlob(pattern, fqdn, { single: true }));
}

/** A bare address matches itself; a network (length or dotted mask) whatever lies in it, as in sudoers(5). */
function createAddressMatcher(host: string): SudoHostMatcher {
  const [address = '', suffix] = host.split('/', 2);
  const network = ipaddr.parse(address);
  const length = suffix === undefined ? network.toByteArray().length * 8 : prefixLength(suffix);
  if (length === undefined || length > network.toByteArray().length * 8) return () => false;
  return ({ addresses }) =>
    addresses.some((own) => own.kind() === network.kind() && own.match(network, length));
}

function prefixLength(suffix: string): number | undefined {
  if (/^\d{1,3}$/.test(suffix)) return Number(suffix);
  if (!ipaddr.IPv4.isValidFourPartDecimal(suffix)) return undefined;
  return ipaddr.IPv4.parse(suffix).prefixLengthFromSubnetMask() ?? undefined;
}
