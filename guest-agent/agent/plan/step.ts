import type { Attributes } from '../system/system.ts';

/** One thing that gets written. Steps are carried out in order; each is atomic by itself. */
export type Step = FileStep | FolderStep | LinkStep | HomeStep | RemoveStep;

/** A file's whole content and attributes, replaced by rename. */
export interface FileStep {
  readonly kind: 'file';
  readonly path: string;
  readonly text: string;
  readonly attributes: Attributes;
  /** Its content is shown to nobody (shadow, gshadow). */
  readonly secret?: boolean;
}

/** A folder that is made, or whose attributes are set. */
export interface FolderStep {
  readonly kind: 'folder';
  readonly path: string;
  readonly attributes: Attributes;
}

/** A symbolic link. */
export interface LinkStep {
  readonly kind: 'link';
  readonly path: string;
  readonly target: string;
}

/** A home folder, made whole from `/etc/skel` where there is nothing yet. */
export interface HomeStep {
  readonly kind: 'home';
  readonly path: string;
  readonly attributes: Attributes;
}

/** A file or link that goes. */
export interface RemoveStep {
  readonly kind: 'remove';
  readonly path: string;
}

/** Attributes of root's own files: 0644 root:root unless told otherwise. */
export function rootOwned(mode = 0o644): Attributes {
  return { mode, uid: 0, gid: 0 };
}
