import type { Machine } from '../../plan/machine.ts';
import type { Check } from '../../plan/plan.ts';
import type { Databases } from './databases.ts';

/**
 * `pwck` or `grpck` (shadow-utils), read-only, over staged copies of a pair of files. Both also complain of the guest's
 * own old entries, which are not ours to mend: only what they would delete or add under one of our names counts.
 *
 * @param names our accounts or groups.
 */
export function databaseCheck(
  pair: 'passwd' | 'group',
  databases: Databases,
  names: readonly string[],
  machine: Machine,
): readonly Check[] {
  const name = pair === 'passwd' ? 'pwck' : 'grpck';
  const tool = machine.program(name);
  if (tool === undefined) return [];
  const staged = (
    pair === 'passwd' ? (['passwd', 'shadow'] as const) : (['group', 'gshadow'] as const)
  ).flatMap((file) => {
    const text = databases[file]?.text();
    return text === undefined ? [] : [{ name: file, text }];
  });
  const ours = new Set(names);
  return [
    {
      what: `${name} on /etc/${pair}`,
      stage: () => staged,
      argv: (folder) => [tool, '-q', '-r', ...staged.map(({ name: file }) => `${folder}/${file}`)],
      judge({ status, output }) {
        if (status === 0) return undefined;
        // 2 is "bad entries"; anything else means that it could not do its work (pwck(8), EXIT VALUES).
        if (status !== 2) return output.trim() || `ended with status ${status}`;
        const complaint = output.split('\n').find((line) => ours.has(complainedOf(line) ?? ''));
        return complaint === undefined ? undefined : `bad entry for ${complainedOf(complaint) ?? ''}`;
      },
    },
  ];
}

/** The entry that a line such as `delete line 'alice:x:…'? No` or `add group 'staff' in …` is about. */
function complainedOf(line: string): string | undefined {
  return /^(?:delete line|add (?:user|group)) '([^':]*)/.exec(line)?.[1];
}
