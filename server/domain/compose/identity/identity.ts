import type { RecordProblem } from '../../../../schemas/types/api.ts';
import type { GuestAccount, GuestGroup } from '../../../../schemas/types/guest-configuration.ts';
import { type GuestLine, identityLines } from '../../guest-lines.ts';
import type { PolicyDocument } from '../../policy-document.ts';
import { overridden } from '../choice.ts';
import { createPart, type GuestPart, type IdentityValue } from '../composition.ts';
import { compareText, type DirectoryIndex } from '../directory-index.ts';
import { createSourceBook, type SourceBook } from '../source-book.ts';
import { composeBreakGlass } from './break-glass.ts';
import { collectGrants, type Grant, type Grants, missingFromDirectory } from './grants.ts';
import { primaryGroup, supplementaryGroups } from './guest-groups.ts';
import { guestKeys } from './guest-keys.ts';

/** Accounts and groups of the guests to which the same rules apply; both sorted by name. */
export interface Identity {
  readonly part: GuestPart<IdentityValue>;
  /** Accounts and keys that policy gives but that cannot be, and names in rules that stand for nothing. */
  readonly problems: readonly RecordProblem[];
}

/** Rules of the policy that decide on a guest's accounts, by their places. */
export interface IdentityRules {
  readonly access: readonly number[];
  readonly breakGlass: readonly number[];
}

const fallbackShell = '/bin/sh';

/** Who gets an account, and the groups that come with it. */
export function composeIdentity(
  rules: IdentityRules,
  directory: DirectoryIndex,
  policy: PolicyDocument,
): Identity {
  const book = createSourceBook();
  const problems = [...missingFromDirectory(rules.access, directory, policy)];
  const breakGlass = composeBreakGlass(rules.breakGlass, policy, book);
  const groups = new Map<number, GuestGroup>(breakGlass.groups.map((group) => [group.gid, group]));
  const accounts: GuestAccount[] = [];
  const collected = collectGrants(rules.access, directory, policy);
  const grants = [...collected.grants.values()];
  grants.sort((a, b) => compareText(a.account.name, b.account.name));
  for (const grant of grants) {
    const objection = breakGlass.objection(grant.account, directory);
    if (objection !== undefined) {
      problems.push(objection);
      continue;
    }
    const primary = primaryGroup(grant.account, directory, book);
    if (primary.kind === 'missing') {
      problems.push(primary.problem);
      continue;
    }
    groups.set(primary.group.gid, primary.group);
    accounts.push(guestAccount(grant, directory, book, problems));
  }
  const supplementary = supplementaryGroups(accounts, directory, book, (group) =>
    breakGlass.groupObjection(group, directory),
  );
  problems.push(...supplementary.problems);
  for (const group of supplementary.groups) groups.set(group.gid, group);
  const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
    compareText(a.name, b.name);
  const value = {
    groups: [...groups.values()].sort(byName),
    accounts: [...accounts, ...breakGlass.accounts].sort(byName),
  };
  const lines = [...identityLines(value), ...deniedLines(collected.denials, value, directory, book)];
  return { part: createPart(value, book.lines(lines)), problems };
}

/** Who would be there if the directory had not locked them: no part of the guest, but of what explains it. */
function deniedLines(
  denials: Grants['denials'],
  { accounts }: IdentityValue,
  directory: DirectoryIndex,
  book: SourceBook,
): readonly GuestLine[] {
  const present = new Set(accounts.map(({ name }) => name));
  return [...denials]
    .filter(([name]) => !present.has(name))
    .sort(([one], [other]) => compareText(one, other))
    .map(([name, { account, sources }]) => {
      book.note('accounts', name, directory.source(account, account.attribute), ...sources);
      return { section: 'accounts', subject: name, value: `none: ${account.reason}` };
    });
}

function guestAccount(
  grant: Grant,
  directory: DirectoryIndex,
  book: SourceBook,
  problems: RecordProblem[],
): GuestAccount {
  const { account, shell, keyMode } = grant;
  book.note('accounts', account.name, directory.source(account, 'uid'), ...grant.sources);
  if (shell !== undefined) {
    book.note('accounts', account.name, ...shell.sources);
    if (account.shell !== undefined && account.shell !== shell.value) {
      book.note('accounts', account.name, overridden(directory.source(account, 'loginShell')));
    }
  }
  if (keyMode !== undefined) book.note('accounts', account.name, ...keyMode.sources);
  if (account.notAfterFrom !== undefined) {
    book.note('accounts', account.name, directory.source(account, account.notAfterFrom));
  }
  const extraGroups = [...grant.extraGroups].sort(compareText);
  return {
    name: account.name,
    uid: account.uid,
    gid: account.gid,
    gecos: account.gecos,
    home: account.home,
    shell: shell?.value ?? account.shell ?? fallbackShell,
    ...(extraGroups.length === 0 ? {} : { extraGroups }),
    ...(account.notAfter === undefined ? {} : { notAfter: account.notAfter }),
    ...(keyMode?.value === 'exclusive' ? { exclusiveKeys: true } : {}),
    keys: guestKeys(grant, directory, book, problems),
  };
}
