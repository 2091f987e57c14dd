import { isCidr } from '../../../../schemas/validation/validator.ts';
import { parseInstanceId } from '../../../domain/identifiers.ts';
import type { Row } from '../client/pager.ts';
import { batches, type Query } from '../client/query.ts';
import { usesPrefixes } from '../mapping.ts';
import { type LogEntry, loggedTypes, readLog } from '../reading/change-log.ts';
import { idsPerQuery } from '../reading/look-up.ts';
import type { ReadingPorts } from '../reading/reading-ports.ts';
import { listPaths } from '../rows/collections.ts';
import { networkKey, networkOf } from '../rows/networks.ts';
import { idAt } from '../rows/rows.ts';
import { type Found, valueAt } from '../rows/value-at.ts';
import type { Affected } from './affected.ts';

/** Networks of prefixes that are looked up one by one. */
const mostNetworks = 200;

/**
 * Adds the machines of which something was changed: they themselves, their interfaces, addresses or MAC addresses, or
 * prefixes that they take values from. What was updated is in the lists; what was deleted, or belonged to another
 * machine before, only in the change log.
 */
export async function collectObjects(ports: ReadingPorts, since: Date, affected: Affected): Promise<void> {
  const networks = new Map<string, LogEntry['change'] | undefined>();
  const updated = (path: string, fields: string, take: (row: Row) => void, more: Query = []) =>
    readUpdated(
      ports,
      path,
      [...more, ['last_updated__gte', since.toISOString()], ['fields', fields]],
      affected,
      take,
    );
  const logged = (type: string, take: (entry: LogEntry) => void) =>
    readEntries(ports, type, since, affected, take);
  const holders = (row: Row): void => {
    const holder = row['assigned_object_id'];
    if (row['assigned_object_type'] === loggedTypes.interfaces && typeof holder === 'number') {
      affected.addInterface(holder);
    }
  };
  // The log has ids of types, so that interfaces of devices may be among them: those are no machine's.
  const loggedHolders = ({ states, change }: LogEntry): void => {
    for (const holder of idsIn(states, 'assigned_object_id')) affected.addInterface(holder, change);
  };
  await Promise.all([
    updated(listPaths.machines, 'id,last_updated', ({ id }) => affected.addMachine(id)),
    updated(listPaths.interfaces, 'id,virtual_machine,last_updated', (row) => {
      const machine = idAt(row, 'virtual_machine');
      if (machine !== undefined) affected.addMachine(machine);
    }),
    updated(listPaths.addresses, 'id,assigned_object_type,assigned_object_id,last_updated', holders, [
      ['assigned_to_interface', 'true'],
    ]),
    updated(listPaths.macAddresses, 'id,assigned_object_type,assigned_object_id,last_updated', holders),
    logged(loggedTypes.machines, ({ object, states, change }) => {
      affected.addMachine(object, change);
      for (const state of states) {
        for (const path of ports.mapping.id) {
          const uuid = uuidIn(valueAt(state, path));
          if (uuid !== undefined) affected.addUuid(uuid);
        }
      }
    }),
    logged(loggedTypes.interfaces, ({ object, states, change }) => {
      affected.addInterface(object, change);
      for (const machine of idsIn(states, 'virtual_machine')) affected.addMachine(machine, change);
    }),
    logged(loggedTypes.addresses, loggedHolders),
    logged(loggedTypes.macAddresses, loggedHolders),
    ...(usesPrefixes(ports.mapping)
      ? [
          updated(listPaths.prefixes, 'id,prefix,vrf,last_updated', (row) => {
            addNetwork(networks, valueAt(row, 'prefix'), idAt(row, 'vrf'), undefined);
          }),
          logged(loggedTypes.prefixes, ({ states, change }) => {
            for (const state of states) {
              const [vrf] = idsIn([state], 'vrf');
              addNetwork(networks, valueAt(state, 'prefix'), vrf, change);
            }
          }),
        ]
      : []),
  ]);
  if (networks.size > mostNetworks) affected.readWhole();
  await addHoldersOf(ports, networks, affected);
  await addMachinesOfInterfaces(ports, affected);
}

async function readUpdated(
  { pager }: ReadingPorts,
  path: string,
  query: Query,
  affected: Affected,
  take: (row: Row) => void,
): Promise<void> {
  for await (const rows of pager.pages(path, query)) {
    for (const row of rows) take(row);
    if (affected.mustReadWhole()) return;
  }
}

async function readEntries(
  { pager }: ReadingPorts,
  type: string,
  since: Date,
  affected: Affected,
  take: (entry: LogEntry) => void,
): Promise<void> {
  for await (const entry of readLog(pager, type, since)) {
    take(entry);
    if (affected.mustReadWhole()) return;
  }
}

/** Interfaces with an address of just these networks. */
async function addHoldersOf(
  { pager, collections }: ReadingPorts,
  networks: ReadonlyMap<string, LogEntry['change'] | undefined>,
  affected: Affected,
): Promise<void> {
  const { path, filter, keep } = collections.addresses;
  for (const [key, change] of networks) {
    if (affected.mustReadWhole()) return;
    const network = key.slice(key.indexOf(' ') + 1);
    const query: Query = [
      ...filter,
      ['parent', network],
      ['mask_length', network.split('/')[1] ?? ''],
      ['fields', 'id,address,vrf,assigned_object_type,assigned_object_id'],
    ];
    for await (const rows of pager.pages(path, query)) {
      for (const row of rows) {
        const address = keep(row);
        if (address === undefined || typeof address.cidr !== 'string' || !isCidr(address.cidr)) continue;
        if (networkKey(address.cidr, address.vrf) === key) affected.addInterface(address.interface, change);
      }
      if (affected.mustReadWhole()) return;
    }
  }
}

async function addMachinesOfInterfaces({ pager }: ReadingPorts, affected: Affected): Promise<void> {
  const interfaces = affected.takeInterfaces();
  for (const ids of batches([...interfaces.keys()], idsPerQuery, (id) => [['id', String(id)]])) {
    if (affected.mustReadWhole()) return;
    const query: Query = [...ids, ['fields', 'id,virtual_machine']];
    for await (const rows of pager.pages(listPaths.interfaces, query)) {
      for (const row of rows) {
        const machine = idAt(row, 'virtual_machine');
        if (machine !== undefined) affected.addMachine(machine, interfaces.get(row.id));
      }
    }
  }
}

function addNetwork(
  networks: Map<string, LogEntry['change'] | undefined>,
  prefix: unknown,
  vrf: number | undefined,
  change: LogEntry['change'] | undefined,
): void {
  if (typeof prefix !== 'string' || !isCidr(prefix)) return;
  const key = networkKey(`${networkOf(prefix).toString()}/${prefix.split('/')[1] ?? ''}`, vrf);
  networks.set(key, change ?? networks.get(key));
}

function uuidIn(value: Found): string | undefined {
  return typeof value === 'string' ? parseInstanceId(value.trim()) : undefined;
}

/** Ids in a field of some states of an object, as the change log has them. */
function idsIn(states: readonly unknown[], field: string): readonly number[] {
  return states.map((state) => valueAt(state, field)).filter((id) => typeof id === 'number');
}
