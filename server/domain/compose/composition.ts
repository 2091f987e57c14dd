import type { SourceLine } from '../../../schemas/types/api.ts';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';

/** An operator's script as it goes to `ubugi/scripts/NAME`. */
export interface ScriptFile {
  readonly name: string;
  readonly content: string;
}

/** What composing instance, directory and policy gives: all that a drive is built from, and why it is so. */
export interface Composition {
  readonly guest: GuestConfiguration;
  /** The content of `guest.scripts`, in the same order. */
  readonly scripts: readonly ScriptFile[];
  /** Where every line of the guest configuration came from. */
  readonly sources: readonly SourceLine[];
}
