import type { Inventory, InventoryChanges } from '../../../server/inventory/inventory.ts';
import type { NetboxInventoryOptions } from '../../../server/inventory/netbox/netbox-inventory.ts';
import type { NetboxServer, NetboxServerOptions } from './netbox-server.ts';
import type { NetboxSites } from './netbox-sites.ts';

/** Milliseconds. */
export const hour = 3_600_000;
const start = Date.parse('2026-06-01T12:00:00Z');

/** NetBox with some machines, which was read whole at the start. An hour passes after each reading. */
export interface Followed {
  readonly server: NetboxServer;
  readonly inventory: Required<Inventory>;
  readonly cursor: string;
  /** Lets time pass by NetBox's clock. */
  readonly pass: (milliseconds: number) => void;
  /** What changed since the last reading. */
  readonly next: () => Promise<InventoryChanges | undefined>;
}

/** @param prepare what is in NetBox before it is read whole, beside so many good machines */
export async function follow(
  sites: NetboxSites,
  count: number,
  options: NetboxInventoryOptions = {},
  {
    prepare,
    ...serverOptions
  }: NetboxServerOptions & { readonly prepare?: (server: NetboxServer) => void } = {},
): Promise<Followed> {
  let now = start;
  const { server, inventory } = await sites.start(count, options, {
    now: () => new Date(now),
    ...serverOptions,
  });
  prepare?.(server);
  const whole = await inventory.fetchAll(new AbortController().signal);
  let cursor = whole.cursor ?? '';
  now += hour;
  return {
    server,
    inventory,
    cursor,
    pass(milliseconds) {
      now += milliseconds;
    },
    async next() {
      now += 1000;
      const changes = await inventory.fetchChanges(cursor, new AbortController().signal);
      cursor = changes?.cursor ?? cursor;
      now += hour;
      return changes;
    },
  };
}
