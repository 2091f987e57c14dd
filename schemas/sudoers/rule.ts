import { absolutePath, guard, guardInteger, RefusedValue } from '../rendering/guard.ts';
import type { SudoRule } from '../types/common.ts';
import { renderCommand } from './command.ts';

const member = /^!?(%?[a-z_][a-z0-9_-]{0,31}|%?#[0-9]{1,10}|ALL)$/;
const tagPairs: readonly (readonly [string, string])[] = [
  ['PASSWD', 'NOPASSWD'],
  ['SETENV', 'NOSETENV'],
  ['EXEC', 'NOEXEC'],
  ['INTERCEPT', 'NOINTERCEPT'],
  ['LOG_INPUT', 'NOLOG_INPUT'],
  ['LOG_OUTPUT', 'NOLOG_OUTPUT'],
  ['MAIL', 'NOMAIL'],
  ['FOLLOW', 'NOFOLLOW'],
];

/**
 * One rule as a comment and a line of sudoers(5). In a list the last match wins, so negated members go last: whoever is
 * named with `!` is out, whatever else the list says, as in LDAP.
 */
export function renderRule(rule: SudoRule): string {
  const users = list('sudo.rules[].users[]', rule.users);
  const positive = rule.commands.filter((command) => command.negated !== true);
  const negated = rule.commands.filter((command) => command.negated === true);
  if (users === '' || rule.commands.length === 0)
    throw new RefusedValue('sudo.rules[] has no users or no commands: void');
  const commands = [...positive, ...negated].map(renderCommand).join(', ');
  const role = rule.role.replaceAll(/[^A-Za-z0-9 ._@+-]/g, '?').slice(0, 100);
  return `# role ${role}\n${users} ALL = ${renderRunAs(rule)}${renderOptions(rule)}${renderTags(rule)}${commands}\n`;
}

/**
 * `(users : groups)`. Absent users are the default, root; with groups alone the invoking user keeps her own uid; an
 * empty list is the invoking user (sudoers(5), Runas_Spec).
 */
function renderRunAs({ runAsUsers, runAsGroups }: SudoRule): string {
  if (runAsUsers === undefined && runAsGroups === undefined) return '';
  const users = list('sudo.rules[].runAsUsers[]', runAsUsers ?? []);
  const groups = list('sudo.rules[].runAsGroups[]', runAsGroups ?? []);
  if (users === '' && groups === '') return '() ';
  return groups === '' ? `(${users}) ` : `(${users} : ${groups}) `;
}

function renderOptions(rule: SudoRule): string {
  const name = /^[a-z][a-z0-9_]{0,63}$/;
  const options: string[] = [];
  if (rule.selinuxRole !== undefined)
    options.push(`ROLE=${guard('sudo.rules[].selinuxRole', rule.selinuxRole, name)}`);
  if (rule.selinuxType !== undefined)
    options.push(`TYPE=${guard('sudo.rules[].selinuxType', rule.selinuxType, name)}`);
  if (rule.notBefore !== undefined) options.push(`NOTBEFORE=${time(rule.notBefore)}`);
  if (rule.notAfter !== undefined) options.push(`NOTAFTER=${time(rule.notAfter)}`);
  if (rule.timeoutSeconds !== undefined) {
    options.push(
      `TIMEOUT=${guardInteger('sudo.rules[].timeoutSeconds', rule.timeoutSeconds, 1, 31_536_000)}`,
    );
  }
  if (rule.cwd !== undefined) options.push(`CWD=${guard('sudo.rules[].cwd', rule.cwd, absolutePath)}`);
  if (rule.chroot !== undefined)
    options.push(`CHROOT=${guard('sudo.rules[].chroot', rule.chroot, absolutePath)}`);
  return options.map((option) => `${option} `).join('');
}

function renderTags({ tags = [] }: SudoRule): string {
  for (const pair of tagPairs) {
    if (pair.every((tag) => tags.some((given) => given === tag))) {
      throw new RefusedValue(`sudo.rules[].tags has both ${pair.join(' and ')}: keep one`);
    }
  }
  const known = new Set(tagPairs.flat());
  if (!tags.every((tag) => known.has(tag)))
    throw new RefusedValue('sudo.rules[].tags has an unknown tag: remove it');
  return tags.map((tag) => `${tag}: `).join('');
}

/** Members separated by commas, negated ones last. */
function list(what: string, members: readonly string[]): string {
  const safe = members.map((value) => guard(what, value, member));
  const negated = (value: string): boolean => value.startsWith('!');
  return [...safe.filter((value) => !negated(value)), ...safe.filter(negated)].join(', ');
}

/** `20260102030405Z`, from RFC 3339 in UTC; fractions of a second are cut. */
function time(timestamp: string): string {
  const allowed = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z$/;
  return `${guard('sudo.rules[].notBefore or notAfter', timestamp, allowed)
    .slice(0, 19)
    .replaceAll(/[^0-9]/g, '')}Z`;
}
