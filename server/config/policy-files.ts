import type { Validators } from '../../schemas/validation/validator.ts';
import {
  type FileProblem,
  formatFileProblem,
  readYamlDocument,
} from '../../schemas/validation/yaml-document.ts';
import { AppError } from '../domain/errors.ts';
import type { PolicyDocument } from '../domain/policy-document.ts';
import { joinPolicy, type PolicyPart } from './policy/join-policy.ts';
import { parsePolicy } from './policy/parse-policy.ts';
import { readTextFile } from './text-file.ts';

/** The joined policy, or everything that is wrong with its files. */
export type PolicyReading =
  | { readonly kind: 'valid'; readonly document: PolicyDocument }
  | { readonly kind: 'invalid'; readonly problems: readonly FileProblem[] };

/** What policies are checked against besides their schema. */
export interface PolicyOptions {
  /** Accounts and groups of lower numbers are the system's (`policy.minimumUid` of the configuration). */
  readonly minimumUid: number;
}

/** Reads policy files, joins them in order ({@link joinPolicy}), and parses what texts in them stand for. */
export async function readPolicy(
  files: readonly string[],
  validators: Pick<Validators, 'policy' | 'common'>,
  { minimumUid }: PolicyOptions,
): Promise<PolicyReading> {
  const parts: PolicyPart[] = [];
  const problems: FileProblem[] = [];
  for (const file of files) {
    const read = await readTextFile(file);
    if (read.kind === 'unreadable') {
      problems.push(read.problem);
      continue;
    }
    const reading = readYamlDocument(read.text, file, validators.policy);
    if (reading.kind === 'invalid') problems.push(...reading.problems);
    else parts.push({ file, text: read.text, policy: reading.value, lineOf: reading.lineOf });
  }
  if (problems.length > 0) return { kind: 'invalid', problems };
  const joined = joinPolicy(parts);
  const parsing = parsePolicy(joined.policy, { validators, minimumUid });
  if (parsing.kind === 'valid') return { kind: 'valid', document: { ...joined, parsed: parsing.parsed } };
  return {
    kind: 'invalid',
    problems: parsing.problems.map((problem) => ({ ...problem, ...joined.locate(problem.pointer) })),
  };
}

/** The same for the sync job: fails with `policy-invalid`, listing every problem. */
export async function loadPolicy(
  files: readonly string[],
  validators: Pick<Validators, 'policy' | 'common'>,
  options: PolicyOptions,
): Promise<PolicyDocument> {
  const reading = await readPolicy(files, validators, options);
  if (reading.kind === 'valid') return reading.document;
  const [first] = reading.problems;
  const more = reading.problems.length - 1;
  throw new AppError(
    'policy-invalid',
    `${first === undefined ? 'the policy is invalid' : formatFileProblem(first)}${more > 0 ? `, and ${more} more` : ''}`,
    {
      details: {
        problems: reading.problems.map(({ file, line, pointer, message, remedy }) => ({
          source: file,
          record: `line ${line}`,
          field: pointer,
          message,
          remedy,
        })),
      },
    },
  );
}
