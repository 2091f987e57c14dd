import type { SourceLine } from '../../../schemas/types/api.ts';
import {
  type Composition,
  createComposition,
  type GuestPart,
  type OwnPart,
  type PayloadValue,
} from './composition.ts';

/** The parts of an older generation that are kept while changes are held back. */
export interface HeldParts {
  readonly own: OwnPart;
  /** Where the lines of `own` came from. */
  readonly ownSources: () => readonly SourceLine[];
  readonly payload: GuestPart<PayloadValue>;
}

/**
 * What an instance gets while changes are held back: its own part and its files and scripts as they were, accounts,
 * groups and sudo rules as they are today. Rights are never held: who has lost access has lost it.
 * @param held undefined: nothing is held back
 */
export function holdBack(today: Composition, held: HeldParts | undefined): Composition {
  if (held === undefined) return today;
  const { identity, sudo } = today.parts;
  return createComposition(held.own, held.ownSources, { identity, sudo, payload: held.payload });
}
