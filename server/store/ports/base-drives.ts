import type { InstanceId } from '../../domain/identifiers.ts';

/** A file of a drive that another builder made. */
export interface BaseDriveFile {
  /** Relative path with slashes. */
  readonly path: string;
  readonly content: Buffer;
}

/** What Nova put on a config drive: kept byte for byte on every drive that is built on it. */
export interface BaseDrive {
  /** In order of path, by bytes. */
  readonly files: readonly BaseDriveFile[];
  /** SHA-256 over paths and contents (`baseDriveSha256` in `server/drive/base/base-drive.ts`). */
  readonly sha256: string;
  readonly seenAt: string;
}

/**
 * Which drive of Nova's: the first that was ever seen, for ever; the newest, replaced when Nova builds another (rebuild,
 * evacuation, unshelve); that of the newest rescue, which never takes the place of the others.
 */
export type BaseDriveKind = 'first' | 'newest' | 'rescue';

/** Reading Nova's drives. */
export interface BaseDriveReads {
  /** Undefined if none was ever seen. */
  baseDrive(id: InstanceId, kind: BaseDriveKind): Promise<BaseDrive | undefined>;
}

/** Recording Nova's drives. */
export interface BaseDriveWrites {
  /**
   * Keeps a drive of Nova's: of a boot as the newest, and as the first if there is none yet. One of the same content as
   * the newest changes nothing. Read the instance first: that keeps others out.
   * @returns what became of it
   */
  recordBaseDrive(
    id: InstanceId,
    purpose: 'boot' | 'rescue',
    drive: BaseDrive,
  ): Promise<'first' | 'replaced' | 'unchanged'>;
}
