import type { RecordProblem } from '../../../../schemas/types/api.ts';
import type { GuestGroup } from '../../../../schemas/types/guest-configuration.ts';
import type { DirectoryAccount } from '../../../directory/directory.ts';
import { type GuestLine, identityLines } from '../../guest-lines.ts';
import type { PolicyDocument } from '../../policy-document.ts';
import { createIdentityPart, type HashedLine, hashLine, type IdentityPart } from '../composition.ts';
import { compareText, type DirectoryIndex } from '../directory-index.ts';
import { createMemo } from '../memo.ts';
import { createSourceBook } from '../source-book.ts';
import { accountPart, createAccountPieces, type DirectoryAccountPiece } from './account-pieces.ts';
import { composeBreakGlass } from './break-glass.ts';
import { createRuleGrants, missingFromDirectory, type RuleGrants } from './grants.ts';
import { createGroupLines, supplementaryGroups } from './guest-groups.ts';

/** Accounts and groups of the guests to which the same rules apply; both sorted by name. */
export interface Identity {
  readonly part: IdentityPart;
  /** Accounts and keys that policy gives but that cannot be, and names in rules that stand for nothing. */
  readonly problems: readonly RecordProblem[];
}

/** Rules of the policy that decide on a guest's accounts, by their places. */
export interface IdentityRules {
  readonly access: readonly number[];
  readonly breakGlass: readonly number[];
}

/** Tells who gets an account, and the groups that come with it, from one state of directory and policy. */
export function createIdentityComposer(
  directory: DirectoryIndex,
  policy: PolicyDocument,
): (rules: IdentityRules) => Identity {
  const ruleGrants = createRuleGrants(directory, policy);
  const accountPieces = createAccountPieces(directory, policy, ruleGrants);
  const groupLines = createGroupLines(directory);
  const missing = createMemo<readonly RecordProblem[]>();

  return (rules) => {
    const book = createSourceBook();
    const breakGlass = composeBreakGlass(rules.breakGlass, policy, book);
    const problems = rules.access.flatMap((rule) =>
      missing(String(rule), () => missingFromDirectory(rule, directory, policy)),
    );
    const pieces: DirectoryAccountPiece[] = [];
    const groups = new Map<number, GuestGroup>(breakGlass.groups.map((group) => [group.gid, group]));
    const primaryOf = new Map<number, DirectoryAccount>();
    for (const [name, places] of [...rulesByAccount(rules.access, ruleGrants)].sort(byFirst)) {
      const entry = directory.accounts.get(name);
      if (entry === undefined) continue;
      const objection = breakGlass.objection(entry, directory);
      if (objection !== undefined) {
        problems.push(objection);
        continue;
      }
      const piece = accountPieces(entry, places);
      const { primary } = piece;
      if (primary.kind === 'missing') {
        problems.push(primary.problem);
        continue;
      }
      problems.push(...piece.problems);
      pieces.push(piece);
      if (!primaryOf.has(primary.gid)) primaryOf.set(primary.gid, entry);
      groups.set(primary.gid, { name: primary.name, gid: primary.gid, members: [] });
    }
    const supplementary = supplementaryGroups(
      pieces.map(({ entry }) => entry.name),
      directory,
      (group) => breakGlass.groupObjection(group, directory),
    );
    problems.push(...supplementary.problems);
    for (const group of supplementary.groups.values()) groups.set(group.gid, group);

    const own = new Set(breakGlass.groups.map(({ gid }) => gid));
    const sortedGroups = [...groups.values()].sort((a, b) => compareText(a.name, b.name));
    const linesOf = (group: GuestGroup): readonly HashedLine[] =>
      own.has(group.gid)
        ? book.lines(identityLines({ groups: [group], accounts: [] })).map(hashLine)
        : [
            groupLines.group(group.name, group.gid, primaryOf.get(group.gid)),
            ...group.members.map((member) => groupLines.member(group.name, member)),
          ];
    const accounts = [
      ...pieces.map(({ part }) => part),
      ...breakGlass.accounts.map((account) => accountPart(account, book)),
    ].sort((a, b) => compareText(a.value.name, b.value.name));
    const denied = deniedLines(rules.access, ruleGrants, directory).filter(
      ({ line }) => !accounts.some(({ value }) => value.name === line.subject),
    );
    const lines = [...sortedGroups.flatMap(linesOf), ...denied];
    return { problems, part: createIdentityPart(sortedGroups, lines, accounts) };
  };
}

/** Who would be there if the directory had not locked them: no part of the guest, but of what explains it. */
function deniedLines(
  rules: readonly number[],
  ruleGrants: RuleGrants,
  directory: DirectoryIndex,
): readonly HashedLine[] {
  const book = createSourceBook();
  const lines = new Map<string, GuestLine>();
  for (const rule of rules) {
    for (const [name, sources] of ruleGrants(rule).denied) {
      const account = directory.disabled.get(name);
      if (account === undefined) continue;
      book.note('accounts', name, directory.source(account, account.attribute), ...sources);
      lines.set(name, { section: 'accounts', subject: name, value: `none: ${account.reason}` });
    }
  }
  return book.lines([...lines.values()].sort((a, b) => compareText(a.subject, b.subject))).map(hashLine);
}

/** The rules that give each account, by its name. */
function rulesByAccount(rules: readonly number[], ruleGrants: RuleGrants): ReadonlyMap<string, number[]> {
  const given = new Map<string, number[]>();
  for (const rule of rules) {
    for (const name of ruleGrants(rule).given.keys()) {
      const places = given.get(name);
      if (places === undefined) given.set(name, [rule]);
      else places.push(rule);
    }
  }
  return given;
}

function byFirst([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return compareText(a, b);
}
