import type { GuestGroup } from '../../../../schemas/types/guest-configuration.ts';

/** The value of an identity as it is stored. */
export interface StoredIdentity {
  readonly groups: readonly GuestGroup[];
  /** Keys of its accounts, which are parts themselves. */
  readonly accounts: readonly string[];
}

/** Whether a part's value is that of an identity: no other has accounts. */
export function isStoredIdentity(value: unknown): value is StoredIdentity {
  return typeof value === 'object' && value !== null && 'groups' in value && 'accounts' in value;
}
