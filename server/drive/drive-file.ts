/** A file on its way to a drive. */
export interface DriveFile {
  /** Relative path with slashes. */
  readonly path: string;
  readonly content: Buffer;
  /** Whether it gets mode 0555 instead of 0444. */
  readonly executable?: boolean;
}
