import type { System } from '../../system/system.ts';

/** Removes a folder of our own with all that is in it; nothing happens where there is none. Follows no link. */
export function removeTree(path: string, system: System): void {
  const entry = system.files.entry(path);
  if (entry === undefined) return;
  if (entry.kind !== 'folder') {
    system.files.remove(path);
    return;
  }
  for (const name of system.files.list(path)) removeTree(`${path}/${name}`, system);
  system.files.removeFolder(path);
}
