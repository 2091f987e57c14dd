import type { Validators } from '../../../schemas/validation/validator.ts';
import type { Clock } from '../../domain/clock.ts';
import { judgeRecords } from '../checks/judge-records.ts';
import { HttpFailure, inventoryUnavailable } from '../http-client/http-failure.ts';
import type { Inventory, InventorySnapshot } from '../inventory.ts';
import { authorizationHeader } from './client/authorization.ts';
import { parseNetboxAddress } from './client/netbox-address.ts';
import { type NetboxClientLimits, openNetboxClient } from './client/netbox-client.ts';
import { createPager, type PagerLimits } from './client/pager.ts';
import type { Query } from './client/query.ts';
import { createCollections } from './collections.ts';
import { mapMachines, type NetboxReading } from './map-machines.ts';
import { defaultMapping, type NetboxMapping } from './mapping.ts';
import { type ReadingPorts, readAllMachines, readMachinesById } from './read-machines.ts';

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
  readonly limits?: Partial<NetboxClientLimits & PagerLimits>;
}

const defaultLimits: NetboxClientLimits & PagerLimits = {
  connectMs: 3_000,
  operationMs: 10_000,
  bodyBytes: 32 * 1024 * 1024,
  concurrency: 4,
  retries: 2,
  retryPauseMs: 500,
  throttleMs: 60_000,
  pageSize: 500,
  rows: 1_000_000,
};

/**
 * An inventory in NetBox (REST API, 4.2 to 4.6). Reads virtual machines with interfaces, addresses, prefixes and who
 * created them. Records that are wrong are quarantined; anything else that goes wrong fails with
 * `inventory-unavailable`, and a part is never returned. A wrong URL or token fails here, with
 * `configuration-invalid`.
 */
export function createNetboxInventory(
  { name, url, token, ca, validators, clock }: NetboxInventoryPorts,
  options: NetboxInventoryOptions = {},
): Inventory {
  const address = parseNetboxAddress(name, url);
  const authorization = authorizationHeader(name, token);
  const mapping: NetboxMapping = { ...defaultMapping, ...options.mapping };
  const limits = { ...defaultLimits, ...options.limits };
  const collections = createCollections(mapping, options.filter ?? []);

  async function snapshot(
    read: (ports: ReadingPorts) => Promise<NetboxReading>,
    signal: AbortSignal,
  ): Promise<InventorySnapshot> {
    const ended = new AbortController();
    const client = openNetboxClient(
      { address, authorization, ca, clock },
      limits,
      AbortSignal.any([signal, ended.signal]),
    );
    try {
      const reading = await read({ client, pager: createPager(client, limits), collections, mapping, clock });
      return judgeRecords(mapMachines(reading, mapping), validators, name);
    } catch (error) {
      if (signal.aborted) {
        const failure = new HttpFailure('was not read to its end', 'try again', signal.reason);
        throw inventoryUnavailable(name, address.shown, failure);
      }
      if (error instanceof HttpFailure) throw inventoryUnavailable(name, address.shown, error);
      throw error;
    } finally {
      // One list that failed ends the reading of the others.
      ended.abort();
      client.close();
    }
  }

  return {
    name,
    sources: [name],
    fetchAll: (signal) => snapshot(readAllMachines, signal),
    async fetchNamed(machine, signal) {
      const { entries, quarantined } = await snapshot(readAllMachines, signal);
      return { entries: entries.filter(({ record }) => record.name === machine), quarantined };
    },
    async fetch(ids, signal) {
      const wanted = new Set(ids.map((id) => id.toLowerCase()));
      if (wanted.size === 0) return { entries: [], quarantined: [] };
      const { entries, quarantined } = await snapshot(
        (ports) => readMachinesById(ports, [...wanted]),
        signal,
      );
      return {
        entries: entries.filter((entry) => wanted.has(entry.record.id)),
        quarantined: quarantined.filter(({ id }) => id !== undefined && wanted.has(id)),
      };
    },
  };
}
