import type { Replay, ReplayOutcome, ReplayReport } from '../../../schemas/types/api.ts';
import type { ReplayEnd } from '../follow-replays.ts';
import type { Page } from '../output/page.ts';
import { type Span, styled } from '../output/span.ts';
import { countChanges, renderChanges } from './changes-view.ts';

/** What became of each instance, and how its drive differs from the generation as it was. */
export function renderReplays(
  page: Page,
  { outcomes }: ReplayReport,
  ends: readonly ReplayEnd[] | undefined,
): void {
  if (outcomes.length === 0) {
    page.line(styled('dim', 'no instance is chosen'));
    return;
  }
  const ended = new Map(ends?.map((end) => [end.instance, end]));
  for (const outcome of outcomes) {
    page.line(styled('bold', outcome.name), '  ', state(outcome, ended.get(outcome.instance)));
    if (outcome.changes.length === 0) continue;
    page.line(
      styled('dim', `  as it was in generation ${outcome.generation}, but ${countChanges(outcome.changes)}:`),
    );
    renderChanges(page, outcome.changes, { indent: 2 });
  }
}

/** The last replay of an instance as `show` has it. */
export function replayText({ generation, until, attachedAt, endedAt, outcome }: Replay): Span {
  if (endedAt === null) {
    const attached = attachedAt === null ? 'not attached yet' : `attached at ${attachedAt}`;
    return styled('yellow', `generation ${generation} is replayed until ${until}, ${attached}`);
  }
  return `generation ${generation}, ${outcome ?? 'ended'} at ${endedAt}`;
}

function state({ outcome, generation, newest, until, problem }: ReplayOutcome, end?: ReplayEnd): Span {
  switch (outcome) {
    case 'refused':
      return styled('red', `not replayed: ${problem ?? ''}`);
    case 'foreseen':
      return `would get generation ${generation}, then ${newest ?? 'none'}`;
    case 'cancelled':
      return `the replay of generation ${generation} is taken back`;
    case 'started':
      if (end !== undefined)
        return styled(
          end.outcome === 'applied' ? 'green' : 'red',
          `generation ${generation} ${end.outcome} at ${end.endedAt}`,
        );
      return `gets generation ${generation}, then ${newest ?? 'none'}; until ${until ?? ''} at the latest`;
  }
}
