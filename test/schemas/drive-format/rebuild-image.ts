import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { IsoImage } from '../../../schemas/drive-format/iso9660-reader.ts';
import type { DriveFile } from '../../../server/drive/drive-file.ts';
import { createIsoImager, type IsoImager } from '../../../server/drive/iso9660.ts';
import type { DriveWorkbench } from '../../drive/drive-workbench.ts';

/** Makes a changed image of a drive's files with the real imager; `manifest` changes the manifest and signs it anew. */
export function rebuildImage(
  bench: DriveWorkbench,
  image: IsoImage,
  imager: IsoImager = createIsoImager({
    stagingFolder: bench.folder,
    volumeId: 'config-2',
    timeoutMs: 30_000,
  }),
): (
  change: (files: readonly DriveFile[]) => readonly DriveFile[],
  manifest?: (text: string) => string,
) => Promise<Buffer> {
  const files = image.files.map((file) => ({
    path: file.path,
    content: image.read(file),
    executable: ((file.mode ?? 0) & 0o100) !== 0,
  }));
  const original = files.find((file) => file.path === 'ubugi/manifest.json')?.content.toString() ?? '';
  return async (change, manifest) => {
    const output = join(bench.folder, 'rebuilt.iso');
    await rm(output, { force: true });
    const text = manifest?.(original);
    await imager.write(
      change(files).map((file) => {
        if (text === undefined) return file;
        if (file.path === 'ubugi/manifest.json') return { ...file, content: Buffer.from(text) };
        if (file.path === 'ubugi/manifest.sig') {
          return { ...file, content: Buffer.from(bench.key.sign(Buffer.from(text))) };
        }
        return file;
      }),
      output,
    );
    return readFile(output);
  };
}
