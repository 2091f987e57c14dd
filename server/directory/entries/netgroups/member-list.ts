import type { EntryReader } from '../entry-reader.ts';
import type { NetgroupExpansion } from './netgroup-expansion.ts';

/**
 * A list of a sudoRole with the members of each `+netgroup` in its place, each value once. What a netgroup that is taken
 * away holds must be known to the last member, else the role is refused: it would grant more than it says.
 */
export function expandMembers(
  reader: EntryReader,
  attribute: 'sudoUser' | 'sudoHost',
  values: readonly string[],
  netgroups: NetgroupExpansion,
): readonly string[] {
  const of = attribute === 'sudoUser' ? 'user' : 'host';
  const expanded = values.flatMap((value) => {
    const [, negation, name] = /^(!?)\+(.*)$/.exec(value) ?? [];
    if (negation === undefined || name === undefined) return [value];
    const members = netgroups.members(name, of);
    if (members.kind !== 'found') {
      const [why, remedy] =
        members.kind === 'missing'
          ? (['is not in the directory', 'add it, correct the name, or check netgroupsBaseDn'] as const)
          : (['has too many members', 'split it'] as const);
      reader.refuse(attribute, `names the netgroup +${name}, which ${why}`, remedy);
      return [];
    }
    if (members.any && of === 'user') {
      reader.refuse(
        attribute,
        `names the netgroup +${name}, in which a triple without a user stands for everybody`,
        'write - in its place',
      );
    }
    if (negation === '!' && !members.complete) {
      reader.refuse(
        attribute,
        `takes away the netgroup +${name}, of which a part is refused or missing`,
        'correct the netgroup',
      );
    }
    return [...(members.any ? ['ALL'] : []), ...members.names].map((member) => `${negation}${member}`);
  });
  return [...new Set(expanded)];
}
