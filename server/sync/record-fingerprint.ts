import { createHash } from 'node:crypto';
import type { InstanceRecord } from '../../schemas/types/instance-record.ts';
import type { FieldOrigins } from '../inventory/inventory.ts';

/** Equal for a record that is stored just so: what it says, and where it stands in the CMDB. */
export function recordFingerprint(
  record: InstanceRecord,
  locator: string,
  origins: FieldOrigins | undefined,
): string {
  return `${hash(record)}.${hash([locator, origins === undefined ? [] : [...origins]])}`;
}

/** Whether two fingerprints are of records that say the same, wherever they stand: a line above may have come or gone. */
export function saysTheSame(one: string, other: string): boolean {
  return one.split('.', 1)[0] === other.split('.', 1)[0];
}

function hash(value: unknown): string {
  // 128 bits: it is compared with one other only, and held for every instance.
  return createHash('sha256').update(JSON.stringify(value)).digest('base64').slice(0, 22);
}
