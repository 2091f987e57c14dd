import { createHash } from 'node:crypto';
import { mostDriveBytes } from '../drive-files/drive-size.ts';
import { carriesAll, type ForeignDrive, foreignDrive } from '../drive-files/nova-drive.ts';
import { readRegularFile } from '../drive-files/read-regular-file.ts';
import type { LocalDrive } from './attach-decision.ts';
import type { DriveVerdict } from './drive-verifier.ts';

/** The best drive on this host, and whether it lies at the path already. */
export interface FoundDrive {
  readonly local: LocalDrive;
  readonly inPlace: boolean;
  /** What lies at the path, where it is not a drive of ours. */
  readonly foreign: ForeignDrive | undefined;
}

/**
 * Looks for a verified drive: at the path, else in the store.
 * @param readStored reads the stored copy; called only if the path has none
 */
export async function findLocalDrive(
  path: string,
  readStored: () => Promise<Buffer | undefined>,
  verify: (image: Buffer) => DriveVerdict,
): Promise<FoundDrive> {
  const present = await readRegularFile(path, { mostBytes: mostDriveBytes });
  const atPath: LocalDrive =
    present.kind === 'file'
      ? judge(present.bytes, verify)
      : present.kind === 'absent'
        ? { kind: 'absent' }
        : { kind: 'refused', reason: `${path} ${present.reason}` };
  if (atPath.kind === 'verified') return { local: atPath, inPlace: true, foreign: undefined };

  const foreign = present.kind === 'file' ? foreignDrive(present.bytes) : undefined;
  const stored = await readStored();
  const inStore: LocalDrive = stored === undefined ? { kind: 'absent' } : judge(stored, verify);
  const local = inStore.kind === 'absent' ? atPath : inStore;
  return {
    local: foreign?.kind === 'config-drive' ? mergedOnly(local, foreign.image) : local,
    inPlace: false,
    foreign,
  };
}

/**
 * A stored drive in the place of one that Nova has just made would take its user-data, keys and passwords away: only
 * one that has all of them will do.
 */
function mergedOnly(local: LocalDrive, theirs: Buffer): LocalDrive {
  if (local.kind !== 'verified' || carriesAll(local.drive.image, theirs)) return local;
  return { kind: 'refused', reason: 'it lacks what Nova put on the new config drive' };
}

function judge(image: Buffer, verify: (image: Buffer) => DriveVerdict): LocalDrive {
  const verdict = verify(image);
  if (verdict.kind === 'refused') return verdict;
  const sha256 = createHash('sha256').update(image).digest('hex');
  return {
    kind: 'verified',
    drive: { image, sha256, generation: verdict.generation, expiredAt: verdict.expiredAt },
  };
}
