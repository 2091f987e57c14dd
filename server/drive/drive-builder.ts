import type { BaseDrive } from '../store/ports/base-drives.ts';
import type { StoredGeneration } from '../store/store.ts';

/** A built drive: a file in the cache that is complete and verified. */
export interface BuiltDrive {
  /** Path of the image; a hard link or open descriptor keeps it readable when it is evicted. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 of the image: its ETag. */
  readonly sha256: string;
}

/** The instance's facts that are on the drive but not part of the guest configuration. */
export interface DriveIdentity {
  /** `random_seed` in base64, the same for every drive of the instance. */
  readonly randomSeed: string;
  readonly availabilityZone: string | undefined;
  /** user-data in base64, put on the drive as it is. */
  readonly userData: string | undefined;
  /** What Nova put on its drive: kept byte for byte, ours is added. Absent: the drive is ours alone. */
  readonly base?: BaseDrive | undefined;
}

/** How a drive differs from its generation's own. */
export interface DriveVariant {
  /**
   * The drive replays an older generation: a guest takes it after any generation up to this one. Absent: a guest refuses
   * it after a newer generation.
   */
  readonly supersedes?: number;
  /** Counter of the report token that the drive carries; 0 if absent. */
  readonly reportCounter?: number;
}

/** Builds the drive of a generation, or takes it from the cache. */
export interface DriveBuilder {
  /** Fails with `drive-build-failed` or `storage-failed`. Concurrent calls for the same drive build it once. */
  build(generation: StoredGeneration, identity: DriveIdentity, variant?: DriveVariant): Promise<BuiltDrive>;
  /** Instances that have drives in the cache. */
  cachedInstances(): readonly string[];
  /** Removes an instance's drives from the cache. Fails with `storage-failed`. */
  forget(instance: string): Promise<void>;
  /** SHA-256 over launcher entry point and agents. */
  readonly payload: string;
  /** The server's public key as a line of an allowed signers file (ssh-keygen(1)). */
  readonly trustedSigners: string;
}
