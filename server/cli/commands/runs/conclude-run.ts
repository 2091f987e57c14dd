import type { SyncRun } from '../../../../schemas/types/api.ts';
import { AppError } from '../../../domain/errors.ts';
import { renderProblems } from '../../output/error-report.ts';
import type { Output } from '../../output/output.ts';
import { styled } from '../../output/span.ts';
import { renderRun } from '../../views/run-view.ts';
import { counted } from '../../views/words.ts';

/**
 * Prints a run that has ended, and fails with `guard-stopped` or `internal` if it did not succeed.
 * Quarantined records are a warning: the run did its work, and their instances keep what they have.
 */
export function concludeRun(output: Output, run: SyncRun, options: Parameters<typeof renderRun>[2]): void {
  output.result(run, (page) => {
    renderRun(page, run, options);
  });
  if (run.state !== 'succeeded') throw runError(run);
  if (run.counts.quarantined > 0 || run.problems.length > 0) {
    output.message((page) => {
      page.line(styled('yellow', 'warning: '), warning(run));
      renderProblems(page, run.problems);
    });
  }
}

function warning(run: SyncRun): string {
  const parts: string[] = [];
  if (run.counts.quarantined > 0) {
    const one = run.counts.quarantined === 1;
    parts.push(
      `${counted(run.counts.quarantined, 'instance is', 'instances are')} quarantined and ${one ? 'keeps its' : 'keep their'} last good generation`,
    );
  }
  if (run.problems.length > 0) parts.push(`${counted(run.problems.length, 'problem')} in the records:`);
  return parts.join('; ');
}

function runError(run: SyncRun): AppError {
  const why = run.error ?? 'it does not say why: look at the server’s log';
  const details = { problems: run.problems };
  if (run.state === 'stopped-by-guard') {
    return new AppError(
      'guard-stopped',
      `the guard stopped this run: ${why}. If the removals are meant, run \`ubugi sync --override-guard REASON\``,
      { details },
    );
  }
  return new AppError('internal', `the ${run.kind} run ${run.id} failed: ${why}`, { details });
}
