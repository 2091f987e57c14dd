import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import type { FailureRule } from '../../../schemas/types/policy.ts';
import type { PolicyDocument } from '../policy-document.ts';
import { type Choice, choose } from './choice.ts';
import { policySource } from './policy-source.ts';

/** What failure does on a guest: the first rule that applies wins. @param rules places of the rules that apply */
export function composeFailure(
  rules: readonly number[],
  policy: PolicyDocument,
): Choice<FailureRule['onFailure']> | undefined {
  let chosen: Choice<FailureRule['onFailure']> | undefined;
  for (const index of rules) {
    const rule = policy.policy.failure?.[index];
    if (rule === undefined) continue;
    const source = policySource(policy, `/failure/${index}`, `failure ${index + 1}`);
    chosen = choose(chosen, rule.onFailure, source);
  }
  return chosen;
}

/** As it stands in the guest configuration: absent where the agent goes on, which it does unasked. */
export function failureSection(
  choice: Choice<FailureRule['onFailure']> | undefined,
): Pick<GuestConfiguration, 'onFailure'> {
  return choice?.value === 'stop' ? { onFailure: 'stop' } : {};
}
