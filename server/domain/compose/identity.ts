import type { RecordProblem, Source } from '../../../schemas/types/api.ts';
import type { GuestAccount, GuestGroup } from '../../../schemas/types/guest-configuration.ts';
import type { DirectoryAccount, DirectoryGroup } from '../../directory/directory.ts';
import { identityLines, keySubject, memberSubject } from '../guest-lines.ts';
import type { PolicyDocument } from '../policy-document.ts';
import { createPart, type GuestPart, type IdentityValue } from './composition.ts';
import { compareText, type DirectoryIndex } from './directory-index.ts';
import { policySource } from './policy-source.ts';
import { createSourceBook, type SourceBook } from './source-book.ts';

/** Accounts and groups of the guests to which the same access rules apply; both sorted by name. */
export interface Identity {
  readonly part: GuestPart<IdentityValue>;
  /** Accounts that policy gives but that cannot be made. */
  readonly problems: readonly RecordProblem[];
}

/** Why an account is given: the rules that give it, in order. */
interface Grant {
  readonly account: DirectoryAccount;
  shell: string | undefined;
  shellSource: Source | undefined;
  readonly extraGroups: Set<string>;
  readonly sources: Source[];
}

const fallbackShell = '/bin/sh';

/**
 * Who gets an account, and the groups that come with it.
 * @param rules places of the access rules that apply
 */
export function composeIdentity(
  rules: readonly number[],
  directory: DirectoryIndex,
  policy: PolicyDocument,
): Identity {
  const book = createSourceBook();
  const problems: RecordProblem[] = [];
  const groups = new Map<number, GuestGroup>();
  const accounts: GuestAccount[] = [];
  const grants = [...collectGrants(rules, directory, policy).values()];
  grants.sort((a, b) => compareText(a.account.name, b.account.name));
  for (const grant of grants) {
    const primary = primaryGroup(grant.account, directory, book);
    if (primary.kind === 'missing') {
      problems.push(primary.problem);
      continue;
    }
    groups.set(primary.group.gid, primary.group);
    accounts.push(guestAccount(grant, directory, book));
  }
  for (const group of supplementaryGroups(accounts, directory, book)) groups.set(group.gid, group);
  const value = { groups: [...groups.values()].sort((a, b) => compareText(a.name, b.name)), accounts };
  return { part: createPart(value, book.lines(identityLines(value))), problems };
}

function collectGrants(
  rules: readonly number[],
  directory: DirectoryIndex,
  policy: PolicyDocument,
): ReadonlyMap<string, Grant> {
  const grants = new Map<string, Grant>();
  for (const index of rules) {
    const rule = policy.policy.access?.[index];
    if (rule === undefined) continue;
    const ruleSource = policySource(policy, `/access/${index}`, rule.name);
    const give = (name: string, ...sources: readonly Source[]) => {
      const account = directory.accounts.get(name);
      if (account === undefined) return;
      let grant = grants.get(name);
      if (grant === undefined) {
        grant = { account, shell: undefined, shellSource: undefined, extraGroups: new Set(), sources: [] };
        grants.set(name, grant);
      }
      if (grant.shell === undefined && rule.shell !== undefined) {
        grant.shell = rule.shell;
        grant.shellSource = policySource(policy, `/access/${index}/shell`, rule.name);
      }
      for (const extra of rule.extraGroups ?? []) grant.extraGroups.add(extra);
      grant.sources.push(ruleSource, ...sources);
    };
    for (const name of rule.accounts ?? []) give(name);
    for (const groupName of rule.groups ?? []) {
      const group = directory.groups.get(groupName);
      for (const member of group?.members ?? []) {
        if (group !== undefined) give(member, ...memberSources(group, member, directory));
      }
    }
  }
  return grants;
}

function guestAccount(grant: Grant, directory: DirectoryIndex, book: SourceBook): GuestAccount {
  const { account } = grant;
  book.note('accounts', account.name, directory.source(account, 'uid'), ...grant.sources);
  if (grant.shellSource !== undefined) book.note('accounts', account.name, grant.shellSource);
  if (account.notAfterFrom !== undefined) {
    book.note('accounts', account.name, directory.source(account, account.notAfterFrom));
  }
  for (const key of account.keys) {
    book.note('keys', keySubject(account.name, key), directory.source(account, 'sshPublicKey'));
  }
  const extraGroups = [...grant.extraGroups].sort(compareText);
  return {
    name: account.name,
    uid: account.uid,
    gid: account.gid,
    gecos: account.gecos,
    home: account.home,
    shell: grant.shell ?? account.shell ?? fallbackShell,
    ...(extraGroups.length === 0 ? {} : { extraGroups }),
    ...(account.notAfter === undefined ? {} : { notAfter: account.notAfter }),
    keys: account.keys.map((key) => ({ ...key })),
  };
}

type PrimaryGroup =
  | { readonly kind: 'found'; readonly group: GuestGroup }
  | { readonly kind: 'missing'; readonly problem: RecordProblem };

/**
 * The group of the account's gidNumber. Where the directory has none and gidNumber equals uidNumber, it is the
 * user's private group of the same name, as useradd(8) makes it.
 */
function primaryGroup(account: DirectoryAccount, directory: DirectoryIndex, book: SourceBook): PrimaryGroup {
  const known = directory.groupByGid.get(account.gid);
  if (known !== undefined) {
    book.note(
      'groups',
      known.name,
      directory.source(known, 'gidNumber'),
      directory.source(account, 'gidNumber'),
    );
    return { kind: 'found', group: { name: known.name, gid: known.gid, members: [] } };
  }
  if (account.gid === account.uid && !directory.groups.has(account.name)) {
    book.note('groups', account.name, directory.source(account, 'gidNumber'));
    return { kind: 'found', group: { name: account.name, gid: account.gid, members: [] } };
  }
  const { name: source, record } = directory.source(account, 'gidNumber');
  return {
    kind: 'missing',
    problem: {
      source,
      record,
      field: 'gidNumber',
      message: `no posixGroup has gidNumber ${account.gid}, so the account cannot be made`,
      remedy: 'add the group to the directory or correct gidNumber',
    },
  };
}

/** Why an account is in a group: the group's entry, and that of the nested group which lists the account. */
function memberSources(group: DirectoryGroup, member: string, directory: DirectoryIndex): readonly Source[] {
  const source = directory.source(group, 'memberUid');
  const via = group.via?.get(member);
  if (via === undefined) return [source];
  // The change that the group tells of is not one of the nested group.
  const { lastChange: _, ...nested } = { ...group, dn: via };
  return [source, directory.source(nested, 'memberUid')];
}

/** Every group of the directory that an account of this guest is a member of, with just those members. */
function supplementaryGroups(
  accounts: readonly GuestAccount[],
  directory: DirectoryIndex,
  book: SourceBook,
): readonly GuestGroup[] {
  const groups = new Map<
    string,
    { readonly name: string; readonly gid: number; readonly members: string[] }
  >();
  for (const { name: member } of accounts) {
    for (const group of directory.groupsOfMember.get(member) ?? []) {
      let present = groups.get(group.name);
      if (present === undefined) {
        present = { name: group.name, gid: group.gid, members: [] };
        groups.set(group.name, present);
        book.note('groups', group.name, directory.source(group, 'gidNumber'));
      }
      present.members.push(member);
      book.note('groups', memberSubject(group.name, member), ...memberSources(group, member, directory));
    }
  }
  return [...groups.values()];
}
