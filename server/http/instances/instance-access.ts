import { AppError } from '../domain/errors.ts';
import type { StoredInstance } from '../store/store.ts';
import { resolveInstance } from '../sync/select-instances.ts';
import type { AppPorts } from './app-ports.ts';
import type { Principal } from './principal.ts';
import type { Exchange } from './route.ts';

/** Finds the instance that a path names, for those who may see it. */
export interface InstanceAccess {
  /**
   * Fails with `not-found` or `ambiguous-instance`; for a hypervisor that the CMDB does not place the instance on, with
   * `forbidden`, after an `access-denied` event. A hypervisor is not told the UUIDs that share a name.
   */
  find(exchange: Exchange): Promise<StoredInstance>;
}

/** Creates the access over a store. */
export function createInstanceAccess({ store, clock }: Pick<AppPorts, 'store' | 'clock'>): InstanceAccess {
  async function resolve(reference: string, { role }: Principal): Promise<StoredInstance> {
    try {
      return await resolveInstance(store, reference);
    } catch (error) {
      if (role !== 'hypervisor' || !(error instanceof AppError) || error.code !== 'ambiguous-instance')
        throw error;
      throw new AppError('ambiguous-instance', error.message);
    }
  }

  return {
    async find({ path, principal, request }) {
      const instance = await resolve(path['id'] ?? '', principal);
      if (principal.role !== 'hypervisor' || instance.record.hypervisor === principal.hypervisor)
        return instance;
      const reason = `hypervisor ${principal.hypervisor ?? ''} asked for an instance that is not placed on it`;
      await store.transaction((transaction) =>
        transaction.appendEvent({
          at: clock.now().toISOString(),
          actor: principal.actor,
          action: 'access-denied',
          instance: instance.id,
          reason,
          details: {
            method: request.method,
            hypervisor: principal.hypervisor,
            placedOn: instance.record.hypervisor ?? null,
          },
        }),
      );
      throw new AppError(
        'forbidden',
        `${reason}; correct its hypervisor in the CMDB and sync, or ask from that host`,
      );
    },
  };
}
