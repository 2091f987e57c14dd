import { createHash } from 'node:crypto';
import type { RecordProblem } from '../../schemas/types/api.ts';
import type { InstanceRecord } from '../../schemas/types/instance-record.ts';
import type { InstanceId } from '../domain/identifiers.ts';
import type { Store, StoredInstance } from '../store/store.ts';

/** What a sync must know of an instance to tell whether anything about it changed. */
export interface KnownInstance {
  readonly name: string;
  readonly inventory: string;
  readonly locator: string;
  readonly removed: boolean;
  /** Newest generation and the hash of its content; undefined before the first. */
  readonly newest: number | undefined;
  readonly contentSha256: string | undefined;
  /** Hash of record, place and quarantine as stored. */
  readonly fingerprint: string;
  /** Its quarantine as JSON. */
  readonly quarantine: string;
  readonly randomSeed: string;
}

const pageSize = 1000;

/** Everything known, by id. Holds hashes and not records: a site has 100,000 instances. */
export async function readKnownInstances(store: Store): Promise<ReadonlyMap<InstanceId, KnownInstance>> {
  const hashes = await store.newestContentHashes();
  const known = new Map<InstanceId, KnownInstance>();
  let after: InstanceId | undefined;
  do {
    const page = await store.instances({ includeRemoved: true, after, limit: pageSize });
    for (const instance of page.instances) {
      known.set(instance.id, knownInstance(instance, hashes));
    }
    after = page.next ?? undefined;
  } while (after !== undefined);
  return known;
}

/** @param hashes content hash of the newest generation by instance */
export function knownInstance(
  instance: StoredInstance,
  hashes: ReadonlyMap<InstanceId, string>,
): KnownInstance {
  return {
    name: instance.record.name,
    inventory: instance.inventory,
    locator: instance.locator,
    removed: instance.removedAt !== null,
    newest: instance.newest ?? undefined,
    contentSha256: hashes.get(instance.id),
    fingerprint: recordFingerprint(instance.record, instance.locator, instance.quarantine),
    quarantine: JSON.stringify(instance.quarantine),
    randomSeed: instance.randomSeed,
  };
}

/** Equal for a record that is stored just so. */
export function recordFingerprint(
  record: InstanceRecord,
  locator: string,
  quarantine: readonly RecordProblem[],
): string {
  return createHash('sha256')
    .update(JSON.stringify([record, locator, quarantine]))
    .digest('base64');
}
