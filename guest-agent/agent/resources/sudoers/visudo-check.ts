import { fragmentFolder } from '../../../../schemas/sudoers/fragments.ts';
import type { Machine } from '../../plan/machine.ts';
import type { Check } from '../../plan/plan.ts';
import type { ToolResult } from '../../system/system.ts';

/** Main file of sudo. */
export const mainFile = '/etc/sudoers';

const includedir = /^[#@]includedir\s+"?\/etc\/sudoers\.d\/?"?\s*$/m;

/** One of our files. */
export interface Fragment {
  /** Name in `/etc/sudoers.d`. */
  readonly name: string;
  readonly text: string;
}

/** Whether sudo reads the folder of fragments. */
export function readsFolder(mainText: string): boolean {
  return includedir.test(mainText);
}

/**
 * `visudo -cf` over a copy of the whole tree: fragments that pass alone can clash together.
 *
 * @param ours our files as they will be; others of the names in `absent` are left out.
 */
export function wholeTreeCheck(
  visudo: string,
  mainText: string,
  ours: readonly Fragment[],
  absent: readonly string[],
  machine: Machine,
): Check {
  const replaced = new Set([...absent, ...ours.map(({ name }) => name)]);
  const others = machine.files
    .list(fragmentFolder)
    .filter((name) => !/[.]|~$/.test(name) && !replaced.has(name))
    .map((name) => ({ name, text: machine.files.text(`${fragmentFolder}/${name}`) ?? '' }));
  const fragments = [...others, ...ours]
    .map(({ name, text }) => ({ name: `sudoers.d-${name}`, text }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    what: `visudo on ${ours.map(({ name }) => `${fragmentFolder}/${name}`).join(' and ')}`,
    stage: (at) => [
      ...fragments,
      {
        name: 'sudoers',
        text: mainText.replaceAll(
          new RegExp(includedir, 'gm'),
          fragments.map(({ name }) => `@include ${at}/${name}`).join('\n'),
        ),
      },
    ],
    argv: (at) => [visudo, '-c', '-f', `${at}/sudoers`],
    judge,
  };
}

/** `visudo -cf` over one file of ours alone, whatever is wrong elsewhere in the tree. */
export function fragmentCheck(visudo: string, fragment: Fragment): Check {
  return {
    what: `visudo on ${fragmentFolder}/${fragment.name} alone`,
    stage: () => [fragment],
    argv: (at) => [visudo, '-c', '-f', `${at}/${fragment.name}`],
    judge,
  };
}

function judge({ status, output }: ToolResult): string | undefined {
  return status === 0 ? undefined : output.trim().slice(0, 500) || `ended with status ${status}`;
}
