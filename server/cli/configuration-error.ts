import type { FileProblem } from '../../schemas/validation/yaml-document.ts';
import { AppError } from '../domain/errors.ts';

/** A server configuration that is not valid, with all that is wrong. */
export function configurationError(file: string, problems: readonly FileProblem[]): AppError {
  return new AppError('configuration-invalid', `${file} is not valid:`, {
    details: {
      problems: problems.map(({ file: source, line, pointer, message, remedy }) => ({
        source,
        record: `line ${line}`,
        field: pointer,
        message,
        remedy,
      })),
    },
  });
}
