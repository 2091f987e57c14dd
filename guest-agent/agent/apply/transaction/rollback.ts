import { sameAttributes } from '../../plan/wanted-file.ts';
import type { System } from '../../system/system.ts';
import { closeJournal, type JournalEntry, journalPath, readJournal, temporaryPath } from './journal.ts';
import { keepLabel, restoreLabels } from './labels.ts';
import { removeTree } from './remove-tree.ts';

/**
 * Takes back what a journal tells of, last step first, and closes it. A path that somebody else has changed since is left
 * as it is.
 *
 * @returns paths that were put back; `undefined` if there was no journal.
 */
export function rollBack(system: System): readonly string[] | undefined {
  // The kill may have come between the journal's writing and its renaming.
  removeTree(temporaryPath(journalPath), system);
  const entries = readJournal(system);
  if (entries === undefined) return undefined;
  const restored: string[] = [];
  for (const entry of [...entries].reverse()) {
    removeTree(temporaryPath(entry.path), system);
    if (restore(entry, system)) restored.push(entry.path);
  }
  restoreLabels(restored, system);
  for (const folder of new Set(restored.map((path) => path.slice(0, path.lastIndexOf('/')) || '/'))) {
    if (system.files.entry(folder)?.kind === 'folder') system.files.syncFolder(folder);
  }
  closeJournal(system);
  return restored;
}

/** Whether anything had to be done. */
function restore(entry: JournalEntry, system: System): boolean {
  const now = system.files.entry(entry.path);
  if (entry.kind === 'remove') return now === undefined && putBack(entry, system);
  if (entry.kind === 'link') return now?.kind === 'link' && putBack(entry, system);
  if (entry.kind === 'file') {
    return now?.kind === 'file' && system.files.sha256(entry.path) === entry.after && putBack(entry, system);
  }
  if (now?.kind !== 'folder') return false;
  if (entry.kind === 'home') return removeHome(entry, system);
  if (entry.before.kind === 'folder') system.files.setAttributes(entry.path, entry.before);
  else if (system.files.list(entry.path).length === 0) system.files.removeFolder(entry.path);
  return true;
}

function putBack({ path, before }: JournalEntry, system: System): boolean {
  const temporary = temporaryPath(path);
  if (before.kind === 'absent') {
    system.files.remove(path);
    return true;
  }
  if (before.kind === 'file') {
    // The kill may have come before this path was reached.
    if (isAsBefore(path, before, system)) return false;
    system.files.create(temporary, { base64: before.base64 }, before, true);
    keepLabel(path, temporary, system);
    system.files.rename(temporary, path);
    return true;
  }
  if (before.kind !== 'link') return false;
  system.files.createLink(temporary, before.target);
  system.files.rename(temporary, path);
  return true;
}

function isAsBefore(path: string, before: JournalEntry['before'], system: System): boolean {
  const now = system.files.entry(path);
  return (
    now?.kind === 'file' &&
    before.kind === 'file' &&
    sameAttributes(now, before) &&
    system.files.readBase64(path) === before.base64
  );
}

/** Takes away a home that we made, as far as its user has not changed it since. */
function removeHome(entry: JournalEntry, system: System): boolean {
  for (const { path, sha256 } of [...(entry.skeleton ?? [])].reverse()) {
    const kind = system.files.entry(path)?.kind;
    if (kind === 'folder') {
      if (system.files.list(path).length === 0) system.files.removeFolder(path);
    } else if (kind === 'link' || (kind === 'file' && system.files.sha256(path) === sha256)) {
      system.files.remove(path);
    }
  }
  return true;
}
