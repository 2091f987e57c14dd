import type { HomeKeys, Plan, ResourceName } from '../plan/plan.ts';
import { homeKeyFile, withKeys } from '../resources/keys/home-keys.ts';
import { messageOf, type System } from '../system/system.ts';
import { temporaryPath } from './transaction/journal.ts';
import { keepLabel, restoreLabels } from './transaction/labels.ts';

/**
 * Puts the marked blocks of keys into homes, or takes them out. Homes are their users' to change at any moment, and what
 * one of them does to hers must not undo anything else: so this comes after the transaction, each file by itself.
 *
 * @returns what went wrong, by resource.
 */
export function putAllHomeKeys(plan: Plan, system: System): Map<ResourceName, string> {
  const problems = new Map<ResourceName, string>();
  const written: string[] = [];
  for (const { resource, inHomes = [] } of plan.resources) {
    const failed = inHomes.flatMap((keys) => {
      try {
        written.push(...putHomeKeys(keys, system));
        return [];
      } catch (error) {
        return [`keys of ${keys.account}: ${messageOf(error)}`];
      }
    });
    if (failed.length > 0) problems.set(resource, failed.join('\n'));
  }
  const unlabelled = restoreLabels(written, system);
  if (unlabelled !== undefined && !problems.has('keys')) problems.set('keys', unlabelled);
  return problems;
}

/**
 * Old or new, never half: a temporary file made afresh with its owner set before it gets its name.
 *
 * @returns paths that are new or changed.
 */
function putHomeKeys({ account, uid, gid, home, lines }: HomeKeys, system: System): readonly string[] {
  const path = homeKeyFile(home);
  const folder = path.slice(0, path.lastIndexOf('/'));
  if (lines.length === 0 && system.files.entry(home) === undefined) return [];
  demand(home, 'folder', uid, account, system);
  if (system.files.entry(folder) === undefined) {
    if (lines.length === 0) return [];
    system.files.createFolder(folder, { mode: 0o700, uid, gid });
  }
  demand(folder, 'folder', uid, account, system);
  const isThere = system.files.entry(path) !== undefined;
  if (isThere) demand(path, 'file', uid, account, system);
  const before = isThere ? system.files.readTextOf(path, uid) : '';
  const after = withKeys(before, lines);
  if (after === before) return [];
  if (after === '') system.files.remove(path);
  else {
    const temporary = temporaryPath(path);
    if (system.files.entry(temporary) !== undefined) system.files.remove(temporary);
    system.files.create(temporary, { text: after }, { mode: 0o600, uid, gid }, true);
    if (isThere) keepLabel(path, temporary, system);
    system.files.rename(temporary, path);
  }
  system.files.syncFolder(folder);
  return [folder, path];
}

/** A link, or what belongs to somebody else, is neither followed nor replaced. */
function demand(path: string, kind: 'file' | 'folder', uid: number, account: string, system: System): void {
  const entry = system.files.entry(path);
  if (entry?.kind !== kind) throw new Error(`${path} is no ${kind}: move it away`);
  if (entry.uid !== uid) throw new Error(`${path} does not belong to ${account}: give it to that account`);
}
