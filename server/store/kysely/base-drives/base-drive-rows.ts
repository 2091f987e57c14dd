import type { Kysely } from 'kysely';
import type { InstanceId } from '../../../domain/identifiers.ts';
import type { BaseDrive, BaseDriveKind, BaseDriveWrites } from '../../ports/base-drives.ts';
import type { Tables } from '../tables.ts';
import { packFiles, unpackFiles } from './packed-files.ts';

/** The drive of this kind; the newest is the first where no other came after it. */
export async function readBaseDrive(
  db: Kysely<Tables>,
  id: InstanceId,
  kind: BaseDriveKind,
): Promise<BaseDrive | undefined> {
  const kinds = kind === 'newest' ? ['newest', 'first'] : [kind];
  const rows = await db
    .selectFrom('base_drives')
    .select(['kind', 'sha256', 'seen_at', 'files'])
    .where('instance', '=', id)
    .where('kind', 'in', kinds)
    .execute();
  const row = rows.find((candidate) => candidate.kind === kind) ?? rows[0];
  return row && { files: unpackFiles(row.files), sha256: row.sha256, seenAt: row.seen_at };
}

/** {@link BaseDriveWrites.recordBaseDrive}. */
export async function recordBaseDrive(
  db: Kysely<Tables>,
  ...[id, purpose, drive]: Parameters<BaseDriveWrites['recordBaseDrive']>
): Promise<'first' | 'replaced' | 'unchanged'> {
  const rows = await db
    .selectFrom('base_drives')
    .select(['kind', 'sha256'])
    .where('instance', '=', id)
    .execute();
  const present = new Map(rows.map((row) => [row.kind, row.sha256]));
  const [current, kind] =
    purpose === 'rescue'
      ? [present.get('rescue'), 'rescue']
      : [present.get('newest') ?? present.get('first'), present.has('first') ? 'newest' : 'first'];
  if (current === drive.sha256) return 'unchanged';
  const values = { sha256: drive.sha256, seen_at: drive.seenAt, files: packFiles(drive.files) };
  await db
    .insertInto('base_drives')
    .values({ instance: id, kind, ...values })
    .onConflict((conflict) => conflict.columns(['instance', 'kind']).doUpdateSet(values))
    .execute();
  return current === undefined ? 'first' : 'replaced';
}
