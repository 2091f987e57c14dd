import type { InstanceOutcome, SyncRun } from '../../../schemas/types/api.ts';
import { AppError } from '../../domain/errors.ts';
import { renderProblems } from '../output/error-report.ts';
import type { Output } from '../output/output.ts';
import type { Page } from '../output/page.ts';
import { type Style, styled } from '../output/span.ts';
import { countChanges, renderChanges } from './changes-view.ts';
import { generationNumber } from './generation-view.ts';
import { counted, duration } from './words.ts';

const outcomeStyles: Readonly<Record<InstanceOutcome['outcome'], Style>> = {
  created: 'green',
  changed: 'yellow',
  unchanged: 'dim',
  removed: 'red',
  quarantined: 'red',
};

const mostRows = 100;

/**
 * Prints a run of sync or regenerate, and fails with `guard-stopped` or `internal` if it did not succeed.
 * Quarantined records are a warning: the run did its work, and their instances keep what they have.
 * @param options `changes`: every difference of every instance, not just how many there are
 */
export function concludeRun(output: Output, run: SyncRun, options: { readonly changes: boolean }): void {
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

function renderRun(page: Page, run: SyncRun, options: { readonly changes: boolean }): void {
  renderVerdict(page, run);
  const shown = run.outcomes.slice(0, mostRows);
  if (options.changes) {
    for (const outcome of shown) renderOutcome(page, outcome, run.dryRun);
  } else if (shown.length > 0) {
    page.blank();
    page.table(
      [
        { heading: 'INSTANCE', flexible: true },
        { heading: 'OUTCOME' },
        { heading: 'GENERATION', align: 'right' },
        { heading: 'CHANGES' },
      ],
      shown.map((outcome) => [
        outcome.name,
        styled(outcomeStyles[outcome.outcome], outcome.outcome),
        generationNumber(outcome.generation),
        countChanges(outcome.changes),
      ]),
    );
  }
  const hidden =
    run.counts.created + run.counts.changed + run.counts.removed + run.counts.quarantined - shown.length;
  if (hidden > 0) {
    page.line(styled('dim', `… and ${counted(hidden, 'more instance')}; --json has the first 1000`));
  }
}

function renderVerdict(page: Page, run: SyncRun): void {
  const { counts } = run;
  const took =
    run.finishedAt === null ? '' : ` in ${duration(Date.parse(run.finishedAt) - Date.parse(run.startedAt))}`;
  const parts = (['created', 'changed', 'unchanged', 'removed', 'quarantined'] as const)
    .filter((outcome) => counts[outcome] > 0)
    .map((outcome) => `${counts[outcome]} ${outcome}`);
  const state = run.state === 'stopped-by-guard' ? 'stopped by the guard' : run.state;
  page.line(
    styled(run.state === 'succeeded' ? 'green' : 'red', `${run.kind} ${state}`),
    `${took}: ${[counted(counts.instances, 'instance'), ...parts].join(', ')}`,
  );
  if (run.dryRun) page.line(styled('yellow', 'dry run: nothing was changed'));
}

function renderOutcome(page: Page, outcome: InstanceOutcome, dryRun: boolean): void {
  page.blank();
  const generation =
    outcome.generation === null
      ? ''
      : `  ${dryRun ? 'would be generation' : 'generation'} ${outcome.generation}`;
  page.line(
    styled('bold', outcome.name),
    '  ',
    styled(outcomeStyles[outcome.outcome], outcome.outcome),
    styled('dim', generation),
  );
  renderChanges(page, outcome.changes, { indent: 2 });
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
