import { netgroupAttributes } from '../attributes.ts';
import { type Check, type EntryReader, refused } from '../entry-reader.ts';
import type { PosixChecks } from '../posix-checks.ts';

/** One field of a triple: a name, anybody (empty), or nobody (`-`). */
export type TripleField =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'none' };

/** Host and user of a nisNetgroupTriple. */
export interface NetgroupTriple {
  readonly host: TripleField;
  readonly user: TripleField;
}

/** A nisNetgroup (RFC 2307) as it stands, not expanded. */
export interface Netgroup {
  readonly dn: string;
  /** In lower case: names of netgroups are compared without regard to it. */
  readonly name: string;
  readonly triples: readonly NetgroupTriple[];
  /** Names of netgroups that belong to it, in lower case. */
  readonly nested: readonly string[];
  /** False if a triple or a nested name was refused, so that there may be more members than these. */
  readonly complete: boolean;
}

const netgroupName = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const hostName = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,252}[A-Za-z0-9])?$/;

/** The name of a netgroup, in lower case. */
export const parseNetgroupName: Check<string> = (text) =>
  netgroupName.test(text)
    ? { kind: 'ok', value: text.toLowerCase() }
    : refused('is not a name of a netgroup', 'use letters, digits and ._-');

/**
 * Parses `(host,user,domain)`. A guest has no NIS domain, for which innetgr(3) takes any domain of a triple: the domain
 * counts for nothing.
 */
export function tripleCheck(checks: PosixChecks): Check<NetgroupTriple> {
  const host: Check<string> = (text) =>
    hostName.test(text)
      ? { kind: 'ok', value: text }
      : refused('has a host that is not a host name', 'correct it');
  return (text) => {
    const fields = /^\(([^(),]*),([^(),]*),([^(),]*)\)$/.exec(text.trim());
    if (fields === null) return refused('is not (host,user,domain)', 'write it so, each possibly empty or -');
    const hostField = field(fields[1] ?? '', host);
    if (hostField.kind === 'refused') return hostField;
    const userField = field(fields[2] ?? '', checks.accountName);
    if (userField.kind === 'refused') return userField;
    return { kind: 'ok', value: { host: hostField.value, user: userField.value } };
  };
}

/** The netgroup that an entry stands for; undefined if its name is refused. Refused members are left out and reported. */
export function readNetgroup(reader: EntryReader, triple: Check<NetgroupTriple>): Netgroup | undefined {
  reader.refuseOptions(netgroupAttributes);
  const name = reader.one('cn', parseNetgroupName);
  const triples = reader.many('nisNetgroupTriple', triple);
  const nested = reader.many('memberNisNetgroup', parseNetgroupName);
  if (name === undefined) return undefined;
  return { dn: reader.dn, name, triples, nested, complete: reader.problems.length === 0 };
}

function field(text: string, check: Check<string>): ReturnType<Check<TripleField>> {
  const trimmed = text.trim();
  if (trimmed === '') return { kind: 'ok', value: { kind: 'any' } };
  if (trimmed === '-') return { kind: 'ok', value: { kind: 'none' } };
  const checked = check(trimmed);
  return checked.kind === 'refused' ? checked : { kind: 'ok', value: { kind: 'name', name: checked.value } };
}
