import { RefusedRequest } from '../../http-client/http-failure.ts';
import type { RecordChange } from '../../inventory.ts';
import type { NetboxReading } from '../machines/reading.ts';
import { usesPrefixes } from '../mapping.ts';
import type { AddressRow, InterfaceRow } from '../rows/rows.ts';
import { keepNewest, loggedTypes, readCreators, readNewestChanges } from './change-log.ts';
import { prefixesByNetwork } from './look-up.ts';
import type { ReadingPorts } from './reading-ports.ts';
import { createStableList, settle } from './stable-list.ts';

/** What the server's `Date`, which knows whole seconds only, and a transaction under way may hide. */
const overlapMs = 10_000;

/** All machines, as they are at the end of the reading. @param began by the server's clock */
export async function readAllMachines(ports: ReadingPorts, began: number): Promise<NetboxReading> {
  const { pager, collections, mapping } = ports;
  const machines = createStableList(pager, collections.machines);
  const interfaces = createStableList(pager, collections.interfaces);
  const addresses = createStableList(pager, collections.addresses);
  const prefixes = createStableList(pager, collections.prefixes);
  const lists = [machines, interfaces, addresses, ...(usesPrefixes(mapping) ? [prefixes] : [])];
  await Promise.all(lists.map((list) => list.read()));
  await settle(lists, new Date(began - overlapMs));
  // Last, so that both know of machines that were created meanwhile.
  const [creators, changes] = await Promise.all([
    mapping.creator.includes('changelog') ? readCreators(pager, [[]]) : new Map<number, string>(),
    readChanges(ports, interfaces.rows(), addresses.rows()),
  ]);
  return {
    machines: machines.drain(),
    interfaces: interfaces.drain(),
    addresses: addresses.drain(),
    prefixes: prefixesByNetwork(prefixes.drain()),
    creators,
    changes,
  };
}

/** Who changed the machines and their parts last, as far as the newest entries of the log tell. */
async function readChanges(
  { pager, limits }: ReadingPorts,
  interfaces: Iterable<InterfaceRow>,
  addresses: Iterable<AddressRow>,
): Promise<ReadonlyMap<number, RecordChange>> {
  const read = (type: string): Promise<ReadonlyMap<number, RecordChange>> =>
    readNewestChanges(pager, type, limits.logEntries);
  const changes = new Map<number, RecordChange>();
  try {
    const [ofMachines, ofInterfaces, ofAddresses] = await Promise.all([
      read(loggedTypes.machines),
      read(loggedTypes.interfaces),
      read(loggedTypes.addresses),
    ]);
    for (const [machine, change] of ofMachines) keepNewest(changes, machine, change);
    const byInterface = new Map(ofInterfaces);
    for (const { id, interface: port } of addresses) {
      const change = ofAddresses.get(id);
      if (change !== undefined) keepNewest(byInterface, port, change);
    }
    for (const { id, machine } of interfaces) {
      const change = byInterface.get(id);
      if (change !== undefined) keepNewest(changes, machine, change);
    }
  } catch (error) {
    // To know who changed what is worth a permission of its own, but no failure.
    if (!(error instanceof RefusedRequest) || error.status !== 403) throw error;
  }
  return changes;
}
