import { AppError } from '../../domain/errors.ts';
import { judgePlacement, type Placement, type Purpose } from '../../domain/placement.ts';
import type { StoredInstance } from '../../store/store.ts';
import type { AppPorts } from '../app-ports.ts';
import type { Principal } from '../principal.ts';
import type { Exchange } from '../route.ts';

/** Lets hypervisors at the instances that they have, may claim, or are about to be given. */
export interface HypervisorGate {
  /**
   * The instance, as it is after this request: a claim or the end of a migration puts it on the hypervisor that asks,
   * with an event. For a hypervisor that may not have it fails with `forbidden`, after an `access-denied` event.
   * Who is no hypervisor passes.
   */
  admit(instance: StoredInstance, exchange: Exchange, purpose: Purpose): Promise<StoredInstance>;
}

/** The header with which a hypervisor says why it asks for a drive. */
const purposeHeader = 'Ubugi-Purpose';

/** The same, for the API's description. */
export const purposeHeaders = {
  [purposeHeader]:
    'Of a hypervisor: `start` claims the instance where `placement.claims` allows it; `running` ends its migration to this host.',
} as const;

/** What the header says; anything else than `start` and `running` is a mere fetch. */
export function purposeOf(request: Request): Purpose {
  const text = request.headers.get(purposeHeader);
  return text === 'start' || text === 'running' ? text : 'fetch';
}

/** Creates the gate. Who asks is told by the token alone; addresses and headers of proxies mean nothing. */
export function createHypervisorGate({
  store,
  clock,
  placement,
}: Pick<AppPorts, 'store' | 'clock' | 'placement'>): HypervisorGate {
  async function refuse(
    instance: StoredInstance,
    { request }: Exchange,
    principal: Principal,
  ): Promise<never> {
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
          placedOn: instance.placedOn,
        },
      }),
    );
    throw new AppError(
      'forbidden',
      `${reason}; correct its hypervisor in the CMDB and sync, let it move with ubugi place, or ask from that host`,
    );
  }

  /** Judged anew under the lock of the instance: of two hosts that claim it at once the later one sees the other. */
  async function move(
    { id }: StoredInstance,
    {
      principal,
      host,
      purpose,
    }: { readonly principal: Principal; readonly host: string; readonly purpose: Purpose },
  ): Promise<StoredInstance | undefined> {
    const at = clock.now().toISOString();
    return await store.transaction(async (transaction) => {
      const instance = await transaction.instance(id);
      if (instance === undefined) return undefined;
      const granted = (await transaction.grants(id, at)).some((grant) => grant.host === host);
      const verdict = judgePlacement(placementOf(instance), { host, purpose, granted }, placement.claims);
      if (verdict.kind === 'refused') return undefined;
      if (verdict.kind !== 'moves') return instance;
      const from = await transaction.place(id, host);
      const isClaim = verdict.by === 'claim';
      await transaction.appendEvent({
        at,
        actor: principal.actor,
        action: isClaim ? 'placement-claimed' : 'placement-moved',
        instance: id,
        reason: isClaim
          ? `hypervisor ${host} started the instance`
          : `the instance runs on hypervisor ${host}, as was granted`,
        details: { hypervisor: host, from, named: instance.record.hypervisor ?? null },
      });
      return { ...instance, placedOn: host };
    });
  }

  return {
    admit: async (instance, exchange, purpose) => {
      const { principal } = exchange;
      const host = principal.hypervisor;
      if (principal.role !== 'hypervisor' || instance.placedOn === host) return instance;
      if (host === null || instance.removedAt !== null) return await refuse(instance, exchange, principal);
      const granted = (await store.grants(instance.id, clock.now().toISOString())).some(
        (grant) => grant.host === host,
      );
      const verdict = judgePlacement(placementOf(instance), { host, purpose, granted }, placement.claims);
      if (verdict.kind === 'refused') return await refuse(instance, exchange, principal);
      if (verdict.kind !== 'moves') return instance;
      const moved = await move(instance, { principal, host, purpose });
      return moved ?? (await refuse(instance, exchange, principal));
    },
  };
}

function placementOf({ placedOn, record }: StoredInstance): Placement {
  return { placedOn, named: record.hypervisor ?? null };
}
