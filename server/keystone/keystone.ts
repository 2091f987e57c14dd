/** Whom a token of Keystone is for. */
export interface KeystoneCaller {
  readonly user: { readonly id: string; readonly name: string };
  /** The project that the token is for; undefined for one for the system or a domain. */
  readonly project: { readonly id: string; readonly name: string } | undefined;
  /** Names. */
  readonly roles: readonly string[];
  readonly expiresAt: Date;
}

/** The Keystone that users and services of a cloud get their tokens from. */
export interface Keystone {
  /**
   * Whom a token is for; undefined if Keystone does not know it (any more). Fails with `identity-unavailable` when it
   * cannot tell, and with `too-many-requests`.
   * @param token as it came
   */
  caller(token: string): Promise<KeystoneCaller | undefined>;
  close(): void;
}
