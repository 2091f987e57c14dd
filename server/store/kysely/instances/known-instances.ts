import type { Kysely } from 'kysely';
import type { InstanceId } from '../../../domain/identifiers.ts';
import type { KnownInstance } from '../../store.ts';
import { chunks } from '../bulk-write.ts';
import type { Tables } from '../tables.ts';

const rowsAPage = 5000;
const idsAStatement = 1000;

/** What a sync compares with, as `Store.knownInstances` says. Read page by page: all rows at once take much memory. */
export async function listKnownInstances(
  reader: Kysely<Tables>,
  ids?: readonly InstanceId[],
): Promise<readonly KnownInstance[]> {
  const share = createSharedTexts();
  const known: KnownInstance[] = [];
  if (ids !== undefined) {
    const wanted = [...new Set(ids)].sort();
    for (const chunk of chunks(wanted, idsAStatement)) {
      const rows = await narrowRows(reader).where('id', 'in', chunk).execute();
      for (const row of rows) known.push(knownInstance(row, share));
    }
    return known;
  }
  let after = '';
  for (;;) {
    const rows = await narrowRows(reader).where('id', '>', after).limit(rowsAPage).execute();
    for (const row of rows) known.push(knownInstance(row, share));
    after = rows.at(-1)?.id ?? '';
    if (rows.length < rowsAPage) return known;
  }
}

function narrowRows(reader: Kysely<Tables>) {
  return reader
    .selectFrom('instances')
    .select([
      'id',
      'name',
      'inventory',
      'locator',
      'removed_at',
      'newest',
      'newest_content_sha256',
      'fingerprint',
      'quarantine',
      'newest_identity',
      'newest_sudo',
      'renew_at',
    ])
    .orderBy('id');
}

type NarrowRow = Awaited<ReturnType<ReturnType<typeof narrowRows>['execute']>>[number];

function knownInstance(row: NarrowRow, share: (text: string) => string): KnownInstance {
  const shareOrNull = (text: string | null) => (text === null ? null : share(text));
  return {
    id: row.id as InstanceId,
    name: row.name,
    inventory: share(row.inventory),
    locator: row.locator,
    removed: row.removed_at !== null,
    newest: row.newest,
    contentSha256: row.newest_content_sha256,
    fingerprint: row.fingerprint,
    quarantine: share(row.quarantine),
    identity: shareOrNull(row.newest_identity),
    sudo: shareOrNull(row.newest_sudo),
    renewAt: row.renew_at,
  };
}

/** Gives for equal texts one and the same, so that a text which 100,000 rows have takes the memory of one. */
function createSharedTexts(): (text: string) => string {
  const texts = new Map<string, string>();
  return (text) => {
    const known = texts.get(text);
    if (known !== undefined) return known;
    texts.set(text, text);
    return text;
  };
}
