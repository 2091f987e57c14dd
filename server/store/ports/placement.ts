import type { Heartbeat } from '../../../schemas/types/api.ts';
import type { InstanceId } from '../../domain/identifiers.ts';
import type { Replay } from '../../domain/replay/replay.ts';
import type { GenerationFailure } from './failures.ts';

/** Where the feed of changes stands. */
export interface FeedHead {
  /** Drawn at a start of a server: tells what was counted before a backup was restored from what was counted after. */
  readonly epoch: string;
  /** Number of the newest commit that changed a drive or a placement. */
  readonly change: number;
}

/** What a host has to be told of one instance. */
export interface HostChange {
  readonly instance: InstanceId;
  readonly name: string;
  /** `gone`: removed from the CMDB, or on another host. */
  readonly state: 'placed' | 'gone';
  /** Newest generation; null before the first. */
  readonly generation: number | null;
  /** The last replay; absent if there was none, and for one that is gone. */
  readonly replay?: Replay;
  readonly since: string;
}

/** A host that has to be told something. */
export interface ChangedHost {
  readonly host: string;
  readonly change: number;
}

/** Leave for a host to fetch an instance's drive while the instance moves there. */
export interface MigrationGrant {
  readonly instance: InstanceId;
  readonly host: string;
  readonly grantedAt: string;
  /** As `Date.toISOString` writes it. */
  readonly expiresAt: string;
  readonly actor: string;
  readonly reason: string;
}

/** A hypervisor as it was last heard of. */
export interface StoredHypervisor {
  readonly host: string;
  readonly firstSeenAt: string | null;
  readonly lastSeenAt: string | null;
  readonly heartbeatAt: string | null;
  /** Instances on it, removed ones not counted. */
  readonly instances: number;
}

/** An instance on a host, narrow. */
export interface PlacedInstance {
  readonly id: InstanceId;
  readonly name: string;
  /** What the CMDB says. */
  readonly hypervisor: string | null;
  readonly newest: number | null;
  readonly attached: number | null;
  readonly applied: number | null;
  readonly failure: GenerationFailure | null;
}

/** Reading placements and the feed of changes. */
export interface PlacementReads {
  /** Fails with `internal` before the first epoch has begun. */
  feedHead(): Promise<FeedHead>;
  /**
   * Whether every change after this position is still there. False for an epoch that is not known, a position that was
   * not reached in it, and one from before the oldest departure that is kept.
   */
  canContinue(position: FeedHead): Promise<boolean>;
  /** Hosts that have to be told something after this change. */
  changedHosts(after: number): Promise<readonly ChangedHost[]>;
  /**
   * What concerns a host after this change, each instance once; undefined: all its instances, without those that are
   * gone. Read the head first: what is committed meanwhile may be in here already, and comes again.
   */
  hostChanges(host: string, after: number | undefined): Promise<readonly HostChange[]>;
  /** Grants of an instance that have not expired. */
  grants(id: InstanceId, now: string): Promise<readonly MigrationGrant[]>;
  /** Hosts that have instances or were heard of, in order of host. */
  hypervisors(): Promise<readonly StoredHypervisor[]>;
  /** One of them, with what its newest heartbeat said; undefined if there is none of that name. */
  hypervisor(
    host: string,
  ): Promise<(StoredHypervisor & { readonly heartbeat: Heartbeat | null }) | undefined>;
  /** Instances on a host, in order of name; removed ones not. */
  placedInstances(host: string): Promise<readonly PlacedInstance[]>;
}

/** Writing them. */
export interface PlacementWrites {
  /**
   * Tells the hosts of these instances that what they would get is another drive. Appending generations, removing and
   * moving do so by themselves.
   */
  noteDriveChange(ids: readonly InstanceId[]): Promise<void>;
  /**
   * Puts an instance on a host and ends all grants that host has for it. Until the CMDB names another host than now, this counts more.
   * @returns the host it was on
   */
  place(id: InstanceId, host: string): Promise<string | null>;
  /** Gives a grant, in place of one of the same instance and host. */
  saveGrant(grant: MigrationGrant): Promise<void>;
  grants(id: InstanceId, now: string): Promise<readonly MigrationGrant[]>;
  /** Records what hypervisors last said of themselves. */
  saveHeartbeats(
    beats: ReadonlyMap<string, { readonly at: string; readonly beat: Heartbeat }>,
  ): Promise<void>;
  /** Begins an epoch of the feed. */
  beginEpoch(id: string): Promise<void>;
}
