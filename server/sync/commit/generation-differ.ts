import type { Change } from '../../../schemas/types/api.ts';
import type { Composition } from '../../domain/compose/composition.ts';
import { diffLines } from '../../domain/diff.ts';
import {
  type GuestLine,
  identityLines,
  ownLines,
  payloadLines,
  sudoLines,
} from '../../domain/guest-lines.ts';
import type { StoredGeneration } from '../../store/store.ts';

/** What changes from one generation to the next. */
export interface GenerationChanges {
  /** In what the instance has for itself. */
  readonly own: readonly Change[];
  /** In each shared part, in the order of sections: one and the same list for all instances that change alike. */
  readonly shared: readonly (readonly Change[])[];
}

/** Compares compositions with the generations before them. */
export interface GenerationDiffer {
  /** @param before undefined: there was none, everything is added */
  diff(before: StoredGeneration | undefined, after: Composition): GenerationChanges;
}

/** A differ for one run. Shared parts are compared once: one person who leaves a group changes 10,000 instances alike. */
export function createGenerationDiffer(): GenerationDiffer {
  const known = new Map<string, readonly Change[]>();
  const shared = (
    beforeKey: string | undefined,
    afterKey: string,
    lines: () => readonly [readonly GuestLine[], readonly GuestLine[]],
  ): readonly Change[] => {
    const key = `${beforeKey ?? ''}>${afterKey}`;
    let changes = known.get(key);
    if (changes === undefined) {
      changes = beforeKey === afterKey ? [] : diffLines(...lines());
      known.set(key, changes);
    }
    return changes;
  };
  return {
    diff(before, { own, parts: { identity, sudo, payload } }) {
      const guest = before?.guest;
      return {
        own: diffLines(guest === undefined ? [] : ownLines(guest), ownLines(own)),
        shared: [
          shared(before?.parts.identity, identity.key, () => [
            guest === undefined ? [] : identityLines(guest),
            identityLines(identity.value),
          ]),
          shared(before?.parts.sudo, sudo.key, () => [
            guest === undefined ? [] : sudoLines(guest.sudo),
            sudoLines(sudo.value),
          ]),
          shared(before?.parts.payload, payload.key, () => [
            guest === undefined ? [] : payloadLines(guest),
            payloadLines(payload.value),
          ]),
        ],
      };
    },
  };
}

/** All changes in the order of sections. */
export function allChanges({ own, shared }: GenerationChanges): readonly Change[] {
  return [...own, ...shared.flat()];
}

/** How many there are. */
export function countChanges({ own, shared }: GenerationChanges): number {
  return shared.reduce((count, changes) => count + changes.length, own.length);
}
