/** Why one of several entries that cannot all be right is left out. */
export interface Clash {
  readonly dn: string;
  readonly field: string;
  readonly message: string;
  readonly remedy: string;
}

interface Named {
  readonly dn: string;
}

/**
 * The entries that share none of the given properties with another. Of those that do, none is kept: to choose one
 * would let whoever may add an entry take over a name, a number or a home.
 * @param properties by attribute, for the message
 */
export function withoutClashes<T extends Named>(
  entries: readonly T[],
  properties: Readonly<Record<string, (entry: T) => string | number>>,
  report: (clash: Clash) => void,
): readonly T[] {
  const clashing = new Set<T>();
  for (const [field, property] of Object.entries(properties)) {
    for (const same of Map.groupBy(entries, property).values()) {
      if (same.length < 2) continue;
      for (const entry of same) {
        clashing.add(entry);
        const other = same.find((candidate) => candidate !== entry);
        report({
          dn: entry.dn,
          field,
          message: `is the same as that of ${other?.dn ?? 'another entry'}`,
          remedy: 'give each entry its own, or remove all but one',
        });
      }
    }
  }
  return entries.filter((entry) => !clashing.has(entry));
}

/** The accounts whose home lies in no other's: keys in another's home would open that other's account. */
export function withoutNestedHomes<T extends Named & { readonly home: string }>(
  accounts: readonly T[],
  report: (clash: Clash) => void,
): readonly T[] {
  const homes = new Map(accounts.map((account) => [account.home, account.dn]));
  return accounts.filter((account) => {
    for (let end = account.home.lastIndexOf('/'); end > 0; end = account.home.lastIndexOf('/', end - 1)) {
      const owner = homes.get(account.home.slice(0, end));
      if (owner === undefined) continue;
      report({
        dn: account.dn,
        field: 'homeDirectory',
        message: `lies in the home of ${owner}`,
        remedy: 'give the account a home of its own',
      });
      return false;
    }
    return true;
  });
}
