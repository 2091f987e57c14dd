import type { HttpJsonChanges } from '../../../../schemas/types/server-configuration.ts';
import type { MappedRecord } from '../../checks/judge-records.ts';
import { locateKey } from '../mapped-records.ts';
import { lookUp, type Reading } from '../record-readings.ts';
import { readTouchedKeys } from './touched-keys.ts';

/** Records that changed, and locators of those that are gone. */
export interface ReadChanges {
  readonly records: readonly MappedRecord[];
  readonly removed: readonly string[];
}

/**
 * What changed since then; undefined where all should be read instead. Whether a record is gone is what its look-up
 * says, never a log of deletions alone: such a record may have been restored.
 */
export async function readChanges(
  reading: Reading,
  changes: HttpJsonChanges,
  since: Date,
): Promise<ReadChanges | undefined> {
  const { ports, options, limits } = reading;
  const keys = await readTouchedKeys(ports, changes, since, limits);
  if (keys === undefined) return undefined;
  const missing = new Map([...keys].map((key) => [locateKey(options, key), key]));
  const found = new Map<string, MappedRecord[]>();
  const ask = async (some: readonly string[]): Promise<void> => {
    const asked = new Set(some.map((key) => locateKey(options, key)));
    for (const record of await lookUp(reading, changes.lookup, { keys: some.join(',') })) {
      // A query that the CMDB understands otherwise may give anything.
      if (!asked.has(record.locator)) continue;
      missing.delete(record.locator);
      found.set(record.locator, [...(found.get(record.locator) ?? []), record]);
    }
  };
  const { batchSize = 50 } = changes;
  for (const some of inBatches([...keys], batchSize)) await ask(some);
  // An answer that the CMDB cut short must not look like a removal.
  if (batchSize > 1) for (const key of missing.values()) await ask([key]);
  const records = [...found.values()].flat();
  return { records: [...records, ...(await sharers(reading, records))], removed: [...missing.keys()] };
}

/** Records that did not change but have the UUID of one that did, so that the clash is noticed. */
async function sharers(reading: Reading, records: readonly MappedRecord[]): Promise<readonly MappedRecord[]> {
  const { lookup } = reading.options;
  if (lookup === undefined) return [];
  const known = new Set(records.map(({ locator }) => locator));
  const ids = new Set(records.map(({ value }) => value['id']).filter((id) => typeof id === 'string'));
  const others: MappedRecord[] = [];
  for (const id of ids) {
    for (const record of await lookUp(reading, lookup, { id })) {
      if (record.value['id'] === id && !known.has(record.locator)) others.push(record);
    }
  }
  return others;
}

function* inBatches<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
