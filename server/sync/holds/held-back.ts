import type { Composition } from '../../domain/compose/composition.ts';
import { type HeldParts, holdBack } from '../../domain/compose/held-parts.ts';
import type { InstanceId } from '../../domain/identifiers.ts';
import type { Hold, HoldReads, Holds } from '../../store/ports/holds.ts';

/** What a run holds back, and the parts that are kept. */
export interface HeldBack {
  /** Why parts of this instance are kept; undefined if they are not. */
  hold(id: InstanceId): Hold | undefined;
  /**
   * Reads the kept parts of those of these instances that are held: call it for some hundreds at a time. A generation that
   * the database does not have any more keeps nothing: its instance gets today's state, and the others theirs.
   */
  partsOf(ids: readonly InstanceId[]): Promise<ReadonlyMap<InstanceId, HeldParts>>;
}

/** Nothing is held back. */
export const nothingHeld: HeldBack = {
  hold: () => undefined,
  partsOf: () => Promise.resolve(new Map()),
};

/** What these holds keep. */
export function createHeldBack(store: Pick<HoldReads, 'heldParts'>, holds: Holds): HeldBack {
  if (holds.size === 0) return nothingHeld;
  return {
    hold: (id) => holds.get(id),
    partsOf: async (ids) => {
      const wanted = new Map(ids.flatMap((id) => generationOf(holds, id)));
      return wanted.size === 0 ? new Map() : await store.heldParts(wanted);
    },
  };
}

/** The composition of an instance with what is held back of it. @param parts as {@link HeldBack.partsOf} gave them */
export function heldComposition(
  id: InstanceId,
  today: Composition,
  parts: ReadonlyMap<InstanceId, HeldParts>,
): Composition {
  return holdBack(today, parts.get(id));
}

function generationOf(holds: Holds, id: InstanceId): readonly (readonly [InstanceId, number])[] {
  const hold = holds.get(id);
  return hold === undefined ? [] : [[id, hold.generation]];
}
