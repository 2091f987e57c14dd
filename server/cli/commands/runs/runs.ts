import type { SyncRun } from '../../../../schemas/types/api.ts';
import { AppError } from '../../../domain/errors.ts';
import { parseLimit } from '../../arguments/number-options.ts';
import { parseUuid } from '../../arguments/uuid-argument.ts';
import { addConnectionFlags, type ConnectionFlags } from '../../connection/connection-flags.ts';
import { DocumentedCommand } from '../../documented-command.ts';
import { renderProblems } from '../../output/error-report.ts';
import type { Page } from '../../output/page.ts';
import { type Span, styled } from '../../output/span.ts';
import type { OutputFlags, Runtime } from '../../runtime.ts';
import { renderRun, runState, runTime } from '../../views/run-view.ts';
import { followRun } from './follow-run.ts';

interface RunsFlags extends OutputFlags, ConnectionFlags {
  readonly follow?: boolean;
  readonly limit: number;
}

const defaultLimit = 20;
const mostRuns = 100;

/** `ubugi runs`: what sync and regenerate-drive did. */
export function runsCommand(runtime: Runtime): DocumentedCommand {
  const command = new DocumentedCommand({
    name: 'runs',
    summary: 'list the runs of sync and regenerate-drive, or show one',
    description:
      'Lists runs, newest first, with who started them and what they did; with RUN shows one as it stands, with what became of the instances, how far it is if it is under way, and with --follow waits for its end. A run that failed is shown like any other: the exit status is 0. Dry runs and policy trials are not in the list; the server that ran them knows them by their id for some time.',
    examples: [
      {
        purpose: 'what one of them changed',
        line: 'ubugi runs 7b0c5c0e-1d7a-4a4e-8f5b-2f6f0c9d1a11',
      },
      {
        purpose: 'those that failed',
        line: 'ubugi runs --json | jq \'.runs[] | select(.state == "failed")\'',
      },
    ],
  })
    .argument('[run]', 'UUID of a run', parseUuid)
    .option('--follow', 'wait until RUN has ended, and show how far it is')
    .option('--limit <n>', `list at most so many, up to ${mostRuns}`, parseLimit, defaultLimit)
    .option('--json', 'print one JSON document')
    .action(async (id: string | undefined, flags: RunsFlags) => {
      await runtime.runWithServer(flags, async (api, output) => {
        if (id !== undefined) {
          const run = await (flags.follow === true
            ? followRun({ api, output, signal: runtime.dependencies.signal }, 'following', () => api.run(id))
            : output.progress('asking', async () => await api.run(id)));
          output.result(run, (page) => {
            renderOne(page, run);
          });
          return;
        }
        if (flags.follow === true) throw new AppError('request-invalid', '--follow needs RUN: name one');
        const limit = Math.min(flags.limit, mostRuns);
        const list = await output.progress(
          'asking',
          async () => await api.runs({ limit, outcomes: 'false' }),
        );
        output.result(list, (page) => {
          renderList(page, list.runs);
        });
      });
    });
  addConnectionFlags(command);
  return command;
}

function renderOne(page: Page, run: SyncRun): void {
  renderRun(page, run, { instances: 'summary' });
  page.blank();
  page.fields([
    ['run', run.id],
    ['started', run.startedAt],
    ['by', run.actor],
    ['why', run.reason],
    ...(run.error === null ? [] : [['error', styled('red', run.error)] as const]),
  ]);
  if (run.problems.length > 0) {
    page.blank();
    page.heading('problems');
    renderProblems(page, run.problems);
  }
}

function renderList(page: Page, runs: readonly SyncRun[]): void {
  if (runs.length === 0) {
    page.line(styled('dim', 'no run yet'));
    return;
  }
  page.table(
    [
      { heading: 'STARTED' },
      { heading: 'RUN' },
      { heading: 'WHAT' },
      { heading: 'STATE' },
      { heading: 'TOOK', align: 'right' },
      { heading: 'BY', flexible: true },
      { heading: 'CHANGED', flexible: true },
    ],
    runs.map((run) => [
      styled('dim', run.startedAt),
      run.id,
      run.kind,
      runState(run),
      runTime(run),
      run.actor,
      countsText(run),
    ]),
  );
}

function countsText({ counts }: SyncRun): Span {
  const parts = (['created', 'changed', 'removed', 'quarantined'] as const)
    .filter((outcome) => counts[outcome] > 0)
    .map((outcome) => `${counts[outcome]} ${outcome}`);
  return parts.length === 0 ? styled('dim', `nothing of ${counts.instances}`) : parts.join(', ');
}
