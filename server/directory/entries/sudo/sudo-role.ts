import type { SudoCommand, SudoDefault } from '../../../../schemas/types/common.ts';
import type { Validators } from '../../../../schemas/validation/validator.ts';
import type { DirectorySudoRole } from '../../directory.ts';
import { sudoRoleAttributes } from '../attributes.ts';
import { type Check, type EntryReader, refused } from '../entry-reader.ts';
import { readLastChange } from '../last-change.ts';
import { expandMembers } from '../netgroups/member-list.ts';
import type { NetgroupExpansion } from '../netgroups/netgroup-expansion.ts';
import type { PosixChecks } from '../posix-checks.ts';
import { parseGeneralizedTime } from './generalized-time.ts';
import { sudoCommandCheck } from './sudo-command.ts';
import { sudoDefaultCheck } from './sudo-defaults.ts';
import { createSudoMemberChecks, type SudoMemberChecks } from './sudo-members.ts';
import { findConflict, mergeSettings, type SudoOption, sudoOptionCheck } from './sudo-option.ts';

/** Checks of sudoRole entries. Built once a directory. */
export interface SudoRoleChecks extends SudoMemberChecks {
  readonly command: Check<SudoCommand>;
  readonly option: Check<SudoOption>;
  /** Of `cn=defaults`. */
  readonly default: Check<SudoDefault>;
}

export function createSudoRoleChecks(
  validators: Pick<Validators, 'common'>,
  posix: PosixChecks,
): SudoRoleChecks {
  return {
    ...createSudoMemberChecks(validators, posix),
    command: sudoCommandCheck(validators.common<SudoCommand>('sudoCommand')),
    option: sudoOptionCheck(validators),
    default: sudoDefaultCheck(validators.common<SudoDefault>('sudoDefault')),
  };
}

/**
 * The rule that a sudoRole (sudoers.ldap(5)) stands for. Anything in it that is refused or cannot be said in
 * a guest's sudoers refuses the whole role: a part of it may grant more than all of it.
 */
export function readSudoRole(
  reader: EntryReader,
  checks: SudoRoleChecks,
  netgroups: NetgroupExpansion,
): DirectorySudoRole | undefined {
  reader.refuseOptions(sudoRoleAttributes);
  const name = reader.one('cn', roleName);
  const users = list(reader, 'sudoUser', checks.user);
  const hosts = list(reader, 'sudoHost', checks.host);
  const commands = sortedCommands(reader.many('sudoCommand', checks.command));
  const runAsUsers = readRunAsUsers(reader, checks);
  const runAsGroups =
    reader.count('sudoRunAsGroup') === 0 ? undefined : list(reader, 'sudoRunAsGroup', checks.runAsGroup);
  const options = reader.many('sudoOption', checks.option);
  const tags = [...new Set(options.flatMap((option) => (option.kind === 'tag' ? [option.tag] : [])))].sort();
  const merged = mergeSettings(
    options.flatMap((option) => (option.kind === 'setting' ? [option.setting] : [])),
  );
  const order = reader.optional('sudoOrder', parseOrder) ?? 0;
  // sudo takes the earliest start and the latest end of several.
  const notBefore = [...reader.many('sudoNotBefore', parseGeneralizedTime)].sort()[0];
  const notAfter = [...reader.many('sudoNotAfter', parseGeneralizedTime)].sort().at(-1);
  if (reader.problems.length > 0 || name === undefined) return undefined;

  refuseVoid(reader, 'sudoUser', users);
  refuseVoid(reader, 'sudoHost', hosts);
  refuseVoid(
    reader,
    'sudoCommand',
    commands.map((command) => (command.negated === true ? '!' : 'command')),
  );
  if (runAsUsers !== undefined && runAsUsers.length > 0) refuseVoid(reader, 'sudoRunAsUser', runAsUsers);
  if (runAsGroups !== undefined) refuseVoid(reader, 'sudoRunAsGroup', runAsGroups);
  const conflict = findConflict(tags);
  if (conflict !== undefined) {
    reader.refuse('sudoOption', `asks for ${conflict.join(' and ')} at once`, 'keep one of the two');
  }
  if (notBefore !== undefined && notAfter !== undefined && notAfter <= notBefore) {
    reader.refuse(
      'sudoNotAfter',
      'is not later than sudoNotBefore, so that the role is never valid',
      'correct it',
    );
  }
  if ('conflict' in merged) {
    reader.refuse('sudoOption', `gives ${merged.conflict} several values`, 'keep one of them');
  }
  const expandedUsers = expandMembers(reader, 'sudoUser', users, netgroups);
  const expandedHosts = expandMembers(reader, 'sudoHost', hosts, netgroups);
  if (reader.problems.length > 0 || 'conflict' in merged) return undefined;
  return {
    dn: reader.dn,
    name,
    users: expandedUsers,
    hosts: expandedHosts,
    commands,
    runAsUsers,
    runAsGroups,
    tags,
    ...merged.settings,
    order,
    notBefore,
    notAfter,
    ...readLastChange(reader),
  };
}

function roleName(text: string): ReturnType<Check<string>> {
  if (/^[A-Za-z0-9]([A-Za-z0-9 ._:/@=+-]{0,126}[A-Za-z0-9])?$/.test(text) && text !== 'ALL') {
    return { kind: 'ok', value: text };
  }
  return refused(
    'is not a name of letters, digits, blanks and ._:/@=+- of at most 128 characters',
    'rename the role',
  );
}

/** `sudoRunAs` is the older name of `sudoRunAsUser` and counts only where that is absent. */
function readRunAsUsers(reader: EntryReader, checks: SudoRoleChecks): readonly string[] | undefined {
  const attribute = reader.count('sudoRunAsUser') > 0 ? 'sudoRunAsUser' : 'sudoRunAs';
  if (reader.count(attribute) === 0) return undefined;
  const members = list(reader, attribute, checks.runAsUser);
  if (!members.includes('')) return members;
  if (members.length > 1) {
    reader.refuse(attribute, 'is empty and not empty at once', 'keep the empty value or the others');
  }
  return [];
}

/** Values in one order whatever the server's, negated ones last, where they win in sudoers(5). */
function list(reader: EntryReader, attribute: string, check: Check<string>): readonly string[] {
  const values = [...new Set(reader.many(attribute, check))].sort();
  return [
    ...values.filter((value) => !value.startsWith('!')),
    ...values.filter((value) => value.startsWith('!')),
  ];
}

function sortedCommands(commands: readonly SudoCommand[]): readonly SudoCommand[] {
  const key = (command: SudoCommand): string =>
    JSON.stringify([
      command.negated ?? false,
      command.command,
      command.arguments ?? null,
      command.digests ?? [],
    ]);
  const unique = new Map(commands.map((command) => [key(command), command]));
  // `[false` sorts before `[true`, so negated commands come last.
  return [...unique].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, command]) => command);
}

function refuseVoid(reader: EntryReader, attribute: string, values: readonly string[]): void {
  if (values.some((value) => !value.startsWith('!'))) return;
  reader.refuse(
    attribute,
    values.length === 0
      ? 'is missing, so that the role grants nothing'
      : 'only takes away, so that the role grants nothing',
    'add a value without !, or remove the role',
  );
}

function parseOrder(text: string): ReturnType<Check<number>> {
  if (!/^-?\d{1,9}(\.\d{1,6})?$/.test(text))
    return refused('is not a number', 'give a number such as 10 or 2.5');
  // No -0: it would be another content than 0.
  return { kind: 'ok', value: Number(text) + 0 };
}
