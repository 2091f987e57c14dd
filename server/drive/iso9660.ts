import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { compareBytes } from '../../schemas/drive-format/iso9660-reader.ts';
import { AppError } from '../domain/errors.ts';
import type { DriveFile } from './drive-file.ts';
import { checkImageNames } from './image-names.ts';
import { storageFailure } from './storage-failure.ts';

/** Makes ISO 9660 images. */
export interface IsoImager {
  /**
   * Writes an image of these files to `output`, which must not exist. Files of the same content share their
   * sectors. The same files give the same bytes at any time and place. Fails with `drive-build-failed` or
   * `storage-failed`; then `output` may be there in part.
   */
  write(files: readonly DriveFile[], output: string): Promise<void>;
}

/** How images are made. */
export interface IsoImagerOptions {
  /** Folder for what xorriso reads; made if it is missing. Every run uses a folder of its own in it. */
  readonly stagingFolder: string;
  readonly volumeId: string;
  /** Milliseconds after which xorriso is killed. */
  readonly timeoutMs: number;
  /** Name or path of the program. */
  readonly command?: string;
}

/**
 * The one date of everything on an image (YYYYMMDDhhmmsscc). A date that varied would make two images of the same
 * content differ; when a generation was made stands in its manifest.
 */
const imageDate = '2000010100000000';
const imageEpoch = '946684800';

/**
 * No start-up files, quiet, no padding; ISO names of 31 characters, Joliet, Rock Ridge with owner 0:0, modes 0444 and
 * 0555; fixed dates and preparer, which otherwise holds the version of xorriso (xorrisofs(1)).
 */
const fixedArguments: readonly string[] = [
  '-no_rc',
  '-as',
  'mkisofs',
  '-quiet',
  '-no-pad',
  '-l',
  '-J',
  '-r',
  '-preparer',
  'UBUGI',
  `--modification-date=${imageDate}`,
  '--set_all_file_dates',
  imageDate,
];

const stderrTail = 600;

/** An imager that runs xorriso (Debian package `xorriso`), one process an image. */
export function createIsoImager(options: IsoImagerOptions): IsoImager {
  const command = options.command ?? 'xorriso';

  async function run(args: readonly string[]): Promise<void> {
    const result = await execa(command, args, {
      timeout: options.timeoutMs,
      forceKillAfterDelay: 1000,
      reject: false,
      stdin: 'ignore',
      stdout: 'ignore',
      // Zone and language would show in the image.
      env: {
        PATH: process.env['PATH'] ?? '/usr/bin:/bin',
        LC_ALL: 'C',
        TZ: 'UTC',
        SOURCE_DATE_EPOCH: imageEpoch,
      },
      extendEnv: false,
    });
    if (!result.failed) return;
    if (result.timedOut) {
      throw failure(`${command} did not end within ${options.timeoutMs} ms; look at the machine's load`);
    }
    if (result.code === 'ENOENT') throw failure(`there is no ${command}: install the package xorriso`);
    const stderr = result.stderr.trim();
    if (/exceeds free space|No space left on device|Disk quota exceeded/.test(stderr)) {
      throw new AppError(
        'storage-failed',
        'Cannot build the drive: no space is left where drives are built; free some.',
      );
    }
    throw failure(`${command} failed: ${stderr.slice(-stderrTail) || result.shortMessage}`);
  }

  return {
    write: async (files, output) => {
      checkImageNames(files.map((file) => file.path));
      const sorted = [...files].sort((left, right) => compareBytes(left.path, right.path));
      let staging: string | undefined;
      try {
        await mkdir(options.stagingFolder, { recursive: true });
        staging = await mkdtemp(join(options.stagingFolder, 'image-'));
        const staged = await stage(sorted, staging);
        await run(xorrisoArguments(staged, options.volumeId, output));
      } catch (error) {
        throw storageFailure(error, `build the drive in ${options.stagingFolder}`);
      } finally {
        if (staging !== undefined) await rm(staging, { recursive: true, force: true });
      }
    },
  };
}

function failure(message: string): AppError {
  return new AppError('drive-build-failed', `Cannot build the drive: ${message}.`);
}

/** A file of the image and where its content was put; equal content is put once. */
interface StagedFile {
  readonly path: string;
  readonly source: string;
  /** Position in the image: a higher weight comes first. */
  readonly weight: number;
}

async function stage(files: readonly DriveFile[], folder: string): Promise<readonly StagedFile[]> {
  const placed: { readonly file: DriveFile; readonly source: string; readonly weight: number }[] = [];
  const staged: StagedFile[] = [];
  for (const file of files) {
    let place = placed.find((other) => sharesSectors(other.file, file));
    if (place === undefined) {
      place = { file, source: join(folder, String(placed.length)), weight: files.length - placed.length };
      await writeFile(place.source, file.content, {
        mode: file.executable === true ? 0o555 : 0o444,
        flag: 'wx',
      });
      placed.push(place);
    }
    staged.push({ path: file.path, source: place.source, weight: place.weight });
  }
  return staged;
}

/** Whether two files of an image are kept as one: same content, same mode. */
export function sharesSectors(left: DriveFile, right: DriveFile): boolean {
  return (left.executable ?? false) === (right.executable ?? false) && left.content.equals(right.content);
}

function xorrisoArguments(files: readonly StagedFile[], volumeId: string, output: string): readonly string[] {
  return [
    ...fixedArguments,
    '-o',
    output,
    '-V',
    volumeId,
    // Without weights the order in the image would be that of inode numbers.
    ...files.flatMap((file) => ['--sort-weight', String(file.weight), `/${file.path}`]),
    '-graft-points',
    ...files.map((file) => `/${file.path}=${file.source}`),
  ];
}
