import type { InstanceRecord } from '../../../schemas/types/instance-record.ts';
import type { InstanceMatch } from '../../../schemas/types/policy.ts';
import { createInstanceMatcher } from '../instance-match.ts';
import type { PolicyDocument } from '../policy-document.ts';

/** Lists of the policy whose rules name the instances that they apply to. */
const lists = ['access', 'sudo', 'sudoRules', 'breakGlass', 'failure', 'files', 'scripts'] as const;

/** Rules of the policy that apply to one instance: their places in the policy's lists, ascending. */
export type RuleSelection = { readonly [list in (typeof lists)[number]]: readonly number[] };

/** Tells which rules apply to an instance. */
export function createRuleSelector({ policy }: PolicyDocument): (record: InstanceRecord) => RuleSelection {
  const selectors = lists.map((list) => [list, createListSelector(policy[list])] as const);
  return (record) =>
    Object.fromEntries(selectors.map(([list, select]) => [list, select(record)])) as RuleSelection;
}

function createListSelector(
  rules: readonly { readonly match?: InstanceMatch }[] = [],
): (record: InstanceRecord) => readonly number[] {
  const matchers = rules.map(({ match }) => createInstanceMatcher(match));
  return (record) => {
    const selected: number[] = [];
    for (const [index, matches] of matchers.entries()) if (matches(record)) selected.push(index);
    return selected;
  };
}
