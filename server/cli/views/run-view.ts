import type { InstanceOutcome, SyncRun } from '../../../schemas/types/api.ts';
import type { Page } from '../output/page.ts';
import { type Span, type Style, styled } from '../output/span.ts';
import { countChanges, renderChanges } from './changes-view.ts';
import { renderEffects } from './effects-view.ts';
import { generationNumber } from './generation-view.ts';
import { progressText } from './progress-text.ts';
import { counted, duration } from './words.ts';

const outcomeStyles: Readonly<Record<InstanceOutcome['outcome'], Style>> = {
  created: 'green',
  changed: 'yellow',
  unchanged: 'dim',
  removed: 'red',
  quarantined: 'red',
};

/** Instances that are shown with every difference, or as a line each. */
const mostInstances = { changes: 100, summary: 25 } as const;

/** A run in words: how it ended, how long each part took, what changed over all instances, then instance by instance. */
export function renderRun(
  page: Page,
  run: SyncRun,
  /** `changes`: every difference of every instance; `summary`: how many there are; `none`: no instances. */
  options: { readonly instances: 'changes' | 'summary' | 'none' },
): void {
  renderVerdict(page, run);
  const { created, changed, removed, quarantined } = run.counts;
  // Of one instance the lines below say the same, and new instances gain all that they have.
  const isNews = changed + removed > 0 && created + changed + removed > 1;
  if (run.effects.length > 0 && (options.instances === 'none' || isNews)) {
    page.blank();
    page.heading(run.dryRun ? 'what would change over all instances' : 'what changed over all instances');
    renderEffects(page, run.effects);
  }
  if (options.instances === 'none') return;
  const shown = run.outcomes.slice(0, mostInstances[options.instances]);
  if (options.instances === 'changes') {
    for (const outcome of shown) renderOutcome(page, outcome, run.dryRun);
  } else if (shown.length > 0) {
    renderOutcomes(page, shown);
  }
  const hidden = created + changed + removed + quarantined - shown.length;
  if (hidden > 0) {
    page.line(styled('dim', `… and ${counted(hidden, 'more instance')}; --json has the first 1000`));
  }
}

/** The state of a run, coloured. */
export function runState({ state }: Pick<SyncRun, 'state'>): Span {
  if (state === 'running') return styled('cyan', state);
  return styled(
    state === 'succeeded' ? 'green' : 'red',
    state === 'stopped-by-guard' ? 'stopped by the guard' : state,
  );
}

/** From start to end; empty while it runs. */
export function runTime({ startedAt, finishedAt }: Pick<SyncRun, 'startedAt' | 'finishedAt'>): string {
  return finishedAt === null ? '' : duration(Date.parse(finishedAt) - Date.parse(startedAt));
}

function renderVerdict(page: Page, run: SyncRun): void {
  const { counts } = run;
  const parts = (['created', 'changed', 'unchanged', 'removed', 'quarantined'] as const)
    .filter((outcome) => counts[outcome] > 0)
    .map((outcome) => `${counts[outcome]} ${outcome}`);
  page.line(
    run.kind === 'policy-trial' ? 'policy trial ' : `${run.kind} `,
    runState(run),
    `${run.finishedAt === null ? '' : ` in ${runTime(run)}`}: ${[counted(counts.instances, 'instance'), ...parts].join(', ')}`,
  );
  const details = detailTexts(run);
  if (details.length > 0) page.line(styled('dim', `  ${details.join('; ')}`));
  if (run.dryRun) page.line(styled('yellow', 'dry run: nothing was changed'));
}

const readings: Readonly<Record<NonNullable<SyncRun['reading']>, string>> = {
  whole: 'CMDB read whole',
  changes: 'CMDB read for what changed',
  selection: 'CMDB read for these instances',
  none: 'records of the last sync',
};

function detailTexts({ reading, durations, policyVersion, progress }: SyncRun): readonly string[] {
  const phases = (['fetch', 'plan', 'commit'] as const).flatMap((phase) => {
    const milliseconds = durations[phase];
    return milliseconds === null ? [] : [`${phase} ${duration(milliseconds)}`];
  });
  return [
    ...(reading === null ? [] : [readings[reading]]),
    ...(phases.length === 0 ? [] : [phases.join(', ')]),
    ...(policyVersion === null ? [] : [`policy ${policyVersion.slice(0, 12)}`]),
    ...(progress === undefined ? [] : [progressText({ progress })]),
  ];
}

function renderOutcomes(page: Page, outcomes: readonly InstanceOutcome[]): void {
  page.blank();
  page.table(
    [
      { heading: 'INSTANCE', flexible: true },
      { heading: 'OUTCOME' },
      { heading: 'GENERATION', align: 'right' },
      { heading: 'CHANGES' },
    ],
    outcomes.map((outcome) => [
      outcome.name,
      styled(outcomeStyles[outcome.outcome], outcome.outcome),
      generationNumber(outcome.generation),
      countChanges(outcome.changes),
    ]),
  );
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
