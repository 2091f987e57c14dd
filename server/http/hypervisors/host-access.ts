import { AppError } from '../../domain/errors.ts';
import { printable } from '../../domain/printable.ts';
import type { AppPorts } from '../app-ports.ts';
import type { Exchange } from '../route.ts';

/** Lets hypervisors speak for themselves only. */
export interface HostAccess {
  /**
   * The host that a path names, which it also notes to have been heard of if it asks itself. For another hypervisor
   * fails with `forbidden`, after an `access-denied` event.
   */
  find(exchange: Exchange): Promise<string>;
}

/** Creates the access. */
export function createHostAccess(
  { store, clock }: Pick<AppPorts, 'store' | 'clock'>,
  presence: { see(host: string): void },
): HostAccess {
  return {
    find: async ({ path, principal, request }) => {
      const host = path['host'] ?? '';
      if (principal.role !== 'hypervisor') return host;
      const own = principal.hypervisor ?? '';
      if (own === host) {
        presence.see(host);
        return host;
      }
      const reason = `hypervisor ${own} asked in the name of hypervisor ${printable(host)}`;
      await store.transaction((transaction) =>
        transaction.appendEvent({
          at: clock.now().toISOString(),
          actor: principal.actor,
          action: 'access-denied',
          instance: null,
          reason,
          details: { method: request.method, hypervisor: own, host },
        }),
      );
      throw new AppError('forbidden', `${reason}; a hypervisor speaks for itself only`);
    },
  };
}
