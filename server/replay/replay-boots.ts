import type { ReplayOutcome as Outcome, ReplayRequest } from '../../schemas/types/api.ts';
import type { Clock } from '../domain/clock.ts';
import { diffGuests } from '../domain/diff.ts';
import { AppError } from '../domain/errors.ts';
import type { InstanceId } from '../domain/identifiers.ts';
import { ended, isUnderWay, type Replay } from '../domain/replay/replay.ts';
import { replayedGuest } from '../domain/replay/replayed-guest.ts';
import type { NewEvent, Store, StoredInstance, StoreTransaction } from '../store/store.ts';

/** What is asked of a replay, whichever instances it is for. */
export type ReplayWish = Pick<ReplayRequest, 'generation' | 'hours' | 'reason' | 'dryRun'>;

/** Starts and ends replays: a machine that lost its data boots from an older generation, then goes on to the newest. */
export interface ReplayBoots {
  /**
   * Starts one, in place of one that is under way. `refused`, with the reason, where the instance has no drive or not
   * that generation.
   */
  start(id: InstanceId, wish: ReplayWish, actor: string): Promise<Outcome>;
  /** Takes one back: the host gets the newest generation. Fails with `not-found` or, if none is under way, `conflict`. */
  cancel(id: InstanceId, actor: string): Promise<Outcome>;
  /** Ends those whose time is over, some at a time. @returns how many */
  expire(): Promise<number>;
}

const defaultHours = 24;
const defaultReason = 'replay-boot';
const expiredAtOnce = 100;

/** Creates it over a store. */
export function createReplayBoots({
  store,
  clock,
}: {
  readonly store: Store;
  readonly clock: Clock;
}): ReplayBoots {
  /** What would be replayed, or why nothing is. */
  async function foresee(instance: StoredInstance, { generation: number = 1 }: ReplayWish): Promise<Outcome> {
    const { id, record, newest, removedAt } = instance;
    const subject: Pick<Outcome, 'instance' | 'name' | 'generation' | 'newest'> = {
      instance: id,
      name: record.name,
      generation: number,
      newest,
    };
    const refused = (problem: string): Outcome => ({ ...subject, outcome: 'refused', changes: [], problem });
    if (removedAt !== null)
      return refused(`it was removed from the CMDB at ${removedAt}; put its record back and sync first`);
    if (newest === null) return refused('it has no generation yet; sync to make one');
    const [old, present] = await Promise.all([store.generation(id, number), store.generation(id, newest)]);
    if (old === undefined || present === undefined)
      return refused(`it has no generation ${number}; its newest is ${newest}`);
    const changes = [...diffGuests(old.guest, replayedGuest(old.guest, present.guest))];
    return { ...subject, outcome: 'foreseen', changes };
  }

  async function end(
    transaction: StoreTransaction,
    instance: StoredInstance,
    replay: Replay,
    {
      outcome,
      actor,
      reason,
    }: { readonly outcome: 'expired' | 'cancelled' } & Pick<Replay, 'actor' | 'reason'>,
  ): Promise<void> {
    const at = clock.now().toISOString();
    await transaction.saveReplay(instance.id, ended(replay, outcome, at));
    await transaction.noteDriveChange([instance.id]);
    await transaction.appendEvent(
      replayEvent(instance.id, replay, { at, actor, action: `replay-${outcome}`, reason }),
    );
  }

  return {
    start: async (id, wish, actor) => {
      const known = await store.instance(id);
      if (known === undefined) throw unknown(id);
      const foreseen = await foresee(known, wish);
      if (foreseen.outcome === 'refused' || wish.dryRun === true) return foreseen;
      const { hours = defaultHours, reason = defaultReason } = wish;
      const replay = await store.transaction(async (transaction) => {
        const instance = await transaction.instance(id);
        if (instance === undefined) throw unknown(id);
        const now = clock.now();
        const begun: Replay = {
          generation: foreseen.generation,
          actor,
          reason,
          startedAt: now.toISOString(),
          until: new Date(now.getTime() + hours * 3_600_000).toISOString(),
          attachedAt: null,
          endedAt: null,
          outcome: null,
        };
        await transaction.saveReplay(id, begun);
        await transaction.noteDriveChange([id]);
        const { newest } = instance;
        await transaction.renewReportTokens(id, [begun.generation, ...(newest === null ? [] : [newest])]);
        await transaction.appendEvent({
          at: begun.startedAt,
          actor,
          action: 'replay-started',
          instance: id,
          reason,
          details: { generation: begun.generation, newest, until: begun.until },
        });
        return begun;
      });
      return { ...foreseen, outcome: 'started', until: replay.until };
    },

    cancel: async (id, actor) =>
      await store.transaction(async (transaction) => {
        const instance = await transaction.instance(id);
        if (instance === undefined) throw unknown(id);
        const { record, newest, replay } = instance;
        if (replay === undefined || !isUnderWay(replay, clock.now())) {
          throw new AppError(
            'conflict',
            `no replay of instance ${record.name} (${id}) is under way; \`ubugi history\` tells how the last one ended`,
          );
        }
        await end(transaction, instance, replay, { outcome: 'cancelled', actor, reason: 'taken back' });
        const { generation } = replay;
        return { instance: id, name: record.name, outcome: 'cancelled', generation, newest, changes: [] };
      }),

    expire: async () => {
      const until = clock.now().toISOString();
      const due = await store.openReplays({ until, limit: expiredAtOnce });
      let count = 0;
      for (const { instance: id } of due) {
        await store.transaction(async (transaction) => {
          const instance = await transaction.instance(id);
          const replay = instance?.replay;
          // Another server, or a report, was quicker.
          if (
            instance === undefined ||
            replay === undefined ||
            replay.endedAt !== null ||
            replay.until > until
          )
            return;
          const reason = `the guest did not report generation ${replay.generation} applied in time; it gets the newest`;
          await end(transaction, instance, replay, { outcome: 'expired', actor: 'server', reason });
          count += 1;
        });
      }
      return count;
    },
  };
}

/** A line of the audit trail about a replay that began before. */
export function replayEvent(
  instance: InstanceId,
  { generation, startedAt }: Replay,
  line: Pick<NewEvent, 'at' | 'actor' | 'action' | 'reason'>,
): NewEvent {
  return { ...line, instance, details: { generation, startedAt } };
}

function unknown(id: InstanceId): AppError {
  return new AppError('not-found', `instance ${id} is not known; list the known ones`);
}
