import type {
  InstanceRegenerateRequest,
  PolicyTrialRequest,
  RegenerateRequest,
  SyncRequest,
  SyncRun,
} from '../../schemas/types/api.ts';
import type { InstanceId } from '../domain/identifiers.ts';
import type { StoredInstance } from '../store/store.ts';
import type { HoldSteering } from './holds/hold-steering.ts';

/** What a run is to do. */
export type SyncTask =
  /** Read CMDB, directory and policy, and commit a new generation for each instance whose content changed. */
  | { readonly kind: 'sync'; readonly request: SyncRequest }
  /** The same for a selection, whose records are read anew. */
  | { readonly kind: 'regenerate'; readonly request: RegenerateRequest }
  /** The same for one instance. */
  | {
      readonly kind: 'regenerate-instance';
      readonly id: InstanceId;
      readonly request: InstanceRegenerateRequest;
    }
  /**
   * The same for these instances, while what is held back of them changes: a stage of a rollout, or the way back from
   * it.
   */
  | {
      readonly kind: 'steered';
      readonly ids: readonly InstanceId[];
      readonly steering: HoldSteering;
      readonly request: InstanceRegenerateRequest;
    }
  /** What all instances would come to under other policy files. Nothing is changed. */
  | { readonly kind: 'policy-trial'; readonly request: PolicyTrialRequest };

/** A run that is under way. */
export interface StartedRun {
  readonly id: string;
  /** The run when it has ended: one that fails is recorded and returned with state `failed`. */
  readonly finished: Promise<SyncRun>;
}

/** Brings the store in line with CMDB, directory and policy; one run at a time across all servers. */
export interface SyncJob {
  /**
   * Closes runs that ended with their server, so that nobody waits for them; those of other servers are left alone. To be
   * called before the first run.
   */
  settle(): Promise<void>;
  /**
   * Starts a run and answers once it has the lock. Fails with `busy` while another run is under way, and with
   * `not-found` or `ambiguous-instance` where the request names instances or a source that there are not.
   * @param actor who asked, for the audit trail
   */
  start(task: SyncTask, actor: string): Promise<StartedRun>;
  /** `start`, and waits for the end. */
  run(task: SyncTask, actor: string): Promise<SyncRun>;
  /**
   * A run of this process as it stands now: one that is under way, or one of the last that ended, dry runs included,
   * which the store does not have.
   */
  live(id: string): SyncRun | undefined;
  /**
   * An instance that the store does not have yet: looks it up in the CMDB, records it and makes its first generation,
   * beside any run that is under way. Undefined if the CMDB does not have it or its record is wrong. Callers that ask
   * for the same at once share the work. Fails with `inventory-unavailable`, `directory-unavailable` or
   * `policy-invalid`, also when the signal ends it.
   * @param reference UUID or name
   */
  discover(reference: string, actor: string, signal: AbortSignal): Promise<StoredInstance | undefined>;
}
