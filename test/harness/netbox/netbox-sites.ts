import { createValidators } from '../../../schemas/validation/validator.ts';
import { systemClock } from '../../../server/domain/clock.ts';
import type { Inventory } from '../../../server/inventory/inventory.ts';
import {
  createNetboxInventory,
  type NetboxInventoryOptions,
} from '../../../server/inventory/netbox/netbox-inventory.ts';
import { netboxLists } from './netbox-objects.ts';
import {
  type NetboxServer,
  type NetboxServerOptions,
  startNetboxServer,
  testToken,
} from './netbox-server.ts';

const validators = createValidators();

/** Stand-ins for NetBox with an inventory each; all are closed together. */
export interface NetboxSites {
  /** @param count of good machines to begin with */
  start(
    count: number,
    options?: NetboxInventoryOptions,
    serverOptions?: NetboxServerOptions,
  ): Promise<{ readonly server: NetboxServer; readonly inventory: Required<Inventory> }>;
  /** Another inventory in one of them. */
  inventory(server: NetboxServer, options?: NetboxInventoryOptions): Required<Inventory>;
  close(): Promise<void>;
}

export function netboxSites(): NetboxSites {
  const servers: NetboxServer[] = [];
  const open = (server: NetboxServer, options: NetboxInventoryOptions = {}): Required<Inventory> =>
    createNetboxInventory(
      { name: 'cmdb', url: server.url, token: testToken, validators, clock: systemClock },
      { ...options, limits: { retryPauseMs: 1, ...options.limits } },
    );
  return {
    inventory: open,
    async start(count, options = {}, serverOptions = {}) {
      const server = await startNetboxServer(netboxLists(count), serverOptions);
      servers.push(server);
      const inventory = open(server, options);
      return { server, inventory };
    },
    async close() {
      await Promise.all(servers.splice(0).map((server) => server.close()));
    },
  };
}
