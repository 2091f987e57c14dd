import type { Hold as HoldDocument } from '../../../schemas/types/api.ts';
import type { HeldParts } from '../../domain/compose/held-parts.ts';
import type { InstanceId } from '../../domain/identifiers.ts';

/** What keeps an instance's own part and its files and scripts as they are in a generation. */
export type Hold = Readonly<HoldDocument>;

/** Whose holds are meant. */
export type HoldOrigin = { readonly by: 'rollback' } | { readonly by: 'rollout'; readonly rollout: string };

/** All holds by instance. */
export type Holds = ReadonlyMap<InstanceId, Hold>;

/** Reads of what is held back. */
export interface HoldReads {
  holds(): Promise<Holds>;
  /** The kept parts of these generations; those that there are not are missing. */
  heldParts(generations: ReadonlyMap<InstanceId, number>): Promise<ReadonlyMap<InstanceId, HeldParts>>;
}

/** Writes of what is held back. */
export interface HoldWrites {
  /** Sets holds, each in place of the one before. */
  saveHolds(holds: Holds): Promise<void>;
  /** Takes the holds of these instances away. @param of only those of rollbacks, or of one rollout while it goes on */
  releaseHolds(instances: readonly InstanceId[], of: HoldOrigin): Promise<void>;
}
