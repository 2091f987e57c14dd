import { dirname, resolve } from 'node:path';
import type { Validators } from '../../schemas/validation/validator.ts';
import {
  type FileProblem,
  formatFileProblem,
  readYamlDocument,
} from '../../schemas/validation/yaml-document.ts';
import { AppError } from '../domain/errors.ts';
import { type Config, deepFreeze } from './config.ts';
import { checkConfigRules } from './config-checks.ts';
import { readPolicy } from './policy-files.ts';
import { resolvePaths } from './resolve-paths.ts';
import { readTextFile } from './text-file.ts';

/** A configuration that the server can start with, or everything that is wrong. */
export type ConfigReading =
  | { readonly kind: 'valid'; readonly config: Config }
  | { readonly kind: 'invalid'; readonly problems: readonly FileProblem[] };

/**
 * Reads a configuration and checks it with the files that it names, policy included: what `ubugi check-config` and the
 * start of the server do. All problems at once; nothing is opened for writing and no service is contacted.
 */
export async function checkConfig(
  file: string,
  validators: Pick<Validators, 'serverConfiguration' | 'policy' | 'common'>,
): Promise<ConfigReading> {
  const read = await readTextFile(file);
  if (read.kind === 'unreadable') return { kind: 'invalid', problems: [read.problem] };
  const reading = readYamlDocument(read.text, file, validators.serverConfiguration);
  if (reading.kind === 'invalid') {
    const policyProblems = await problemsOfNamedPolicy(read.text, file, validators);
    return { kind: 'invalid', problems: [...reading.problems, ...policyProblems] };
  }

  // The schema's defaults have filled in what Config requires and ServerConfiguration leaves open.
  const config = deepFreeze(resolvePaths(reading.value as Config, file));
  const problems = (await checkConfigRules(config)).map((problem) => ({
    ...problem,
    file,
    line: reading.lineOf(problem.pointer),
  }));
  const policy = await readPolicy(config.policy.files, validators, config.policy);
  if (policy.kind === 'invalid') problems.push(...policy.problems);
  return problems.length === 0 ? { kind: 'valid', config } : { kind: 'invalid', problems };
}

/** Where the configuration is too wrong to tell; the schema's default. */
const usualMinimumUid = 1000;

/** Problems of the policy files that an invalid configuration names, so that one check finds all there is. */
async function problemsOfNamedPolicy(
  text: string,
  file: string,
  validators: Pick<Validators, 'policy' | 'common'>,
): Promise<readonly FileProblem[]> {
  const raw = readYamlDocument<unknown>(text, file, (value) => ({ kind: 'valid', value }));
  if (raw.kind === 'invalid') return [];
  const named = (raw.value as { readonly policy?: Readonly<Record<string, unknown>> } | null)?.policy;
  const files = named?.['files'];
  if (!Array.isArray(files) || !files.every((name) => typeof name === 'string')) return [];
  const policy = await readPolicy(
    files.map((name) => resolve(dirname(file), name)),
    validators,
    { minimumUid: typeof named?.['minimumUid'] === 'number' ? named['minimumUid'] : usualMinimumUid },
  );
  return policy.kind === 'invalid' ? policy.problems : [];
}

/** The same for a start: fails with `configuration-invalid`, its message naming every problem on a line of its own. */
export async function loadConfig(
  file: string,
  validators: Pick<Validators, 'serverConfiguration' | 'policy' | 'common'>,
): Promise<Config> {
  const reading = await checkConfig(file, validators);
  if (reading.kind === 'valid') return reading.config;
  throw new AppError('configuration-invalid', reading.problems.map(formatFileProblem).join('\n'), {
    details: {
      problems: reading.problems.map(({ file: source, line, pointer, message, remedy }) => ({
        source,
        record: `line ${line}`,
        field: pointer,
        message,
        remedy,
      })),
    },
  });
}
