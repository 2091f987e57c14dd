import { findBlock, withBlock } from '../rendering/block.ts';
import type { FileView } from './machine.ts';
import type { OwnedFile } from './ownership.ts';
import { PlanError } from './plan.ts';
import { rootOwned } from './step.ts';
import type { WantedFile } from './wanted-file.ts';

/**
 * A file of the guest with a marked block of ours in it; a file that we made goes with its last line.
 *
 * @param lines of the block; none: no block.
 * @param place where the block stands among the other lines.
 * @returns nothing where nothing is wanted and nothing of ours is there.
 */
export function wantedBlock(
  path: string,
  lines: readonly string[],
  place: 'first' | 'last',
  owned: readonly OwnedFile[],
  files: FileView,
): readonly WantedFile[] {
  const entry = files.entry(path);
  const current = entry === undefined ? '' : files.text(path);
  if (current === undefined) {
    throw new PlanError(`${path} is not a plain text file: make it one, or move it away`);
  }
  const { before, inside, after } = findBlock(current);
  const rest = [...before, ...after];
  const attributes = entry === undefined ? rootOwned() : { mode: entry.mode, uid: entry.uid, gid: entry.gid };
  if (lines.length > 0) {
    const text = place === 'first' ? withBlock([], lines, rest) : withBlock(rest, lines, []);
    return [{ path, text, attributes, ours: 'if-made' }];
  }
  const mine = owned.some((file) => file.path === path);
  if (mine && rest.length === 0) return [];
  return mine || inside !== undefined
    ? [{ path, text: withBlock(rest, [], []), attributes, ours: false }]
    : [];
}
