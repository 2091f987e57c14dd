import { printable } from '../../domain/printable.ts';
import type { EntryChange } from '../directory.ts';
import { comparableDn } from './distinguished-name.ts';
import type { EntryReader } from './entry-reader.ts';
import { parseGeneralizedTime } from './sudo/generalized-time.ts';

const dnLimit = 256;

/**
 * The entry's newest change, as a property to spread: modifyTimestamp and modifiersName (RFC 4512, section 3.4), or
 * whenChanged of Active Directory, which does not tell who it was. Nothing where the server gives none, or one that is no
 * time: it is for people to read and decides nothing.
 */
export function readLastChange(reader: EntryReader): { readonly lastChange?: EntryChange } {
  const [text] = [...reader.texts('modifyTimestamp'), ...reader.texts('whenChanged')];
  const at = parseGeneralizedTime(text ?? '');
  if (at.kind === 'refused') return {};
  const [who = ''] = reader.texts('modifiersName');
  if (comparableDn(who) === undefined) return { lastChange: { at: at.value } };
  return { lastChange: { by: printable(who, dnLimit), at: at.value } };
}
