import type { Attributes } from '../system/system.ts';
import type { FileView } from './machine.ts';
import { missingFolders } from './missing-folders.ts';
import type { OwnedFile } from './ownership.ts';
import { type Change, PlanError, type ResourceName } from './plan.ts';
import { type FileStep, rootOwned, type Step } from './step.ts';

/** A file as it should be. */
export interface WantedFile {
  readonly path: string;
  readonly text: string;
  /** 0644 root:root if absent. */
  readonly attributes?: Attributes;
  /** Owner and bits of folders above it that have to be made; 0755 root:root if absent. */
  readonly folders?: Attributes;
  /**
   * Whether it is removed when no longer wanted: true for a name that only we use, false for a file of the guest that we
   * edit, `if-made` for one that is ours only if it was not there before us.
   */
  readonly ours: boolean | 'if-made';
  /** Its content is shown to nobody. */
  readonly secret?: boolean;
}

/** Steps and changes that lead from what there is to what is wanted. */
export interface FileReconciliation {
  readonly steps: readonly Step[];
  readonly changes: readonly Change[];
  /** Paths that are ours afterwards. */
  readonly owns: readonly string[];
}

/**
 * Compares wanted files with those there are, and drops files of this resource that are ours and no longer wanted.
 *
 * @param owned files that are ours so far, of any resource.
 */
export function reconcileFiles(
  resource: ResourceName,
  wanted: readonly WantedFile[],
  owned: readonly OwnedFile[],
  view: FileView,
): FileReconciliation {
  const steps: Step[] = [];
  const changes: Change[] = [];
  const owns: string[] = [];
  const planned = new Set<string>();
  const mine = new Set(owned.filter((file) => file.resource === resource).map((file) => file.path));
  for (const file of wanted) {
    const entry = view.entry(file.path);
    if (entry?.kind === 'folder' || entry?.kind === 'other') {
      throw new PlanError(`${file.path} is there but is no file: move it away`);
    }
    const made = entry === undefined || mine.has(file.path);
    if (file.ours === true || (file.ours === 'if-made' && made)) owns.push(file.path);
    const attributes = file.attributes ?? rootOwned();
    if (entry?.kind === 'file' && sameAttributes(entry, attributes) && view.text(file.path) === file.text)
      continue;
    steps.push(
      ...missingFolders(file.path, view, file.folders ?? rootOwned(0o755), planned),
      fileStep(file, attributes),
    );
    changes.push({ action: entry === undefined ? 'create' : 'update', target: file.path });
  }
  const kept = new Set(wanted.map((file) => file.path));
  for (const path of mine) {
    if (kept.has(path)) continue;
    const kind = view.entry(path)?.kind;
    if (kind !== 'file' && kind !== 'link') continue;
    steps.push({ kind: 'remove', path });
    changes.push({ action: 'remove', target: path });
  }
  return { steps, changes, owns };
}

function fileStep(file: WantedFile, attributes: Attributes): FileStep {
  const step: FileStep = { kind: 'file', path: file.path, text: file.text, attributes };
  return file.secret === true ? { ...step, secret: true } : step;
}

/** Whether bits and owners are those. */
export function sameAttributes(a: Attributes, b: Attributes): boolean {
  return a.mode === b.mode && a.uid === b.uid && a.gid === b.gid;
}
