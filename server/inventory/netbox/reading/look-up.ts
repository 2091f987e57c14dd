import { isCidr } from '../../../../schemas/validation/validator.ts';
import { RefusedRequest } from '../../http-client/http-failure.ts';
import type { RecordChange } from '../../inventory.ts';
import type { Pager } from '../client/pager.ts';
import { batches, narrowed, type Query } from '../client/query.ts';
import type { NetboxReading } from '../machines/reading.ts';
import { usesPrefixes } from '../mapping.ts';
import type { Collection } from '../rows/collections.ts';
import { networkOf } from '../rows/networks.ts';
import type { MachineRow, PrefixRow } from '../rows/rows.ts';
import type { ScopedValues } from '../rows/scoped-values.ts';
import { readCreators } from './change-log.ts';
import type { ReadingPorts } from './reading-ports.ts';

/** Ids of one query: gunicorn takes request lines of 4,094 bytes. */
export const idsPerQuery = 100;
const uuidsPerQuery = 25;
const prefixesPerQuery = 50;
/** How often machines are looked up again because one is gone. */
const mostAttempts = 3;

/** Finds machines in NetBox, by its ids. */
export type MachineSearch = (ports: ReadingPorts) => Promise<ReadonlyMap<number, MachineRow>>;

/**
 * Machines with these UUIDs. Where the UUID stands in several fields, a machine may be found by one that does not
 * count for it: what it is taken for shows in its record.
 */
export function machinesByUuid(uuids: readonly string[]): MachineSearch {
  return (ports) =>
    findMachines(
      ports,
      ports.mapping.id,
      // Whether NetBox minds the case depends on the field and its version.
      batches(uuids, uuidsPerQuery, (uuid) => [
        ['', uuid],
        ['', uuid.toUpperCase()],
      ]),
    );
}

/** Machines of this very name, where the mapping takes names from fields that NetBox can look machines up by. */
export function machinesByName(name: string): MachineSearch {
  return async (ports) => {
    const paths = ports.mapping.name.filter((path) => /^(name|serial|custom_fields\.[^.]+)$/.test(path));
    const found = await findMachines(ports, paths, [[['', name]]]);
    // Filters of custom fields may match more loosely.
    return new Map([...found].filter(([, { fields }]) => fields.name === name));
  };
}

/** Machines with these ids. */
export function machinesById(ids: readonly number[]): MachineSearch {
  return (ports) =>
    findMachines(
      ports,
      ['id'],
      batches(ids, idsPerQuery, (id) => [['', String(id)]]),
    );
}

/**
 * Machines with all that belongs to them: interfaces, addresses, the networks of these, and who created them. What was
 * changed between one request and the next is read again, a few times at most: it is read with the next changes anyway.
 */
export async function lookUpMachines(
  ports: ReadingPorts,
  search: MachineSearch,
  changes: ReadonlyMap<number, RecordChange> = new Map(),
): Promise<NetboxReading> {
  for (let attempt = 1; ; attempt += 1) {
    const machines = await search(ports);
    try {
      const reading = await readAround(ports, machines, changes);
      if (attempt === mostAttempts || (await areStill(ports, machines))) return reading;
    } catch (error) {
      // A machine that was found may be gone by now; then its interfaces cannot be asked for.
      if (!(error instanceof RefusedRequest) || error.status !== 400 || attempt === mostAttempts) throw error;
    }
  }
}

/** Where a network stands twice in a VRF, the prefix with the lower id counts. */
export function prefixesByNetwork(rows: Iterable<PrefixRow>): ReadonlyMap<string, ScopedValues> {
  const prefixes = new Map<string, PrefixRow>();
  for (const row of rows) {
    const known = prefixes.get(row.network);
    if (known === undefined || row.id < known.id) prefixes.set(row.network, row);
  }
  return new Map([...prefixes].map(([network, { values }]) => [network, values]));
}

/** @param values of the parameters that look machines up by the paths */
function findMachines(
  { pager, collections: { machines } }: ReadingPorts,
  paths: readonly string[],
  values: readonly Query[],
): Promise<ReadonlyMap<number, MachineRow>> {
  const queries = paths.flatMap((path) =>
    values.flatMap((query) =>
      narrowed(
        machines.filter,
        path.replace(/^custom_fields\./, 'cf_'),
        query.map(([, value]) => value),
      ),
    ),
  );
  return readSome(pager, { ...machines, filter: [] }, queries);
}

/** Whether machines are as they were read, so that the addresses read since belong to the primary ones. */
async function areStill(
  { pager, collections: { machines: list } }: ReadingPorts,
  machines: ReadonlyMap<number, MachineRow>,
): Promise<boolean> {
  const fields = [['fields', 'id,primary_ip4,primary_ip6,last_updated']] as const;
  const queries = batches([...machines.keys()], idsPerQuery, (id) => [['id', String(id)]]);
  const now = await readSome(pager, { ...list, filter: [], fields }, queries);
  return [...machines].every(([id, { updated, primary4, primary6 }]) => {
    const row = now.get(id);
    return row?.updated === updated && row.primary4 === primary4 && row.primary6 === primary6;
  });
}

async function readAround(
  { pager, collections, mapping }: ReadingPorts,
  machines: ReadonlyMap<number, MachineRow>,
  changes: ReadonlyMap<number, RecordChange>,
): Promise<NetboxReading> {
  const byMachine = (parameter: string): readonly Query[] =>
    batches([...machines.keys()], idsPerQuery, (id) => [[parameter, String(id)]]);
  const [interfaces, addresses, creators] = await Promise.all([
    readSome(pager, collections.interfaces, byMachine('virtual_machine_id')),
    readSome(pager, collections.addresses, byMachine('virtual_machine_id')),
    mapping.creator.includes('changelog')
      ? readCreators(pager, byMachine('changed_object_id'))
      : new Map<number, string>(),
  ]);
  const networks = new Set<string>();
  for (const { cidr } of addresses.values()) {
    if (typeof cidr !== 'string' || !isCidr(cidr)) continue;
    networks.add(`${networkOf(cidr).toString()}/${cidr.split('/')[1] ?? ''}`);
  }
  const prefixes = usesPrefixes(mapping)
    ? await readSome(
        pager,
        collections.prefixes,
        batches([...networks], prefixesPerQuery, (network) => [['prefix', network]]),
      )
    : new Map<number, PrefixRow>();
  return {
    machines: machines.values(),
    interfaces: interfaces.values(),
    addresses: addresses.values(),
    prefixes: prefixesByNetwork(prefixes.values()),
    creators,
    changes,
  };
}

async function readSome<T>(
  pager: Pager,
  { path, filter, fields, keep }: Collection<T>,
  queries: readonly Query[],
): Promise<ReadonlyMap<number, T>> {
  const found = new Map<number, T>();
  for (const more of queries) {
    for await (const rows of pager.pages(path, [...filter, ...fields, ...more])) {
      for (const row of rows) {
        const kept = keep(row);
        if (kept !== undefined) found.set(row.id, kept);
      }
    }
  }
  return found;
}
