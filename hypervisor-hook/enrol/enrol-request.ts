/** What is to be done to which domains. */
export interface EnrolRequest {
  readonly action: 'enrol' | 'unenrol';
  /** Names or UUIDs. */
  readonly domains: readonly string[];
  /** Names with `*` for any characters and `?` for one. */
  readonly patterns: readonly string[];
  /** Every domain of the host. */
  readonly all: boolean;
  /** Shows what would change, and changes nothing. */
  readonly dryRun: boolean;
  /** Does not ask. */
  readonly yes: boolean;
  /** Prints one JSON document. */
  readonly json: boolean;
}
