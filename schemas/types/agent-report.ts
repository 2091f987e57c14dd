/* Generated from schemas/v1/agent-report.json by schemas/generate.ts. Do not edit. */

/**
 * What the guest says it did with one generation, resource by resource. Never holds a secret.
 */
export interface AgentReport {
  schema: 'https://ubugi.dev/schemas/v1/agent-report.json';
  /**
   * UUID in lower case (RFC 9562).
   */
  instance: string;
  /**
   * Number of a generation, from 1.
   */
  generation: number;
  origin: 'guest' | 'hypervisor';
  /**
   * applied: something changed; unchanged: nothing had to; failed: something could not be done; refused: the drive was not accepted and nothing was touched; skipped: the drive is good, and policy leaves this guest to its own cloud-init; attached: the hypervisor put the drive in place.
   */
  outcome: 'applied' | 'unchanged' | 'failed' | 'refused' | 'skipped' | 'attached';
  /**
   * Why it failed, was refused or was skipped.
   */
  reason?: string;
  /**
   * UTC time (RFC 3339, section 5.6) ending in Z.
   */
  startedAt: string;
  durationMs: number;
  agent?: {
    version: string;
    arch: string;
  };
  /**
   * Whether the drive's signature was checked against pinned signers.
   */
  verified?: boolean;
  /**
   * Why the agent ran. Absent: somebody called it.
   */
  trigger?: 'boot' | 'medium-change' | 'timer';
  /**
   * Media labelled config-2 that were not used, and why.
   *
   * @maxItems 32
   */
  refusedMedia?: {
    /**
     * Device or path.
     */
    medium: string;
    reason: string;
  }[];
  /**
   * Reports of earlier runs that were given up, because the server could not be reached for too long or did not take them.
   */
  undelivered?: number;
  /**
   * @maxItems 64
   */
  resources: {
    resource:
      | 'machine-id'
      | 'host-keys'
      | 'hostname'
      | 'network'
      | 'dns'
      | 'ntp'
      | 'groups'
      | 'accounts'
      | 'keys'
      | 'sudoers'
      | 'files'
      | 'scripts';
    outcome: 'changed' | 'unchanged' | 'failed' | 'skipped';
    durationMs: number;
    /**
     * @maxItems 20000
     */
    changes: {
      action: 'create' | 'update' | 'remove' | 'run';
      /**
       * What was changed: a path, `account NAME`, `group NAME`.
       */
      target: string;
      detail?: string;
    }[];
    /**
     * What failed, on which object, and what to do.
     */
    message?: string;
    /**
     * Tail of the tool's output.
     */
    output?: string;
  }[];
}
