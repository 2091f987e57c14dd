import type { FollowedInstance, RunProgress } from '../../../schemas/types/api.ts';
import type { InstanceId } from '../../domain/identifiers.ts';

/** How far an instance has come since a run. */
export type TargetState = FollowedInstance['state'];

/** Reads of what became of the instances of a run. */
export interface RunTargetReads {
  /**
   * How far the instances of a regenerate have come; undefined if nothing is known of them (any more).
   * @param query `states`: instances to list, all if absent; `limit` 0: counts only
   */
  runProgress(
    run: string,
    query: {
      readonly states?: readonly TargetState[] | undefined;
      readonly after?: InstanceId | undefined;
      readonly limit: number;
    },
  ): Promise<RunProgress | undefined>;
}

/** Writes of what a run made. */
export interface RunTargetWrites {
  /**
   * Notes the newest generation of these instances as what is to be followed of a run; those that have none are left
   * out. What was noted before `forget` (ISO 8601 in UTC) is deleted.
   */
  saveRunTargets(
    run: string,
    instances: readonly InstanceId[],
    at: { readonly now: string; readonly forget: string },
  ): Promise<void>;
}
