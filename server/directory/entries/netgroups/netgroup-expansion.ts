import type { Netgroup } from './netgroup.ts';

/** Everybody in a netgroup, or every host, nested ones included. */
export type NetgroupMembers =
  | {
      readonly kind: 'found';
      /** Sorted. */
      readonly names: readonly string[];
      /** A triple leaves the field empty: it means everybody, or every host. */
      readonly any: boolean;
      /** False if something in it could not be read or is not there, so that there may be more. */
      readonly complete: boolean;
    }
  | { readonly kind: 'missing' }
  | { readonly kind: 'too-large' };

/** Looks up all netgroups of one reading. */
export interface NetgroupExpansion {
  /** @param name in any case */
  members(name: string, of: 'host' | 'user'): NetgroupMembers;
}

/** Names in one netgroup; as many users as a rule of a guest configuration takes. */
const memberLimit = 10_000;

/** Expansion of nested netgroups; loops end where they began. Each netgroup is expanded once. */
export function createNetgroupExpansion(netgroups: readonly Netgroup[]): NetgroupExpansion {
  const byName = new Map(netgroups.map((netgroup) => [netgroup.name, netgroup]));
  const known = new Map<string, NetgroupMembers>();

  function expand(root: string, of: 'host' | 'user'): NetgroupMembers {
    if (!byName.has(root)) return { kind: 'missing' };
    const names = new Set<string>();
    const visited = new Set([root]);
    let any = false;
    let complete = true;
    // The set grows while it is walked.
    for (const name of visited) {
      const netgroup = byName.get(name);
      complete &&= netgroup?.complete === true;
      for (const triple of netgroup?.triples ?? []) {
        const field = triple[of];
        if (field.kind === 'any') any = true;
        else if (field.kind === 'name') names.add(field.name);
      }
      if (names.size > memberLimit) return { kind: 'too-large' };
      for (const nested of netgroup?.nested ?? []) visited.add(nested);
    }
    return { kind: 'found', names: [...names].sort(), any, complete };
  }

  return {
    members(name, of) {
      const key = `${of} ${name.toLowerCase()}`;
      const members = known.get(key) ?? expand(name.toLowerCase(), of);
      known.set(key, members);
      return members;
    },
  };
}
