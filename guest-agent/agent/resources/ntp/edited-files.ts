import type { Machine } from '../../plan/machine.ts';
import { PlanError } from '../../plan/plan.ts';
import type { WantedFile } from '../../plan/wanted-file.ts';
import { withBlock, withoutBlock } from '../../rendering/block.ts';
import { enabled } from '../../rendering/disabled.ts';
import { withoutOwnSources } from './sources.ts';

/** Texts of a time service's files, by path. */
export type Texts = ReadonlyMap<string, string>;

/**
 * A time service's own files as they should be: its sources as comments or back, and our block at the end of the main file.
 *
 * @param block lines of the block; none, no block.
 * @param replaced whether our sources stand in for the service's own.
 */
export function editedFiles(
  texts: Texts,
  main: string,
  block: readonly string[],
  replaced: boolean,
  { files }: Machine,
): readonly WantedFile[] {
  if (!texts.has(main)) {
    throw new PlanError(`${main} is not a plain text file: make it one, or remove it with its time service`);
  }
  return [...texts].flatMap(([path, current]) => {
    const entry = files.entry(path);
    if (entry === undefined) return [];
    const own = withoutBlock(current);
    const rest = replaced ? withoutOwnSources(own) : enabled(own);
    const ended = rest === '' || rest.endsWith('\n') ? rest : `${rest}\n`;
    const text = path === main && block.length > 0 ? `${ended}${withBlock([], block, [])}` : rest;
    const { mode, uid, gid } = entry;
    return [{ path, text, attributes: { mode, uid, gid }, ours: false }];
  });
}
