import type { InstanceSummary } from '../../../schemas/types/api.ts';
import { type Span, styled } from '../output/span.ts';

/** A number of a generation, or a dash where there is none yet. */
export function generationNumber(generation: number | null): Span {
  return generation === null ? styled('dim', '-') : String(generation);
}

/** Whether the guest has what it should have. */
export function instanceState({ generation, removedAt, replay }: InstanceSummary): Span {
  if (removedAt !== null) return styled('dim', 'removed');
  if (replay !== undefined) return styled('yellow', `replaying ${replay.generation}`);
  if (generation.newest === null) return styled('dim', 'no generation');
  return generation.pending ? styled('yellow', 'pending') : styled('green', 'applied');
}
