/** An image, by what it holds. */
export interface KnownImage {
  readonly generation: number;
  /** SHA-256 in hexadecimal. */
  readonly sha256: string;
}

/** A medium that a running machine has. */
export interface AttachedImage extends KnownImage {
  /** The file that it is, see `fileIdentity`: a machine holds the file that it opened, whatever lies at the path later. */
  readonly file: string;
  /** When it was first known to be there, ISO 8601. */
  readonly at: string;
}

/** What the daemon knows of one instance, from one start of it to the next. */
export interface TrackedInstance {
  /** UUID in lower case. */
  readonly instance: string;
  readonly name: string;
  readonly state: 'placed' | 'gone';
  /** The newest generation that the server told of. */
  readonly newest: number | null;
  /** Counts what the server told of it … */
  readonly told: number;
  /** … and how far that has been done: less than `told` means that the drive has to be fetched. */
  readonly done: number;
  /** When the server was last asked for the drive and vouched for it, ISO 8601. */
  readonly confirmedAt?: string;
  /** The drive that this host has for it. */
  readonly fetched?: KnownImage;
  /** Where its drive was last put. */
  readonly path?: string;
  readonly attached?: AttachedImage;
  /** SHA-256 of a drive whose `attached` is still to be reported, from before the medium is swapped. */
  readonly announce?: string;
  /** When the daemon learned that it is gone, ISO 8601. */
  readonly goneAt?: string;
}
