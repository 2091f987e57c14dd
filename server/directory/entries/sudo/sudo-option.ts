import type { SudoRule } from '../../../../schemas/types/common.ts';
import { type Checked, refused } from '../entry-reader.ts';

export type SudoTag = NonNullable<SudoRule['tags']>[number];

/** Options that sudoers(5) can say as a tag of one command, as `cvtsudoers` turns them: set, and negated. */
const tags: Readonly<Record<string, readonly [SudoTag, SudoTag]>> = {
  authenticate: ['PASSWD', 'NOPASSWD'],
  setenv: ['SETENV', 'NOSETENV'],
  noexec: ['NOEXEC', 'EXEC'],
  intercept: ['INTERCEPT', 'NOINTERCEPT'],
  log_input: ['LOG_INPUT', 'NOLOG_INPUT'],
  log_output: ['LOG_OUTPUT', 'NOLOG_OUTPUT'],
  mail_all_cmnds: ['MAIL', 'NOMAIL'],
  sudoedit_follow: ['FOLLOW', 'NOFOLLOW'],
};

/**
 * The tag that a sudoOption stands for. Any other option changes how sudo works as a whole, and leaving it out
 * could give more rights than the role does: it is refused, and the role with it.
 */
export function parseSudoOption(text: string): Checked<SudoTag> {
  const negated = text.startsWith('!');
  const name = negated ? text.slice(1) : text;
  const pair = Object.hasOwn(tags, name) ? tags[name] : undefined;
  if (pair === undefined) {
    return refused(
      'is an option that cannot be given to one rule',
      `use one of ${Object.keys(tags).join(', ')}, each possibly with !, or move the rule to a policy file`,
    );
  }
  return { kind: 'ok', value: pair[negated ? 1 : 0] };
}

/** Both of a pair cannot hold. */
export function findConflict(given: readonly SudoTag[]): readonly SudoTag[] | undefined {
  return Object.values(tags).find((pair) => pair.every((tag) => given.includes(tag)));
}
