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
  options: PolicyOptions,
): Promise<PolicyReading> {
  const texts: PolicyText[] = [];
  const problems: FileProblem[] = [];
  for (const file of files) {
    const read = await readTextFile(file);
    if (read.kind === 'unreadable') problems.push(read.problem);
    else texts.push({ file, text: read.text });
  }
  const reading = readPolicyTexts(texts, validators, options);
  if (problems.length === 0) return reading;
  return {
    kind: 'invalid',
    problems: [...(reading.kind === 'invalid' ? reading.problems : []), ...problems],
  };
}

/** A policy file's name, for messages and sources, and its content. */
export interface PolicyText {
  readonly file: string;
  readonly text: string;
}

/** The same from texts that are there already. */
export function readPolicyTexts(
  texts: readonly PolicyText[],
  validators: Pick<Validators, 'policy' | 'common'>,
  { minimumUid }: PolicyOptions,
): PolicyReading {
  const parts: PolicyPart[] = [];
  const problems: FileProblem[] = [];
  for (const { file, text } of texts) {
    const reading = readYamlDocument(text, file, validators.policy);
    if (reading.kind === 'invalid') problems.push(...reading.problems);
    else parts.push({ file, text, policy: reading.value, lineOf: reading.lineOf });
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

/** The policy of these files, for the sync job. */
export function createPolicySource(
  files: readonly string[],
  validators: Pick<Validators, 'policy' | 'common'>,
  options: PolicyOptions,
): {
  load(): Promise<PolicyDocument>;
  parse(texts: readonly PolicyText[]): PolicyDocument;
} {
  return {
    load: async () => policyOf(await readPolicy(files, validators, options)),
    parse: (texts) => policyOf(readPolicyTexts(texts, validators, options)),
  };
}

/** The policy of a reading. Fails with `policy-invalid`, listing every problem. */
function policyOf(reading: PolicyReading): PolicyDocument {
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
