import type { RecordProblem } from '../../schemas/types/api.ts';
import type { Validators } from '../../schemas/validation/validator.ts';
import type { Composition } from '../domain/compose/composition.ts';
import type { LocatedRecord } from '../domain/compose/instance-section.ts';

/** Validates what goes out once more, whatever the boundaries let in. Empty if it is valid. */
export type GuestChecker = (composition: Composition, located: LocatedRecord) => readonly RecordProblem[];

/**
 * A checker for one run: an account or a shared part that was found valid with one instance is not validated again with
 * the next.
 */
export function createGuestChecker(validators: Pick<Validators, 'guestConfiguration'>): GuestChecker {
  const accounts = new WeakSet<object>();
  const parts = new Set<string>();
  return ({ guest, parts: { identity, sudo, payload } }, { inventory, locator }) => {
    const keys = [identity.key, sudo.key, payload.key];
    const validated = validators.guestConfiguration({
      ...guest,
      groups: parts.has(identity.key) ? [] : guest.groups,
      accounts: guest.accounts.filter((account) => !accounts.has(account)),
      sudo: parts.has(sudo.key) ? { rules: [] } : guest.sudo,
      ...(parts.has(payload.key) ? { files: [], scripts: [] } : {}),
    });
    if (validated.kind === 'valid') {
      for (const key of keys) parts.add(key);
      for (const account of guest.accounts) accounts.add(account);
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
