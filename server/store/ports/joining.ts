import type { StoredToken } from '../store.ts';

/** Writes of hosts that join and of their credentials, which are tokens. */
export interface JoiningWrites {
  /** A token as it stands; nobody else changes it until the transaction ends. */
  lockedToken(id: string): Promise<StoredToken | undefined>;
  /**
   * Uses a join token up for the credential with this hash. False, having written nothing, if it is unknown, revoked,
   * no join token, or used already: of many at once one succeeds.
   */
  useJoinToken(id: string, credentialSha256: string, at: string): Promise<boolean>;
  /** The token in force, but not used yet, that is to replace this one. */
  pendingReplacement(id: string): Promise<StoredToken | undefined>;
}
