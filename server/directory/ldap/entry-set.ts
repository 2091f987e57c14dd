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
  /** What counts for a change beside the server's own marks: servers change some attributes without touching them. */
  readonly watched?: readonly string[];
  /** Never told from what was read before: servers change too much of these entries without a mark. */
  readonly alwaysWhole?: boolean;
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
  const entries = await readMatching(session, kind, pageSize);
  if (await isListed(session, kind, new Set(entries.map(({ dn }) => dn)), pageSize)) return entries;
  throw new LdapFailure(
    `the ${kind.objectClass} entries below ${kind.base} changed while they were read, or the server left some out`,
    'try again; if it stays so, look into its limits',
  );
}

/** The entries that the server gives in answer to the filter, with all their values. Whether they are all is not known yet. */
export async function readMatching(
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
  return [...entries.values()];
}

/** Whether the server lists just these names, with other page boundaries than those of `pageSize`. */
export async function isListed(
  session: LdapSession,
  kind: EntryKind,
  names: ReadonlySet<string>,
  pageSize: number,
): Promise<boolean> {
  let listed = 0;
  for await (const { dn } of walk(session, kind, ['1.1'], pageSize + 1)) {
    if (!names.has(dn)) return false;
    listed += 1;
  }
  return listed === names.size;
}

/** The entry of that name, if it is of the kind; undefined if it is of another. Fails where there is none. */
export async function readOne(
  session: LdapSession,
  kind: EntryKind,
  dn: string,
): Promise<DirectoryEntry | undefined> {
  const { filter, attributes } = kind;
  const found: DirectoryEntry[] = [];
  for await (const page of session.pages({ base: dn, scope: 'base', filter, attributes })) {
    found.push(...page.map(toEntry));
  }
  const [entry, ...others] = found;
  if (entry === undefined || others.length > 0) return undefined;
  const ranged = rangedAttributes(entry);
  return ranged.length === 0 ? entry : await withWholeValues(session, entry, ranged);
}

/** Fails unless the base of the search is there and may be read: below a hidden base there is nothing to find. */
export async function readBase(
  session: LdapSession,
  base: string,
  attributes: readonly string[],
): Promise<DirectoryEntry> {
  const found: DirectoryEntry[] = [];
  const search = { base, scope: 'base', filter: '(objectClass=*)', attributes, pageSize: 2 } as const;
  for await (const page of session.pages(search)) found.push(...page.map(toEntry));
  const [entry, ...others] = found;
  if (entry !== undefined && others.length === 0) return entry;
  throw new LdapFailure(
    `search below ${base}: the server does not show the base entry to this account`,
    'check the base DN, and let the account that reads the directory see it',
  );
}

/** The entries of a kind as the server gives them, page by page. */
export async function* walk(
  session: LdapSession,
  { base, filter }: EntryKind,
  attributes: readonly string[],
  pageSize: number,
): AsyncGenerator<Entry> {
  let count = 0;
  for await (const page of session.pages({ base, scope: 'sub', filter, attributes, pageSize })) {
    count += page.length;
    if (count > entryLimit) {
      throw new LdapFailure(
        `there are more than ${entryLimit} entries below ${base}`,
        'give a narrower base DN',
      );
    }
    yield* page;
  }
}
