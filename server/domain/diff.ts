import type { Change } from '../../schemas/types/api.ts';
import type { GuestConfiguration } from '../../schemas/types/guest-configuration.ts';
import { type GuestLine, guestLines, guestSections, linesByIdentity } from './guest-lines.ts';

/**
 * What changes from one guest configuration to another, line by line: removals and changes in the order of
 * `before`, then additions in the order of `after`, by section.
 * @param before undefined: there was none, everything is added
 * @param after undefined: there is none any more, everything is removed
 */
export function diffGuests(
  before: GuestConfiguration | undefined,
  after: GuestConfiguration | undefined,
): readonly Change[] {
  return diffLines(linesOf(before), linesOf(after));
}

/** The same for lines of whole sections. */
export function diffLines(before: readonly GuestLine[], after: readonly GuestLine[]): readonly Change[] {
  const old = linesByIdentity(before);
  const present = linesByIdentity(after);
  const changes: Change[] = [];
  for (const [identity, line] of old) {
    const now = present.get(identity);
    if (now === undefined) {
      changes.push({ action: 'remove', section: line.section, subject: line.subject, before: line.value });
    } else if (now.value !== line.value) {
      changes.push({
        action: 'change',
        section: line.section,
        subject: line.subject,
        before: line.value,
        after: now.value,
      });
    }
  }
  for (const [identity, line] of present) {
    if (!old.has(identity)) {
      changes.push({ action: 'add', section: line.section, subject: line.subject, after: line.value });
    }
  }
  return changes.sort((a, b) => guestSections.indexOf(a.section) - guestSections.indexOf(b.section));
}

function linesOf(guest: GuestConfiguration | undefined): readonly GuestLine[] {
  return guest === undefined ? [] : guestLines(guest);
}
