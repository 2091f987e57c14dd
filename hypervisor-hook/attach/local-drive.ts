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
 * Looks for a verified drive: at the path if there is one, else in the store.
 * @param readStored reads the stored copy; called only if the path has none
 */
export async function findLocalDrive(
  path: string | undefined,
  readStored: () => Promise<Buffer | undefined>,
  verify: (image: Buffer) => DriveVerdict,
): Promise<FoundDrive> {
  const { drive: atPath, bytes } = path === undefined ? nothing : await readAt(path, verify);
  if (atPath.kind === 'verified') return { local: atPath, inPlace: true, foreign: undefined };

  const foreign = bytes === undefined ? undefined : foreignDrive(bytes);
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

interface AtPath {
  readonly drive: LocalDrive;
  /** What the file holds, where there is one. */
  readonly bytes: Buffer | undefined;
}

const nothing: AtPath = { drive: { kind: 'absent' }, bytes: undefined };

async function readAt(path: string, verify: (image: Buffer) => DriveVerdict): Promise<AtPath> {
  const present = await readRegularFile(path, { mostBytes: mostDriveBytes });
  switch (present.kind) {
    case 'file':
      return { drive: judge(present.bytes, verify), bytes: present.bytes };
    case 'absent':
      return nothing;
    case 'unusable':
      return { drive: { kind: 'refused', reason: `${path} ${present.reason}` }, bytes: undefined };
  }
}

function judge(image: Buffer, verify: (image: Buffer) => DriveVerdict): LocalDrive {
  const verdict = verify(image);
  if (verdict.kind === 'refused') return verdict;
  const sha256 = createHash('sha256').update(image).digest('hex');
  return {
    kind: 'verified',
    drive: {
      image,
      sha256,
      generation: verdict.generation,
      effective: verdict.effective,
      expiredAt: verdict.expiredAt,
    },
  };
}
