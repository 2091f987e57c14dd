import { createHash } from 'node:crypto';
import { mostDriveBytes } from '../drive-files/drive-size.ts';
import { readRegularFile } from '../drive-files/read-regular-file.ts';
import type { LocalDrive } from './attach-decision.ts';
import type { DriveVerdict } from './drive-verifier.ts';

/** The best drive on this host, and whether it lies at the path already. */
export interface FoundDrive {
  readonly local: LocalDrive;
  readonly inPlace: boolean;
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
  const atPath: LocalDrive = path === undefined ? { kind: 'absent' } : await readAt(path, verify);
  if (atPath.kind === 'verified') return { local: atPath, inPlace: true };

  const stored = await readStored();
  const inStore: LocalDrive = stored === undefined ? { kind: 'absent' } : judge(stored, verify);
  return { local: inStore.kind === 'absent' ? atPath : inStore, inPlace: false };
}

async function readAt(path: string, verify: (image: Buffer) => DriveVerdict): Promise<LocalDrive> {
  const present = await readRegularFile(path, { mostBytes: mostDriveBytes });
  switch (present.kind) {
    case 'file':
      return judge(present.bytes, verify);
    case 'absent':
      return present;
    case 'unusable':
      return { kind: 'refused', reason: `${path} ${present.reason}` };
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
