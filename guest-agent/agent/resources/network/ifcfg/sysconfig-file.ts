import { PlanError } from '../../../plan/plan.ts';
import { findBlock, withBlock, withoutBlock } from '../../../rendering/block.ts';
import { disabledLine, enabled } from '../../../rendering/disabled.ts';

/** Values of these files are read by a shell: nothing that it treats specially, not even in quotes. */
const plain = /^[A-Za-z0-9_.:/=+ -]*$/;

/** One assignment, in quotes. The value has been through its own guard before. */
export function assign(name: string, value: string): string {
  if (plain.exec(value)?.[0] !== value) {
    throw new PlanError(`${name} has a form that is refused here: correct it at its source`);
  }
  return `${name}='${value}'`;
}

/** What a file of somebody else should read: theirs in comments, ours in a marked block; no lines: theirs as it was. */
export function overlay(text: string, lines: readonly string[]): string {
  const own = enabled(withoutBlock(text));
  if (lines.length === 0) return own;
  const theirs = own.replace(/\n$/, '').split('\n');
  return withBlock(
    theirs.map((line) => (/^\s*(#|$)/.test(line) ? line : disabledLine(line))),
    lines,
    [],
  );
}

/** Whether we have changed it with {@link overlay}. */
export function isOverlaid(text: string): boolean {
  return findBlock(text).inside !== undefined;
}
