import type { Source } from '../../../schemas/types/api.ts';
import type { PolicyDocument } from '../policy-document.ts';

/** The source that a value of the policy is: file, rule and line. @param pointer JSON pointer into the policy */
export function policySource(policy: PolicyDocument, pointer: string, rule: string): Source {
  const { file, line } = policy.locate(pointer);
  return { kind: 'policy', name: file, record: rule, field: `line ${line}` };
}
