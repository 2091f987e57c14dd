import type { RecordProblem, Source } from '../../../schemas/types/api.ts';
import type { PolicyDocument } from '../policy-document.ts';

/** The source that a value of the policy is: file, rule and line. @param pointer JSON pointer into the policy */
export function policySource(policy: PolicyDocument, pointer: string, rule: string): Source {
  const { file, line } = policy.locate(pointer);
  return { kind: 'policy', name: file, record: rule, field: `line ${line}` };
}

/** What is wrong with a value of the policy. @param pointer JSON pointer into the policy */
export function policyProblem(
  policy: PolicyDocument,
  pointer: string,
  rule: string,
  { message, remedy }: Pick<RecordProblem, 'message' | 'remedy'>,
): RecordProblem {
  const { name: source, record, field } = policySource(policy, pointer, rule);
  return { source, record, field, message, remedy };
}
