import type { Rollout, RolloutInstance } from '../../../schemas/types/api.ts';
import { AppError } from '../../domain/errors.ts';
import type { Page } from '../output/page.ts';
import { type Span, type Style, styled } from '../output/span.ts';
import { generationNumber } from './generation-view.ts';
import { counted } from './words.ts';

const stateStyles: Readonly<Record<Rollout['state'], Style>> = {
  running: 'cyan',
  halted: 'red',
  finished: 'green',
  cancelled: 'yellow',
  'rolled-back': 'yellow',
};
const instanceStyles: Readonly<Record<RolloutInstance['state'], Style>> = {
  waiting: 'dim',
  'under-way': 'cyan',
  applied: 'green',
  unchanged: 'dim',
  failed: 'red',
  silent: 'red',
  skipped: 'yellow',
  released: 'dim',
};
const order = [
  'applied',
  'unchanged',
  'under-way',
  'failed',
  'silent',
  'skipped',
  'waiting',
  'released',
] as const;

/** The state, coloured. */
export function rolloutState({ state }: Pick<Rollout, 'state'>): Span {
  return styled(stateStyles[state], state);
}

/** `stage 2 of 5: 12 applied, 3 under way, 85 waiting`. */
export function rolloutText({ state, stage, counts }: Rollout): string {
  const at = state === 'running' ? `stage ${stage.number} of ${stage.of}` : state;
  return `${at}: ${countsText(counts)}`;
}

/** What has become of its instances. */
export function countsText(counts: Rollout['counts']): string {
  const parts = order.filter((state) => counts[state] > 0).map((state) => `${counts[state]} ${words(state)}`);
  return parts.length === 0 ? counted(counts.total, 'instance') : parts.join(', ');
}

/** A rollout, and those of its instances that one has to look at. */
export function renderRollout(page: Page, rollout: Rollout, instances: readonly RolloutInstance[]): void {
  const { id, actor, reason, createdAt, finishedAt, settings, stage, counts, halt, problem } = rollout;
  page.line(styled('bold', `rollout ${id}`), '  ', rolloutState(rollout));
  page.fields([
    ['stage', `${stage.number} of ${stage.of}`],
    ['instances', `${counts.total}: ${countsText(counts)}`],
    ['canary', settings.canary === 0 ? 'none' : String(settings.canary)],
    ['batch', settings.batch === null ? 'all at once' : String(settings.batch)],
    ['halts', `at ${settings.haltAfter} failures; a stage waits ${settings.batchTimeoutSeconds} s`],
    ['started', createdAt],
    ['by', actor],
    ['why', reason],
    ...(finishedAt === null ? [] : [['ended', finishedAt] as const]),
    ...(halt === null ? [] : [['halted', styled('red', `${halt.at}: ${halt.reason}`)] as const]),
    ...(problem === null
      ? []
      : [
          [
            'problem',
            styled('yellow', `since ${problem.since}: ${problem.error}; it is tried again`),
          ] as const,
        ]),
  ]);
  if (instances.length > 0) {
    page.blank();
    page.table(
      [
        { heading: 'INSTANCE', flexible: true },
        { heading: 'STAGE', align: 'right' },
        { heading: 'GENERATION', align: 'right' },
        { heading: 'STATE' },
        { heading: 'WHY', flexible: true },
      ],
      instances.map((one) => [
        one.name,
        String(one.stage),
        generationNumber(one.generation),
        styled(instanceStyles[one.state], words(one.state)),
        one.reason ?? '',
      ]),
    );
  }
  if (rollout.state !== 'halted') return;
  page.blank();
  page.line(`go on: ubugi rollout resume ${id}; go back: ubugi rollout rollback ${id}`);
}

/** Why following a rollout did not end well; undefined if it did. */
export function rolloutError(kind: 'done' | 'timed-out', rollout: Rollout): AppError | undefined {
  const { id, state, halt, counts } = rollout;
  if (kind === 'timed-out') {
    return new AppError(
      'timeout',
      `rollout ${id} is not over yet and goes on: \`ubugi rollout show ${id} --wait\` follows it`,
    );
  }
  if (state === 'halted') {
    return new AppError('internal', `rollout ${id} has halted: ${halt?.reason ?? 'it does not say why'}`);
  }
  if (state !== 'finished') return new AppError('internal', `rollout ${id} is ${state}`);
  const failed = counts.failed + counts.silent;
  if (failed === 0) return undefined;
  return new AppError('internal', `rollout ${id} is finished; ${counted(failed, 'instance')} failed`);
}

function words(state: RolloutInstance['state']): string {
  return state === 'under-way' ? 'under way' : state;
}
