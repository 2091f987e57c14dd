import type { SudoCommand } from '../../../schemas/types/common.ts';
import type { PolicySudoRule } from '../../../schemas/types/policy.ts';
import { sudoCommandCheck } from '../../directory/entries/sudo/sudo-command.ts';
import { findConflict } from '../../directory/entries/sudo/sudo-option.ts';
import type { Complain, PolicyChecks } from './parse-policy.ts';

/**
 * Commands of the policy's own sudo rules, which are written and checked as those of a sudoRole are
 * (sudoers.ldap(5)). Rules that grant nothing, never hold, or let in everybody unasked are problems.
 */
export function parseSudoCommands(
  rules: readonly PolicySudoRule[],
  { validators }: Pick<PolicyChecks, 'validators'>,
  complain: Complain,
): readonly (readonly SudoCommand[])[] {
  const check = sudoCommandCheck(validators.common<SudoCommand>('sudoCommand'));
  return rules.map((rule, index) => {
    const pointer = `/sudoRules/${index}`;
    checkMembers(rule, pointer, complain);
    checkTimes(rule, pointer, complain);
    const conflict = findConflict(rule.tags ?? []);
    if (conflict !== undefined) {
      complain(`${pointer}/tags`, `asks for ${conflict.join(' and ')} at once`, 'keep one of the two');
    }
    const commands: SudoCommand[] = [];
    for (const [place, text] of rule.commands.entries()) {
      const checked = check(text);
      if (checked.kind === 'ok') commands.push(checked.value);
      else
        complain(`${pointer}/commands/${place}`, checked.message, 'write it as in sudoCommand of a sudoRole');
    }
    if (rule.commands.every((text) => text.startsWith('!'))) refuseVoid(`${pointer}/commands`, complain);
    return [
      ...commands.filter(({ negated }) => negated !== true),
      ...commands.filter(({ negated }) => negated === true),
    ];
  });
}

function checkMembers(rule: PolicySudoRule, pointer: string, complain: Complain): void {
  for (const list of ['users', 'runAsUsers', 'runAsGroups'] as const) {
    if (rule[list]?.every((member) => member.startsWith('!')) === true) {
      refuseVoid(`${pointer}/${list}`, complain);
    }
  }
  const all = rule.users.indexOf('ALL');
  if (all >= 0 && rule.allowAllUsers !== true) {
    complain(
      `${pointer}/users/${all}`,
      'is everybody on the guest, its own accounts included',
      'name accounts or %groups, or add `allowAllUsers: true`',
    );
  }
}

function checkTimes({ notBefore, notAfter }: PolicySudoRule, pointer: string, complain: Complain): void {
  if (notBefore === undefined || notAfter === undefined) return;
  if (Date.parse(notAfter) > Date.parse(notBefore)) return;
  complain(`${pointer}/notAfter`, 'is not later than notBefore, so that the rule never holds', 'correct it');
}

function refuseVoid(pointer: string, complain: Complain): void {
  complain(
    pointer,
    'only takes away, so that the rule grants nothing',
    'add a value without !, or remove the rule',
  );
}
