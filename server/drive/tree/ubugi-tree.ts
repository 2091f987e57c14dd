import { createHash } from 'node:crypto';
import { drivePaths } from '../../../schemas/drive-format/drive-layout.ts';
import { AppError } from '../../domain/errors.ts';
import type { StoredGeneration } from '../../store/store.ts';
import type { DriveFile } from '../drive-file.ts';
import { stableJson } from './stable-json.ts';

/**
 * Guest configuration and scripts of a generation, without payload, manifest and signature. Fails with
 * `drive-build-failed` where scripts and guest configuration do not fit each other.
 */
export function ubugiTree(generation: StoredGeneration): readonly DriveFile[] {
  const { guest, scripts } = generation;
  const fits =
    guest.scripts.length === scripts.length &&
    guest.scripts.every(({ name, sha256 }, index) => {
      const script = scripts[index];
      return script?.name === name && createHash('sha256').update(script.content).digest('hex') === sha256;
    });
  if (!fits) {
    throw new AppError(
      'drive-build-failed',
      `Cannot build the drive of ${guest.instance.name}: the scripts of generation ${generation.number} are not those that it names; regenerate the drive.`,
    );
  }
  return [
    { path: drivePaths.guest, content: stableJson(guest, 1) },
    ...scripts.map((script) => ({
      path: `${drivePaths.scripts}/${script.name}`,
      content: Buffer.from(script.content),
      executable: true,
    })),
  ];
}
