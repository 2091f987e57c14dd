import { linkProblems } from '../../../schemas/network-links/link-problems.ts';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';

/** What no schema can say: names, ids, paths and addresses that must not come twice. @returns the first problem. */
export function inconsistencyOf(guest: GuestConfiguration): string | undefined {
  const { accounts, groups } = guest;
  return (
    twice(
      '/accounts',
      'name',
      accounts.map(({ name }) => name),
    ) ??
    twice(
      '/accounts',
      'uid',
      accounts.map(({ uid }) => uid),
    ) ??
    twice(
      '/groups',
      'name',
      groups.map(({ name }) => name),
    ) ??
    twice(
      '/groups',
      'gid',
      groups.map(({ gid }) => gid),
    ) ??
    twice(
      '/files',
      'path',
      guest.files.map(({ path }) => path),
    ) ??
    twice(
      '/scripts',
      'name',
      guest.scripts.map(({ name }) => name),
    ) ??
    linkInconsistency(guest.network)
  );
}

function linkInconsistency(network: GuestConfiguration['network']): string | undefined {
  const [first] = linkProblems(network);
  return first === undefined ? undefined : `/network${first.pointer} ${first.message}: ${first.remedy}`;
}

function twice(pointer: string, field: string, values: readonly (string | number)[]): string | undefined {
  const seen = new Set<string | number>();
  for (const [at, value] of values.entries()) {
    if (seen.has(value)) return `${pointer}/${at}/${field} comes twice: correct one of the two at its source`;
    seen.add(value);
  }
  return undefined;
}
