import type { RecordProblem, Source } from '../../../../schemas/types/api.ts';
import type { GuestAccount, GuestGroup } from '../../../../schemas/types/guest-configuration.ts';
import type { BreakGlassAccount } from '../../../../schemas/types/policy.ts';
import type { DirectoryAccount, DirectoryGroup } from '../../../directory/directory.ts';
import { keySubject } from '../../guest-lines.ts';
import type { PolicyDocument } from '../../policy-document.ts';
import { overridden } from '../choice.ts';
import type { DirectoryIndex } from '../directory-index.ts';
import { policySource } from '../policy-source.ts';
import type { SourceBook } from '../source-book.ts';

/** The break-glass accounts of a guest, and what of the directory makes way for them. */
export interface BreakGlass {
  readonly accounts: readonly GuestAccount[];
  /** The group of each account's own. */
  readonly groups: readonly GuestGroup[];
  /** Why an account of the directory is left out, if it is. */
  objection(account: DirectoryAccount, directory: DirectoryIndex): RecordProblem | undefined;
  /** Why a group of the directory is left out, if it is. */
  groupObjection(group: DirectoryGroup, directory: DirectoryIndex): RecordProblem | undefined;
}

/** @param rules places of the break-glass rules that apply; of several for one name the first wins */
export function composeBreakGlass(
  rules: readonly number[],
  policy: PolicyDocument,
  book: SourceBook,
): BreakGlass {
  const chosen = new Map<string, { readonly rule: BreakGlassAccount; readonly index: number }>();
  for (const index of rules) {
    const rule = policy.policy.breakGlass?.[index];
    if (rule === undefined) continue;
    const source = policySource(policy, `/breakGlass/${index}`, `break-glass ${rule.name}`);
    const isFirst = !chosen.has(rule.name);
    if (isFirst) chosen.set(rule.name, { rule, index });
    book.note('accounts', rule.name, isFirst ? source : overridden(source));
    book.note('groups', rule.name, isFirst ? source : overridden(source));
  }
  const accounts = [...chosen.values()].map(({ rule, index }) => guestAccount(rule, index, policy, book));
  const groups = accounts.map(({ name, gid }) => ({ name, gid, members: [] }));

  return {
    accounts,
    groups,
    objection(account, directory) {
      for (const own of accounts) {
        const field = clashingField(account, directory.groupByGid.get(account.gid)?.name, own);
        if (field !== undefined) return clash(directory.source(account, field), 'account', own);
      }
      return undefined;
    },
    groupObjection(group, directory) {
      for (const own of accounts) {
        const field = group.name === own.name ? 'cn' : group.gid === own.gid ? 'gidNumber' : undefined;
        if (field !== undefined) return clash(directory.source(group, field), 'group', own);
      }
      return undefined;
    },
  };
}

function guestAccount(
  rule: BreakGlassAccount,
  index: number,
  policy: PolicyDocument,
  book: SourceBook,
): GuestAccount {
  const { name, uid, gid, gecos = '', home, shell } = rule;
  const keys = policy.parsed.breakGlassKeys[index] ?? [];
  const source = policySource(policy, `/breakGlass/${index}/keys`, `break-glass ${name}`);
  for (const key of keys) book.note('keys', keySubject(name, key), source);
  return { name, uid, gid, gecos, home, shell, breakGlass: true, keys: keys.map((key) => ({ ...key })) };
}

function clash({ name, record, field }: Source, kind: 'account' | 'group', own: GuestAccount): RecordProblem {
  return {
    source: name,
    record,
    field,
    message: `clashes with break-glass account ${own.name}, which wins: the directory's ${kind} is left out`,
    remedy: 'change one of the two',
  };
}

/** The attribute by which an account of the directory would get at a break-glass account. */
function clashingField(
  account: DirectoryAccount,
  groupName: string | undefined,
  own: GuestAccount,
): string | undefined {
  if (account.name === own.name) return 'uid';
  if (account.uid === own.uid) return 'uidNumber';
  if (account.gid === own.gid || groupName === own.name) return 'gidNumber';
  const apart =
    !`${account.home}/`.startsWith(`${own.home}/`) && !`${own.home}/`.startsWith(`${account.home}/`);
  return apart ? undefined : 'homeDirectory';
}
