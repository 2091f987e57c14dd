import type { Machine } from '../../../plan/machine.ts';
import type { OwnedFile } from '../../../plan/ownership.ts';
import { emptyPlan, type LiveAction, type ResourcePlan } from '../../../plan/plan.ts';
import { rootOwned } from '../../../plan/step.ts';
import { reconcileFiles, type WantedFile } from '../../../plan/wanted-file.ts';
import { isOverlaid, overlay } from './sysconfig-file.ts';

/** One file of a link, such as `ifcfg-eth0`. No lines: it is not needed. */
export interface LinkFile {
  readonly name: string;
  readonly lines: readonly string[];
}

/**
 * Files of all links in a folder of ifcfg files. One of that name that somebody else made is kept in comments inside ours;
 * where a link is no longer wanted, its files of others are as they were before.
 *
 * @param pattern names of files that we may have changed. @param others more files. @param live what to tell the running
 * system, where a file changes.
 */
export function planIfcfgFiles(
  folder: string,
  pattern: RegExp,
  files: readonly LinkFile[],
  others: readonly WantedFile[],
  owned: readonly OwnedFile[],
  machine: Machine,
  live: () => readonly LiveAction[],
): ResourcePlan {
  const ours = new Set(owned.filter(({ resource }) => resource === 'network').map(({ path }) => path));
  const wanted = new Map(files.map(({ name, lines }) => [name, lines]));
  const names = new Set([
    ...wanted.keys(),
    ...machine.files.list(folder).filter((name) => pattern.test(name)),
  ]);
  const list = [...names].flatMap((name): readonly WantedFile[] => {
    const path = `${folder}/${name}`;
    const lines = wanted.get(name) ?? [];
    const current = machine.files.text(path);
    if (current === undefined || ours.has(path)) {
      return lines.length === 0
        ? []
        : [{ path, text: `# Written by Ubugi.\n${lines.join('\n')}\n`, ours: true }];
    }
    // A route file of somebody else goes with the link's file, even where we have no routes.
    if (!wanted.has(name) && !isOverlaid(current)) return [];
    const text = overlay(current, wanted.has(name) && lines.length === 0 ? ['# No routes.'] : lines);
    return text === current
      ? []
      : [{ path, text, attributes: machine.files.entry(path) ?? rootOwned(), ours: false }];
  });
  const reconciled = reconcileFiles('network', [...list, ...others], owned, machine.files);
  return {
    ...emptyPlan('network'),
    ...reconciled,
    live: reconciled.steps.length === 0 ? [] : live(),
  };
}
