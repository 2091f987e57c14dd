import { isCidr } from '../../../schemas/validation/validator.ts';
import type { Clock } from '../../domain/clock.ts';
import { RefusedRequest } from '../http-client/http-failure.ts';
import type { NetboxClient } from './client/netbox-client.ts';
import type { Pager } from './client/pager.ts';
import { batches, type Query } from './client/query.ts';
import { type Collection, type Collections, creationsPath, creationsQuery } from './collections.ts';
import { creationOf } from './creations.ts';
import type { NetboxReading } from './map-machines.ts';
import { type NetboxMapping, usesPrefixes } from './mapping.ts';
import { type GatewayValues, type MachineRow, networkKey, networkOf, type PrefixRow } from './rows.ts';
import { createStableList, settle } from './stable-list.ts';

/** What a reading is made with. */
export interface ReadingPorts {
  readonly client: NetboxClient;
  readonly pager: Pager;
  readonly collections: Collections;
  readonly mapping: NetboxMapping;
  readonly clock: Clock;
}

/** What the server's `Date`, which knows whole seconds only, and a transaction under way may hide. */
const overlapMs = 10_000;
/** How far the server's clock may be behind ours where it does not tell its time. */
const clockSkewMs = 300_000;
/** Ids of one query: gunicorn takes request lines of 4,094 bytes. */
const idsPerQuery = 100;
const uuidsPerQuery = 25;
const prefixesPerQuery = 50;
/** How often machines are looked up again because one is gone. */
const mostAttempts = 3;

/** All machines, as they are at the end of the reading. */
export async function readAllMachines(ports: ReadingPorts): Promise<NetboxReading> {
  const { client, pager, collections, mapping, clock } = ports;
  const started = clock.now();
  const machines = createStableList(pager, collections.machines);
  const interfaces = createStableList(pager, collections.interfaces);
  const addresses = createStableList(pager, collections.addresses);
  const prefixes = createStableList(pager, collections.prefixes);
  const lists = [machines, interfaces, addresses, ...(usesPrefixes(mapping) ? [prefixes] : [])];
  await Promise.all(lists.map((list) => list.read()));
  const from = client.firstAnswerTime()?.getTime() ?? started.getTime() - clockSkewMs;
  await settle(lists, new Date(from - overlapMs));
  return {
    machines: machines.rows(),
    interfaces: interfaces.rows(),
    addresses: addresses.rows(),
    prefixes: prefixesByNetwork(prefixes.rows()),
    // Last, so that it knows of machines that were created meanwhile.
    creators: await readCreators(ports, [[]]),
  };
}

/**
 * The machines with these UUIDs. Where the UUID stands in several fields, a machine may be found by one that does not
 * count for it: what it is taken for shows in its record.
 */
export async function readMachinesById(ports: ReadingPorts, ids: readonly string[]): Promise<NetboxReading> {
  for (let attempt = 1; ; attempt += 1) {
    const machines = await findMachines(ports, ids);
    try {
      return await readAround(ports, machines);
    } catch (error) {
      // A machine that was found may be gone by now; then its interfaces cannot be asked for.
      if (!(error instanceof RefusedRequest) || error.status !== 400 || attempt === mostAttempts) throw error;
    }
  }
}

function findMachines(
  { pager, collections, mapping }: ReadingPorts,
  ids: readonly string[],
): Promise<ReadonlyMap<number, MachineRow>> {
  const queries = mapping.id.flatMap((path) => {
    const parameter = path.replace(/^custom_fields\./, 'cf_');
    // Whether NetBox minds the case depends on the field and its version.
    return batches(ids, uuidsPerQuery, (id) => [
      [parameter, id],
      [parameter, id.toUpperCase()],
    ]);
  });
  return readSome(pager, collections.machines, queries);
}

/** What belongs to machines: their interfaces with addresses, the networks of these, and who created them. */
async function readAround(
  ports: ReadingPorts,
  machines: ReadonlyMap<number, MachineRow>,
): Promise<NetboxReading> {
  const { pager, collections, mapping } = ports;
  const byMachine = (parameter: string): readonly Query[] =>
    batches([...machines.keys()], idsPerQuery, (id) => [[parameter, String(id)]]);
  const [interfaces, addresses, creators] = await Promise.all([
    readSome(pager, collections.interfaces, byMachine('virtual_machine_id')),
    readSome(pager, collections.addresses, byMachine('virtual_machine_id')),
    readCreators(ports, byMachine('changed_object_id')),
  ]);
  const networks = new Map<string, string>();
  for (const { cidr, vrf } of addresses.values()) {
    if (typeof cidr !== 'string' || !isCidr(cidr)) continue;
    networks.set(networkKey(cidr, vrf), `${networkOf(cidr).toString()}/${cidr.split('/')[1] ?? ''}`);
  }
  const prefixes = usesPrefixes(mapping)
    ? await readSome(
        pager,
        collections.prefixes,
        batches([...new Set(networks.values())], prefixesPerQuery, (network) => [['prefix', network]]),
      )
    : new Map<number, PrefixRow>();
  return {
    machines: machines.values(),
    interfaces: interfaces.values(),
    addresses: addresses.values(),
    prefixes: prefixesByNetwork(prefixes.values()),
    creators,
  };
}

async function readSome<T>(
  pager: Pager,
  { path, query, keep }: Collection<T>,
  queries: readonly Query[],
): Promise<ReadonlyMap<number, T>> {
  const found = new Map<number, T>();
  for (const more of queries) {
    for await (const rows of pager.pages(path, [...query, ...more])) {
      for (const row of rows) {
        const kept = keep(row);
        if (kept !== undefined) found.set(row.id, kept);
      }
    }
  }
  return found;
}

async function readCreators(
  { pager, mapping }: ReadingPorts,
  queries: readonly Query[],
): Promise<ReadonlyMap<number, string>> {
  const creators = new Map<number, string>();
  if (!mapping.creator.includes('changelog')) return creators;
  for (const more of queries) {
    for await (const rows of pager.pages(creationsPath, [...creationsQuery, ...more])) {
      for (const row of rows) {
        const creation = creationOf(row);
        if (creation !== undefined) creators.set(creation.machine, creation.user);
      }
    }
  }
  return creators;
}

/** Where a network stands twice in a VRF, the prefix with the lower id counts. */
function prefixesByNetwork(rows: Iterable<PrefixRow>): ReadonlyMap<string, GatewayValues> {
  const prefixes = new Map<string, PrefixRow>();
  for (const row of rows) {
    const known = prefixes.get(row.network);
    if (known === undefined || row.id < known.id) prefixes.set(row.network, row);
  }
  return prefixes;
}
