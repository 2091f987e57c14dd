import type { NovaRecord } from '../../schemas/types/api.ts';
import type { Log } from '../config/log.ts';
import type { Clock } from '../domain/clock.ts';
import type { InstanceId } from '../domain/identifiers.ts';
import type { Store } from '../store/store.ts';
import type { NovaRequest } from './nova-request.ts';

/** Keeps what Nova says of instances: once, at the first request, with an event `nova-instance-seen`. */
export interface NovaRecords {
  /** Never fails: a machine does not wait for our records. */
  note(request: NovaRequest, actor: string): Promise<void>;
}

/** What Nova said of an instance; undefined if it never asked. */
export async function novaRecord(
  store: Pick<Store, 'state'>,
  instance: InstanceId,
): Promise<NovaRecord | undefined> {
  return (await store.state(stateName(instance))) as NovaRecord | undefined;
}

/** Creates the records over a store. */
export function createNovaRecords({
  store,
  clock,
  log,
}: {
  readonly store: Pick<Store, 'state' | 'transaction' | 'exclusively'>;
  readonly clock: Clock;
  readonly log: Log;
}): NovaRecords {
  async function keep({ instance, facts }: NovaRequest, actor: string): Promise<void> {
    const name = stateName(instance);
    if ((await store.state(name)) !== undefined) return;
    // Whoever comes while it is written has nothing to add: Nova says the same five times.
    await store.exclusively(name, async () => {
      if ((await store.state(name)) !== undefined) return;
      const seenAt = clock.now().toISOString();
      await store.transaction(async (transaction) => {
        await transaction.saveState(name, { ...facts, seenAt });
        await transaction.appendEvent({
          at: seenAt,
          actor,
          action: 'nova-instance-seen',
          instance,
          reason: 'Nova asked for vendor-data for the first time',
          details: { ...facts },
        });
      });
    });
  }

  return {
    note: async (request, actor) => {
      try {
        await keep(request, actor);
      } catch (error) {
        log.warn({ err: error, instance: request.instance }, 'what Nova said could not be kept');
      }
    },
  };
}

function stateName(instance: InstanceId): string {
  return `nova/${instance}`;
}
