import { createHash } from 'node:crypto';
import type { InstanceRecord } from '../../schemas/types/instance-record.ts';
import type { InstanceId } from '../domain/identifiers.ts';
import type { KnownInstance, Store } from '../store/store.ts';

/** What is known of these instances, or of all, by id. Holds hashes and not records: a site has 100,000 instances. */
export async function readKnownInstances(
  store: Store,
  ids?: readonly InstanceId[],
): Promise<ReadonlyMap<InstanceId, KnownInstance>> {
  return new Map((await store.knownInstances(ids)).map((instance) => [instance.id, instance]));
}

/** Equal for a record that is stored just so. */
export function recordFingerprint(record: InstanceRecord, locator: string): string {
  return createHash('sha256')
    .update(JSON.stringify([record, locator]))
    .digest('base64');
}
