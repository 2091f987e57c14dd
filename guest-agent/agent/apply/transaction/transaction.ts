import type { Step } from '../../plan/step.ts';
import { messageOf, type System } from '../../system/system.ts';
import { makeHome } from './home.ts';
import { closeJournal, temporaryPath, writeJournal } from './journal.ts';
import { keepLabel, relabel } from './labels.ts';
import { rollBack } from './rollback.ts';

/**
 * Carries out all steps or none: journal and temporary files, sync, renames in order, sync. What fails on the way is taken
 * back before the error goes on; a kill or a power cut is taken back at the next start.
 *
 * The file systems are synced as a whole, twice: an fsync of each file and folder flushes the disk each time, which is
 * some 150 ms for thirty of them against 10 ms.
 *
 * @param around runs each write of a step, so that it can be timed; the syncs are nobody's own.
 * @returns what SELinux's labels lack; the files are in place all the same, or a broken policy would keep everybody out.
 */
export function commit(
  steps: readonly Step[],
  system: System,
  around: (step: Step, write: () => void) => void = (_, write) => write(),
): string | undefined {
  if (steps.length === 0) return undefined;
  let unlabelled: string | undefined;
  try {
    writeJournal(steps, system);
    // New folders first: temporary files may have to go into them.
    for (const step of steps) {
      if (step.kind === 'folder' && !inNewHome(step.path, steps)) around(step, () => putFolder(step, system));
    }
    for (const step of steps)
      if (step.kind === 'file' && !inNewHome(step.path, steps))
        around(step, () => writeTemporary(step, system));
    syncAll(steps, system);
    for (const step of steps) around(step, () => put(step, inNewHome(step.path, steps), system));
    unlabelled = relabel(steps, system);
    syncAll(steps, system);
  } catch (error) {
    throw new Error(`${messageOf(error)}; ${takeBack(system)}`, { cause: error });
  }
  closeJournal(system);
  return unlabelled;
}

/** Syncs each file system that a step writes to, ours first: the journal is in it. */
function syncAll(steps: readonly Step[], system: System): void {
  const folders = new Map<number, string>();
  const above = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';
  for (const folder of ['/var/lib/ubugi', ...steps.map((step) => above(step.path))]) {
    const entry = system.files.entry(folder);
    if (entry?.kind === 'folder' && !folders.has(entry.device)) folders.set(entry.device, folder);
  }
  for (const folder of folders.values()) system.files.syncFileSystem(folder);
}

function takeBack(system: System): string {
  try {
    rollBack(system);
    return 'everything was put back as it was';
  } catch (error) {
    return `putting back failed too (${messageOf(error)}) and is tried again at the next start`;
  }
}

function inNewHome(path: string, steps: readonly Step[]): boolean {
  return steps.some((step) => step.kind === 'home' && path.startsWith(`${step.path}/`));
}

function writeTemporary(step: Extract<Step, { kind: 'file' }>, system: System): void {
  const temporary = temporaryPath(step.path);
  if (system.files.entry(temporary) !== undefined) system.files.remove(temporary);
  system.files.create(temporary, { text: step.text }, step.attributes, false);
  keepLabel(step.path, temporary, system);
}

function putFolder(step: Extract<Step, { kind: 'folder' }>, system: System): void {
  if (system.files.entry(step.path) === undefined) system.files.createFolder(step.path, step.attributes);
  else system.files.setAttributes(step.path, step.attributes);
}

function put(step: Step, late: boolean, system: System): void {
  const temporary = temporaryPath(step.path);
  switch (step.kind) {
    case 'folder':
      if (late) putFolder(step, system);
      return;
    case 'file':
      if (late) writeTemporary(step, system);
      system.files.rename(temporary, step.path);
      return;
    case 'link':
      if (system.files.entry(temporary) !== undefined) system.files.remove(temporary);
      system.files.createLink(temporary, step.target);
      system.files.rename(temporary, step.path);
      return;
    case 'home':
      makeHome(step, temporary, system);
      return;
    case 'remove':
      system.files.remove(step.path);
  }
}
