import type { InstanceRecord } from '../../../schemas/types/instance-record.ts';
import type { InstanceMatch } from '../../../schemas/types/policy.ts';
import { createInstanceMatcher } from '../instance-match.ts';
import type { PolicyDocument } from '../policy-document.ts';

/** Rules of the policy that apply to one instance: their places in the policy's lists, ascending. */
export interface RuleSelection {
  readonly access: readonly number[];
  readonly sudo: readonly number[];
  readonly sudoRules: readonly number[];
  readonly breakGlass: readonly number[];
  readonly failure: readonly number[];
  readonly guests: readonly number[];
  readonly files: readonly number[];
  readonly scripts: readonly number[];
}

/** Tells which rules apply to an instance. */
export function createRuleSelector({ policy }: PolicyDocument): (record: InstanceRecord) => RuleSelection {
  const access = createListSelector(policy.access);
  const sudo = createListSelector(policy.sudo);
  const sudoRules = createListSelector(policy.sudoRules);
  const breakGlass = createListSelector(policy.breakGlass);
  const failure = createListSelector(policy.failure);
  const guests = createListSelector(policy.guests);
  const files = createListSelector(policy.files);
  const scripts = createListSelector(policy.scripts);
  return (record) => ({
    access: access(record),
    sudo: sudo(record),
    sudoRules: sudoRules(record),
    breakGlass: breakGlass(record),
    failure: failure(record),
    guests: guests(record),
    files: files(record),
    scripts: scripts(record),
  });
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
