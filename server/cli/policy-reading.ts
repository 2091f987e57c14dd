import type { Validators } from '../../schemas/validation/validator.ts';
import type { FileProblem } from '../../schemas/validation/yaml-document.ts';
import { readPolicyTexts } from '../config/policy-files.ts';
import { readTextFile } from '../config/text-file.ts';
import { AppError } from '../domain/errors.ts';
import type { LocalWork } from './local-work.ts';

/** Reads and checks policy files for `ubugi try-policy`. */
export function createPolicyReading(
  validators: Pick<Validators, 'policy' | 'common'>,
): LocalWork['readPolicy'] {
  return async (files) => {
    const texts: { readonly file: string; readonly text: string }[] = [];
    const problems: FileProblem[] = [];
    for (const file of files) {
      const read = await readTextFile(file);
      if (read.kind === 'unreadable') problems.push(read.problem);
      else texts.push({ file, text: read.text });
    }
    // Which numbers are the system's is the server's to say.
    const reading = readPolicyTexts(texts, validators, { minimumUid: 1 });
    if (reading.kind === 'invalid') problems.push(...reading.problems);
    if (problems.length > 0) throw policyError(problems);
    return texts.map(({ file, text }) => ({ name: file, content: text }));
  };
}

function policyError(problems: readonly FileProblem[]): AppError {
  return new AppError('policy-invalid', 'the policy is not valid:', {
    details: {
      problems: problems.map(({ file, line, pointer, message, remedy }) => ({
        source: file,
        record: `line ${line}`,
        field: pointer,
        message,
        remedy,
      })),
    },
  });
}
