import type { Entry } from 'ldapts';
import type { DirectoryEntry } from '../entries/entry.ts';
import { LdapFailure } from './failure.ts';
import { toEntry } from './ldap-entry.ts';
import { rangedAttributes, withWholeValues } from './ranged-values.ts';
import type { LdapSession } from './session.ts';

/** What one kind of entry is found by. */
export interface EntryKind {
  readonly base: string;
  /** What the entries are, for messages, such as `posixAccount`. */
  readonly objectClass: string;
  /** RFC 4515. */
  readonly filter: string;
  readonly attributes: readonly string[];
}

/** Entries taken of one kind. A server that never ends is not read for ever. */
const entryLimit = 1_000_000;

/**
 * All entries of a kind. Paged results are no snapshot, and ldapts ends at an empty page even if the server has
 * more; so the names are listed a second time, with other page boundaries, and must be the same.
 */
export async function readEntries(
  session: LdapSession,
  kind: EntryKind,
  pageSize: number,
): Promise<readonly DirectoryEntry[]> {
  const entries = new Map<string, DirectoryEntry>();
  for await (const entry of walk(session, kind, kind.attributes, pageSize)) {
    if (entries.has(entry.dn)) {
      throw new LdapFailure(
        `the server gave one entry twice below ${kind.base}`,
        'try again; look into its log',
      );
    }
    entries.set(entry.dn, toEntry(entry));
  }
  for (const [dn, entry] of entries) {
    const ranged = rangedAttributes(entry);
    if (ranged.length > 0) entries.set(dn, await withWholeValues(session, entry, ranged));
  }
  let listed = 0;
  for await (const entry of walk(session, kind, ['1.1'], pageSize + 1)) {
    if (!entries.has(entry.dn)) throw changed(kind);
    listed += 1;
  }
  if (listed !== entries.size) throw changed(kind);
  return [...entries.values()];
}

/** Fails unless the base of the search is there and may be read: below a hidden base there is nothing to find. */
export async function checkBase(session: LdapSession, base: string): Promise<void> {
  let count = 0;
  const search = {
    base,
    scope: 'base',
    filter: '(objectClass=*)',
    attributes: ['1.1'],
    pageSize: 2,
  } as const;
  for await (const page of session.pages(search)) count += page.length;
  if (count === 1) return;
  throw new LdapFailure(
    `search below ${base}: the server does not show the base entry to this account`,
    'check the base DN, and let the account that reads the directory see it',
  );
}

async function* walk(
  session: LdapSession,
  kind: EntryKind,
  attributes: readonly string[],
  pageSize: number,
): AsyncGenerator<Entry> {
  let count = 0;
  for await (const page of session.pages({
    base: kind.base,
    scope: 'sub',
    filter: kind.filter,
    attributes,
    pageSize,
  })) {
    count += page.length;
    if (count > entryLimit) {
      throw new LdapFailure(
        `there are more than ${entryLimit} entries below ${kind.base}`,
        'give a narrower base DN',
      );
    }
    yield* page;
  }
}

function changed(kind: EntryKind): LdapFailure {
  return new LdapFailure(
    `the ${kind.objectClass} entries below ${kind.base} changed while they were read, or the server left some out`,
    'try again; if it stays so, look into its limits',
  );
}
