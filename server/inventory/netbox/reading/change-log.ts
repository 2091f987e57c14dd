import { printable } from '../../../domain/printable.ts';
import type { RecordChange } from '../../inventory.ts';
import type { Pager, Row } from '../client/pager.ts';
import type { Query } from '../client/query.ts';
import { listPaths } from '../rows/collections.ts';
import { valueAt } from '../rows/value-at.ts';

/** NetBox's names of what it logs changes of, as far as they make instances. */
export const loggedTypes = {
  machines: 'virtualization.virtualmachine',
  interfaces: 'virtualization.vminterface',
  addresses: 'ipam.ipaddress',
  macAddresses: 'dcim.macaddress',
  prefixes: 'ipam.prefix',
} as const;

/** An entry of the change log. */
export interface LogEntry {
  /** Id of the object that was changed. */
  readonly object: number;
  readonly change: RecordChange;
  /** The object before and after, flat: what it refers to as ids. */
  readonly states: readonly unknown[];
}

/** What happened to objects of a type since a time, as far as the log goes back; nothing before it is read. */
export async function* readLog(pager: Pager, type: string, since: Date): AsyncGenerator<LogEntry> {
  const query: Query = [
    ['changed_object_type', type],
    ['time_after', since.toISOString()],
    ['fields', 'id,time,user_name,changed_object_type,changed_object_id,prechange_data,postchange_data'],
  ];
  for await (const rows of pager.pages(listPaths.objectChanges, query)) {
    for (const row of rows) {
      const entry = entryOf(row, type);
      if (entry !== undefined) yield entry;
    }
  }
}

/** The newest change of each object of a type, as far as some newest entries tell. */
export async function readNewestChanges(
  pager: Pager,
  type: string,
  entries: number,
): Promise<ReadonlyMap<number, RecordChange>> {
  const found = new Map<number, RecordChange>();
  const query: Query = [
    ['changed_object_type', type],
    ['fields', 'id,time,user_name,changed_object_type,changed_object_id'],
  ];
  for await (const rows of pager.newest(listPaths.objectChanges, query, '-time', entries)) {
    for (const row of rows) {
      const entry = entryOf(row, type);
      if (entry !== undefined) keepNewest(found, entry.object, entry.change);
    }
  }
  return found;
}

/** Who created machines, by their ids. */
export async function readCreators(
  pager: Pager,
  queries: readonly Query[],
): Promise<ReadonlyMap<number, string>> {
  const creators = new Map<number, string>();
  const fields = 'id,user_name,user,action,changed_object_type,changed_object_id';
  for (const more of queries) {
    const query: Query = [
      ['changed_object_type', loggedTypes.machines],
      ['action', 'create'],
      ['fields', fields],
      ...more,
    ];
    for await (const rows of pager.pages(listPaths.objectChanges, query)) {
      for (const row of rows) {
        const machine = objectOf(row, loggedTypes.machines);
        const user = userOf(row);
        if (machine !== undefined && user !== undefined && valueAt(row, 'action') === 'create') {
          creators.set(machine, user);
        }
      }
    }
  }
  return creators;
}

/** Keeps a change unless a newer one is known. One of unknown origin gives way to any. */
export function keepNewest<Key>(changes: Map<Key, RecordChange>, key: Key, change: RecordChange): void {
  const known = changes.get(key);
  if (known === undefined || Date.parse(known.at) < Date.parse(change.at)) changes.set(key, change);
}

function entryOf(row: Row, type: string): LogEntry | undefined {
  const object = objectOf(row, type);
  const time = valueAt(row, 'time');
  const at = new Date(typeof time === 'string' ? time : '');
  if (object === undefined || Number.isNaN(at.getTime())) return undefined;
  const by = userOf(row);
  return {
    object,
    change: { ...(by === undefined ? {} : { by: printable(by, 128) }), at: at.toISOString() },
    states: [row['prechange_data'], row['postchange_data']],
  };
}

function objectOf(row: Row, type: string): number | undefined {
  const object = row['changed_object_id'];
  return row['changed_object_type'] === type && typeof object === 'number' ? object : undefined;
}

function userOf(row: Row): string | undefined {
  const user = valueAt(row, 'user_name') ?? valueAt(row, 'user.username');
  return typeof user === 'string' ? user : undefined;
}
