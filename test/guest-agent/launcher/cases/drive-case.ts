import type { LauncherBench } from '../launcher-bench.ts';
import type { PlainDrive } from '../plain-drive.ts';

/** A drive, genuine but for one thing. */
export interface DriveCase {
  readonly name: string;
  /** What the launcher says; absent: it takes the drive. */
  readonly refused?: RegExp;
  readonly drive?: Partial<PlainDrive>;
  /** Changes the drive's files, which are signed already. */
  readonly change?: (tree: string, bench: LauncherBench) => Promise<unknown>;
  /** Further options of mkisofs for the image. */
  readonly imageOptions?: (tree: string) => readonly string[];
}
