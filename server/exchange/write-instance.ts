import { driveRenewal } from '../domain/drive-validity.ts';
import type { InstanceId } from '../domain/identifiers.ts';
import type { NewEvent, Store, StoreTransaction } from '../store/store.ts';
import type { VerifiedBundle } from './open-bundle.ts';
import type { ReadyInstance } from './read-exported.ts';

/** What an import leaves with every instance. */
const imported = 'instance-imported';

/** Where and for whom it is written. */
export interface ImportContext {
  readonly bundle: VerifiedBundle;
  readonly actor: string;
  readonly at: string;
  readonly reportsKept: number;
}

/**
 * Writes an instance with its history as it was: numbers, seeds and times stay, events say where they came from. Its
 * inventory is the export, so that no sync takes it for removed before the CMDB of this site has listed it.
 * @returns false: there is one of its UUID, and nothing was written
 */
export async function writeInstance(
  transaction: StoreTransaction,
  { exported, generations, firstBase, newestBase }: ReadyInstance,
  { bundle, actor, at, reportsKept }: ImportContext,
): Promise<boolean> {
  const { record, locator, randomSeed, firstSeenAt, removedAt, events, reports } = exported;
  const id = record.id as InstanceId;
  if ((await transaction.instance(id)) !== undefined) return false;
  await transaction.saveInstances([
    {
      id,
      record,
      inventory: `import ${bundle.signer}`,
      locator,
      fingerprint: '',
      quarantine: [],
      randomSeed,
      seenAt: firstSeenAt,
    },
  ]);
  await transaction.appendGenerations(
    generations.map(({ exported: generation, composition, contentSha256 }) => ({
      instance: id,
      createdAt: generation.createdAt,
      actor: generation.actor,
      reason: generation.reason,
      contentSha256,
      composition,
      renewAt: driveRenewal(composition.own, generation.createdAt, id),
      facts: { availabilityZone: generation.availabilityZone, userData: generation.userData },
    })),
  );
  if (firstBase !== undefined) await transaction.recordBaseDrive(id, 'boot', firstBase);
  if (newestBase !== undefined) await transaction.recordBaseDrive(id, 'boot', newestBase);
  for (const report of reports.toReversed())
    await transaction.saveReport(report, report.startedAt, reportsKept);
  if (removedAt !== null) await transaction.markRemoved(id, removedAt);
  const history = events.map(
    ({ id: number, details, ...event }): NewEvent => ({
      ...event,
      instance: id,
      details: { ...details, importedFrom: { signer: bundle.signer, event: number } },
    }),
  );
  await transaction.appendEvents([
    ...history,
    {
      at,
      actor,
      action: imported,
      instance: id,
      reason: `from ${exported.inventory}`,
      details: { ...bundle, generations: generations.length },
    },
  ]);
  return true;
}

/** SHA-256 of the export that brought an instance; undefined for one that the CMDB brought. */
export async function bundleOf(store: Pick<Store, 'events'>, id: InstanceId): Promise<string | undefined> {
  const events = await store.events({ instance: id, action: imported, limit: 1000 });
  const sha256 = events.findLast(({ details }) => !('importedFrom' in details))?.details['sha256'];
  return typeof sha256 === 'string' ? sha256 : undefined;
}
