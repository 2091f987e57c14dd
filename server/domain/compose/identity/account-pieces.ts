import type { RecordProblem } from '../../../../schemas/types/api.ts';
import type { GuestAccount } from '../../../../schemas/types/guest-configuration.ts';
import type { DirectoryAccount } from '../../../directory/directory.ts';
import { identityLines } from '../../guest-lines.ts';
import type { PolicyDocument } from '../../policy-document.ts';
import { overridden } from '../choice.ts';
import { createPart, type GuestPart } from '../composition.ts';
import { compareText, type DirectoryIndex } from '../directory-index.ts';
import { createMemo } from '../memo.ts';
import { createSourceBook, type SourceBook } from '../source-book.ts';
import { collectGrant, type Grant, type RuleGrants } from './grants.ts';
import { type PrimaryGroup, primaryGroup } from './guest-groups.ts';
import { guestKeys } from './guest-keys.ts';

/** An account of the directory as it is on a guest. */
export interface DirectoryAccountPiece {
  readonly part: GuestPart<GuestAccount>;
  readonly entry: DirectoryAccount;
  readonly primary: PrimaryGroup;
  /** Keys that are left out. */
  readonly problems: readonly RecordProblem[];
}

const fallbackShell = '/bin/sh';

/**
 * Gives the accounts of one state of directory and policy. What rules give an account decides on how it is, so it is
 * made once for all guests to which the same of them apply.
 */
export function createAccountPieces(
  directory: DirectoryIndex,
  policy: PolicyDocument,
  ruleGrants: RuleGrants,
): (entry: DirectoryAccount, rules: readonly number[]) => DirectoryAccountPiece {
  const known = createMemo<DirectoryAccountPiece>();
  return (entry, rules) =>
    known(`${entry.name}\0${rules.join()}`, () => {
      const book = createSourceBook();
      const problems: RecordProblem[] = [];
      const grant = collectGrant(entry, rules, ruleGrants, policy);
      const account = guestAccount(grant, directory, book, problems);
      return {
        part: accountPart(account, book),
        entry,
        problems,
        primary: primaryGroup(entry, directory),
      };
    });
}

/** An account with the sources that the book has of it. */
export function accountPart(account: GuestAccount, book: SourceBook): GuestPart<GuestAccount> {
  return createPart(account, book.lines(identityLines({ groups: [], accounts: [account] })));
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
