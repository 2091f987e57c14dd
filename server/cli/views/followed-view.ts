import type { FollowedInstance, RunProgress } from '../../../schemas/types/api.ts';
import { AppError } from '../../domain/errors.ts';
import type { Page } from '../output/page.ts';
import { type Style, styled } from '../output/span.ts';
import { counted } from './words.ts';

const shown = 100;
const styles: Readonly<Record<FollowedInstance['state'], Style>> = {
  waiting: 'yellow',
  attached: 'cyan',
  applied: 'green',
  failed: 'red',
  removed: 'dim',
};
const words: Readonly<Record<FollowedInstance['state'], string>> = {
  waiting: 'not attached',
  attached: 'attached, not applied',
  applied: 'applied',
  failed: 'failed',
  removed: 'removed',
};

/** `3 of 5 applied, 1 failed, 1 not attached`. */
export function followedText(counts: RunProgress['counts']): string {
  const others = (['failed', 'attached', 'waiting', 'removed'] as const)
    .filter((state) => counts[state] > 0)
    .map((state) => `${counts[state]} ${words[state]}`);
  return [`${counts.applied} of ${counts.total} applied`, ...others].join(', ');
}

/** How far the instances of a regenerate have come: those first that are not where they should be. */
export function renderFollowed(page: Page, { counts, instances }: RunProgress): void {
  page.blank();
  page.line(followedText(counts));
  const rest = instances.filter(({ state }) => state !== 'applied');
  const listed = (rest.length > 0 ? rest : instances).slice(0, shown);
  if (listed.length === 0) return;
  page.table(
    [
      { heading: 'INSTANCE', flexible: true },
      { heading: 'GENERATION', align: 'right' },
      { heading: 'STATE' },
      { heading: 'WHY', flexible: true },
    ],
    listed.map(({ name, generation, state, reason }) => [
      name,
      String(generation),
      styled(styles[state], words[state]),
      reason ?? '',
    ]),
  );
  const hidden = Math.max(rest.length, listed.length) - listed.length;
  if (hidden > 0) page.line(styled('dim', `… and ${counted(hidden, 'more instance')}; --json has all`));
}

/** Why a wait did not end well; undefined if it did. */
export function followedError(kind: 'done' | 'timed-out', { counts }: RunProgress): AppError | undefined {
  if (counts.failed > 0) {
    return new AppError(
      'internal',
      `${counted(counts.failed, 'instance')} of ${counts.total} failed: see the reasons above, and \`ubugi history INSTANCE\``,
    );
  }
  if (kind === 'done') return undefined;
  const open = counts.waiting + counts.attached;
  return new AppError(
    'timeout',
    `${counted(open, 'instance has', 'instances have')} not applied it in time: one that is off gets it at its next boot; \`ubugi list --pending\` shows them`,
  );
}
