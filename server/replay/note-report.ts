import type { AgentReport } from '../../schemas/types/agent-report.ts';
import type { InstanceId } from '../domain/identifiers.ts';
import { replayAfter } from '../domain/replay/replay-progress.ts';
import type { StoreTransaction } from '../store/store.ts';
import { replayEvent } from './replay-boots.ts';

/** Notes what a report says of the replay of its instance, in the transaction that stores it: it may have done its work. */
export async function noteReplayReport(
  transaction: StoreTransaction,
  id: InstanceId,
  report: AgentReport,
  { at, actor }: { readonly at: string; readonly actor: string },
): Promise<void> {
  const instance = await transaction.instance(id);
  if (instance?.replay === undefined) return;
  const replay = replayAfter(instance.replay, report, at);
  if (replay === instance.replay) return;
  await transaction.saveReplay(id, replay);
  if (replay.endedAt !== null) await transaction.noteDriveChange([id]);
  const [action, reason] =
    replay.outcome === 'applied'
      ? [
          'replay-applied',
          `the guest has generation ${report.generation}; it gets the newest, ${instance.newest ?? 'none'}`,
        ]
      : ['replay-attached', `its drive is attached`];
  await transaction.appendEvent(replayEvent(id, replay, { at, actor, action, reason }));
}
