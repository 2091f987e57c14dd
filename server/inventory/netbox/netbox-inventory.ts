import type { Validators } from '../../../schemas/validation/validator.ts';
import type { Clock } from '../../domain/clock.ts';
import { judgeRecords } from '../checks/judge-records.ts';
import { conversationFailure } from '../http-client/http-failure.ts';
import type { Inventory, InventorySnapshot } from '../inventory.ts';
import { configurationHash, decodeCursor, encodeCursor } from './changes/cursor.ts';
import { readChangesSince, readWhole } from './changes/read-changes.ts';
import { watchedLists } from './changes/watched-lists.ts';
import { authorizationHeader } from './client/authorization.ts';
import { parseNetboxAddress } from './client/netbox-address.ts';
import { openNetboxClient } from './client/netbox-client.ts';
import { createPager } from './client/pager.ts';
import type { Query } from './client/query.ts';
import { defaultLimits, type NetboxLimits } from './limits.ts';
import { locatorOf } from './machines/field-names.ts';
import { mapMachines } from './machines/map-machines.ts';
import type { NetboxReading } from './machines/reading.ts';
import { defaultMapping, type NetboxMapping } from './mapping.ts';
import { lookUpMachines, type MachineSearch, machinesByName, machinesByUuid } from './reading/look-up.ts';
import type { ReadingPorts } from './reading/reading-ports.ts';
import { createCollections } from './rows/collections.ts';

/** What a NetBox inventory is and needs. */
export interface NetboxInventoryPorts {
  /** Name from the configuration. */
  readonly name: string;
  /** Root of NetBox, `https://netbox.example.net/`; `http://` only to this machine. */
  readonly url: string;
  /** Version 2 (`nbt_KEY.SECRET`) or 1 (40 hexadecimal digits), told apart by form. */
  readonly token: string;
  /** CA certificates in PEM; the system's where undefined. */
  readonly ca?: string | undefined;
  readonly validators: Pick<Validators, 'instanceRecord'>;
  readonly clock: Clock;
}

/** How NetBox is read; what is left out has a default. */
export interface NetboxInventoryOptions {
  /** Which virtual machines: parameters of NetBox's list, such as `tag` or `status`. All if left out. */
  readonly filter?: Query;
  readonly mapping?: Partial<NetboxMapping>;
  readonly limits?: Partial<NetboxLimits>;
}

const longestName = 255;

/**
 * An inventory in NetBox (REST API, 4.2 to 4.6). Reads virtual machines with interfaces, addresses, prefixes and who
 * created and changed them. Records that are wrong are quarantined; anything else that goes wrong fails with
 * `inventory-unavailable`, and a part is never returned. A wrong URL or token fails here, with
 * `configuration-invalid`.
 */
export function createNetboxInventory(
  { name, url, token, ca, validators, clock }: NetboxInventoryPorts,
  options: NetboxInventoryOptions = {},
): Required<Inventory> {
  const address = parseNetboxAddress(name, url);
  const authorization = authorizationHeader(name, token);
  const mapping: NetboxMapping = { ...defaultMapping, ...options.mapping };
  const limits: NetboxLimits = { ...defaultLimits, ...options.limits };
  const filter = options.filter ?? [];
  const collections = createCollections(mapping, filter);
  const lists = watchedLists(mapping, filter);
  const configuration = configurationHash(address.api, filter, mapping);

  /** One conversation: whatever goes wrong in it, it fails as a whole. */
  async function converse<T>(read: (ports: ReadingPorts) => Promise<T>, signal: AbortSignal): Promise<T> {
    const ended = new AbortController();
    const client = openNetboxClient(
      { address, authorization, ca, clock },
      limits,
      AbortSignal.any([signal, ended.signal]),
    );
    try {
      return await read({ client, pager: createPager(client, limits), collections, mapping, clock, limits });
    } catch (error) {
      throw conversationFailure({ inventory: name, server: address.shown }, error, signal);
    } finally {
      // One list that failed ends the reading of the others.
      ended.abort();
      client.close();
    }
  }

  function judge(reading: NetboxReading): InventorySnapshot {
    return judgeRecords(mapMachines(reading, mapping), validators, name);
  }

  async function lookUp(search: MachineSearch, signal: AbortSignal): Promise<InventorySnapshot> {
    return judge(await converse((ports) => lookUpMachines(ports, search), signal));
  }

  return {
    name,
    sources: [name],
    async fetchAll(signal) {
      const { reading, state } = await converse((ports) => readWhole(ports, lists), signal);
      return {
        ...judge(reading),
        ...(state === undefined ? {} : { cursor: encodeCursor(configuration, state) }),
      };
    },
    async fetchChanges(cursor, signal) {
      const before = decodeCursor(configuration, cursor);
      if (before === undefined) return undefined;
      const changes = await converse((ports) => readChangesSince(ports, lists, before), signal);
      if (changes === undefined) return undefined;
      return {
        ...judge(changes.reading),
        removed: changes.removed.map(locatorOf),
        cursor: encodeCursor(configuration, changes.state),
      };
    },
    async fetchNamed(machine, signal) {
      if (machine === '' || machine.length > longestName) return { entries: [], quarantined: [] };
      return await lookUp(machinesByName(machine), signal);
    },
    async fetch(ids, signal) {
      const wanted = new Set(ids.map((id) => id.toLowerCase()));
      if (wanted.size === 0) return { entries: [], quarantined: [] };
      const { entries, quarantined } = await lookUp(machinesByUuid([...wanted]), signal);
      return {
        entries: entries.filter((entry) => wanted.has(entry.record.id)),
        quarantined: quarantined.filter(({ id }) => id !== undefined && wanted.has(id)),
      };
    },
  };
}
