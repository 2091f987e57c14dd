import type { Problem, RecordProblem } from '../../../schemas/types/api.ts';
import { AppError } from '../../domain/errors.ts';
import type { Output } from './output.ts';
import type { Page } from './page.ts';
import { styled } from './span.ts';

/** The failure as an AppError; what is none is a fault of ours. */
export function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AppError('internal', `${message} (this is a fault of ubugi: please report it)`, {
    cause: error,
  });
}

/** Says what failed: in words on standard error, with `--json` also as a problem document if no result was printed. */
export function reportError(output: Output, error: AppError): void {
  if (output.json && !output.hasResult()) output.result(problemDocument(error), () => {});
  output.message((page) => {
    page.line(styled('red', 'error: '), error.message);
    renderProblems(page, error.details.problems ?? []);
  });
}

/** Every wrong record: where, what, and what to do. */
export function renderProblems(page: Page, problems: readonly RecordProblem[]): void {
  for (const problem of problems) {
    page.line(
      '  ',
      styled('yellow', `${problem.source}: ${problem.record}`),
      problem.field === '' ? '' : `, ${problem.field}`,
    );
    page.line('    ', problem.message, problem.remedy === '' ? '' : styled('dim', ` — ${problem.remedy}`));
  }
}

/** RFC 9457: the server's own, or one in its form for what failed on this side. */
function problemDocument(error: AppError): Problem {
  const fromServer = error.details['problem'];
  if (fromServer !== undefined) return fromServer as Problem;
  return {
    type: 'about:blank',
    title: error.code,
    status: 0,
    detail: error.message,
    code: error.code,
    ...(error.details.problems === undefined ? {} : { problems: [...error.details.problems] }),
  };
}
