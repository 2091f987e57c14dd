import type { RecordProblem } from '../../schemas/types/api.ts';
import type { GuestConfiguration } from '../../schemas/types/guest-configuration.ts';
import type { Validators } from '../../schemas/validation/validator.ts';
import type { Composition } from '../domain/compose/composition.ts';
import type { LocatedRecord } from '../domain/compose/instance-section.ts';

/** Validates what goes out once more, whatever the boundaries let in. Empty if it is valid. */
export type GuestChecker = (composition: Composition, located: LocatedRecord) => readonly RecordProblem[];

/** A checker for one run: a shared part that was found valid with one instance is not validated again with the next. */
export function createGuestChecker(validators: Pick<Validators, 'guestConfiguration'>): GuestChecker {
  const valid = new Set<string>();
  return ({ own, guest, parts }, { inventory, locator }) => {
    const keys = [parts.identity.key, parts.sudo.key, parts.payload.key];
    const known = keys.every((key) => valid.has(key));
    const validated = validators.guestConfiguration(known ? withoutParts(own) : guest);
    if (validated.kind === 'valid') {
      for (const key of keys) valid.add(key);
      return [];
    }
    return validated.problems.map(({ pointer, message, remedy }) => ({
      source: inventory,
      record: locator,
      field: `guest configuration ${pointer}`,
      message,
      remedy,
    }));
  };
}

function withoutParts(own: Composition['own']): GuestConfiguration {
  return { ...own, groups: [], accounts: [], sudo: { rules: [] }, files: [], scripts: [] };
}
