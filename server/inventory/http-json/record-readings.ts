import type { HttpJsonRequest } from '../../../schemas/types/server-configuration.ts';
import type { MappedRecord } from '../checks/judge-records.ts';
import { RefusedRequest } from '../http-client/http-failure.ts';
import type { HttpJsonLimits } from './limits.ts';
import type { ListPorts } from './list/pages.ts';
import { readList } from './list/read-list.ts';
import type { Placeholders } from './list/request-template.ts';
import { mapRows } from './mapped-records.ts';
import type { Evaluator } from './mapping/evaluator.ts';
import type { HttpJsonOptions } from './option-rules.ts';
import { lookUpRelated, readRelatedLists } from './related-rows.ts';

/** What one reading of a CMDB goes by. */
export interface Reading {
  readonly ports: ListPorts;
  readonly evaluator: Evaluator;
  readonly options: HttpJsonOptions;
  readonly limits: HttpJsonLimits;
}

/** All records, after the related lists. */
export async function readAll({
  ports,
  evaluator,
  options,
  limits,
}: Reading): Promise<readonly MappedRecord[]> {
  const related = await readRelatedLists(ports, Object.entries(options.related ?? {}), limits);
  return readList(ports, options.list, {}, () => mapRows(options, evaluator, related), limits);
}

/** The records that one request gives for some values, each with the related records that are asked for it alone. */
export async function lookUp(
  { ports, evaluator, options, limits }: Reading,
  request: HttpJsonRequest,
  values: Placeholders,
): Promise<readonly MappedRecord[]> {
  const related = lookUpRelated(ports, Object.entries(options.related ?? {}), limits);
  try {
    return await readList(ports, request, values, () => mapRows(options, evaluator, related), limits);
  } catch (error) {
    // REST answers so for a record that it does not have.
    if (error instanceof RefusedRequest && error.status === 404) return [];
    throw error;
  }
}

/** The records with these UUIDs: one by one, or out of all where there is no `lookup` or there are many. */
export async function readByIds(
  reading: Reading,
  ids: ReadonlySet<string>,
): Promise<readonly MappedRecord[]> {
  const { lookup } = reading.options;
  if (lookup === undefined || ids.size > reading.limits.lookups) return readAll(reading);
  const records: MappedRecord[] = [];
  for (const id of ids) records.push(...(await lookUp(reading, lookup, { id })));
  return records;
}

/** The records with this name, and those that have the UUID of one of them. */
export async function readByName(reading: Reading, name: string): Promise<readonly MappedRecord[]> {
  const { lookupByName } = reading.options;
  const records =
    lookupByName === undefined ? await readAll(reading) : await lookUp(reading, lookupByName, { name });
  const named = records.filter(({ value }) => value['name'] === name);
  const ids = new Set(named.map(({ value }) => value['id']));
  return records.filter((record) => named.includes(record) || ids.has(record.value['id']));
}
