import type {
  InstanceRegenerateRequest,
  RegenerateRequest,
  SyncRequest,
  SyncRun,
} from '../../schemas/types/api.ts';
import type { InstanceId } from '../domain/identifiers.ts';

/** Brings the store in line with CMDB, directory and policy; one run at a time across all servers. */
export interface SyncJob {
  /**
   * Reads everything and commits a new generation for each instance whose content changed.
   * Fails with `busy` while another run is under way. A run that fails is recorded and returned with state `failed`.
   * @param actor who asked, for the audit trail
   */
  sync(request: SyncRequest, actor: string): Promise<SyncRun>;
  /** The same for a selection; re-reads CMDB and directory for just those. Unknown instances fail with `not-found`. */
  regenerate(request: RegenerateRequest, actor: string): Promise<SyncRun>;
  /** The same for one instance. */
  regenerateInstance(id: InstanceId, request: InstanceRegenerateRequest, actor: string): Promise<SyncRun>;
}
