import { AppError } from '../../domain/errors.ts';
import type { StoredInstance } from '../../store/store.ts';
import { resolveInstance } from '../../sync/select-instances.ts';
import type { AppPorts } from '../app-ports.ts';
import { type HypervisorGate, purposeOf } from '../hypervisors/hypervisor-gate.ts';
import type { Principal } from '../principal.ts';
import type { Exchange } from '../route.ts';

/** Finds the instance that a path names, for those who may see it. */
export interface InstanceAccess {
  /**
   * Fails with `not-found` or `ambiguous-instance`; for a hypervisor that neither has the instance nor a grant for it,
   * with `forbidden`, after an `access-denied` event. A hypervisor is not told the UUIDs that share a name.
   */
  find(exchange: Exchange): Promise<StoredInstance>;
  /**
   * The same for a machine that boots: one that is not there, was removed or has no generation yet is looked up in the
   * CMDB first, which can fail as `InstanceLookup.find` does. The header `Ubugi-Purpose` can put the instance on the
   * hypervisor that asks.
   */
  findBooting(exchange: Exchange): Promise<StoredInstance>;
}

/** Creates the access over a store. */
export function createInstanceAccess(
  { store, lookup }: Pick<AppPorts, 'store' | 'lookup'>,
  gate: HypervisorGate,
): InstanceAccess {
  async function booting({ path, principal }: Exchange): Promise<StoredInstance> {
    const reference = path['id'] ?? '';
    const known = await settled(() => resolveInstance(store, reference));
    if (known.kind === 'found' && isBootable(known.instance)) return known.instance;
    if (known.kind === 'failed' && !isOf(known.error, 'not-found')) throw known.error;
    const found = await lookup.find(reference, principal.actor);
    if (found !== undefined) return found;
    if (known.kind === 'failed') throw known.error;
    return known.instance;
  }

  return {
    find: async (exchange) => {
      const { path, principal } = exchange;
      const instance = await discreet(principal, () => resolveInstance(store, path['id'] ?? ''));
      return await gate.admit(instance, exchange, 'fetch');
    },
    findBooting: async (exchange) =>
      await gate.admit(
        await discreet(exchange.principal, () => booting(exchange)),
        exchange,
        purposeOf(exchange.request),
      ),
  };
}

/** Keeps from a hypervisor which instances, perhaps of other hosts, share a name. */
async function discreet<T>({ role }: Principal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (role === 'hypervisor' && isOf(error, 'ambiguous-instance'))
      throw new AppError('ambiguous-instance', error.message);
    throw error;
  }
}

type Settled =
  | { readonly kind: 'found'; readonly instance: StoredInstance }
  | { readonly kind: 'failed'; readonly error: unknown };

async function settled(work: () => Promise<StoredInstance>): Promise<Settled> {
  try {
    return { kind: 'found', instance: await work() };
  } catch (error) {
    return { kind: 'failed', error };
  }
}

function isBootable({ removedAt, newest }: StoredInstance): boolean {
  return removedAt === null && newest !== null;
}

function isOf(error: unknown, code: AppError['code']): error is AppError {
  return error instanceof AppError && error.code === code;
}
