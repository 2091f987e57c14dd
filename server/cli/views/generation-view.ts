import type { GenerationState, Hold, InstanceSummary } from '../../../schemas/types/api.ts';
import { type Span, type Style, styled } from '../output/span.ts';

/** A number of a generation, or a dash where there is none yet. */
export function generationNumber(generation: number | null): Span {
  return generation === null ? styled('dim', '-') : String(generation);
}

const words: Readonly<Record<GenerationState['state'], readonly [style: Style, text: string]>> = {
  current: ['green', 'applied'],
  failed: ['red', 'failed'],
  'not-attached': ['yellow', 'not attached'],
  'not-applied': ['yellow', 'not applied'],
  none: ['dim', 'no generation'],
};

/** Whether the guest has what it should have. */
export function instanceState({ generation, removedAt, held, replay }: InstanceSummary): Span {
  if (removedAt !== null) return styled('dim', 'removed');
  if (replay !== undefined) return styled('yellow', `replaying ${replay.generation}`);
  const [style, text] = words[generation.state];
  return styled(style, held === undefined ? text : `${text}, held`);
}

/** Who holds what back, and why. */
export function holdText({ by, generation, rollout, actor, reason, since }: Hold): string {
  const what =
    by === 'rollout'
      ? `waits in rollout ${rollout ?? ''} with network, files and scripts of generation ${generation}`
      : `network, files and scripts are those of generation ${generation} until a plain regenerate-drive`;
  return `${what}: by ${actor} since ${since}: ${reason}`;
}
