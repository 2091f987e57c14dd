import type { SudoRule } from '../../../../schemas/types/common.ts';
import type { Machine } from '../../plan/machine.ts';
import { type Check, type Desired, emptyPlan, PlanError, type ResourcePlan } from '../../plan/plan.ts';
import { rootOwned } from '../../plan/step.ts';
import { reconcileFiles } from '../../plan/wanted-file.ts';
import { renderRule } from './rule.ts';

const main = '/etc/sudoers';
const folder = '/etc/sudoers.d';
const path = `${folder}/ubugi`;

/** Names that clashed with something of the guest's own. */
export interface RefusedNames {
  readonly accounts: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
}

/** All rules in one file, written last of all. */
export function planSudoers(
  refused: RefusedNames,
  { guest, owned }: Desired,
  machine: Machine,
): ResourcePlan {
  const rules = guest.sudo.rules
    .map((rule) => withoutRefused(rule, refused))
    .filter((rule) => rule !== undefined);
  const visudo = machine.program('visudo');
  const mainText = machine.files.text(main);
  if (visudo === undefined || mainText === undefined) {
    const without = { ...emptyPlan('sudoers'), ...reconcileFiles('sudoers', [], owned.files, machine.files) };
    return rules.length === 0
      ? without
      : { ...without, skipped: 'sudo is not installed: rules will be written once it is' };
  }
  if (rules.length > 0 && !/^[#@]includedir\s+"?\/etc\/sudoers\.d\/?"?\s*$/m.test(mainText)) {
    throw new PlanError(`${main} does not read ${folder}: add the line \`@includedir ${folder}\``);
  }
  const text = renderSudoers(rules);
  const wanted = rules.length === 0 ? [] : [{ path, text, attributes: rootOwned(0o440), ours: true }];
  const files = reconcileFiles('sudoers', wanted, owned.files, machine.files);
  const written = files.steps.some((step) => step.kind === 'file');
  return {
    ...emptyPlan('sudoers'),
    ...files,
    changes: files.changes.map((change) =>
      change.action === 'remove' ? change : { ...change, detail: `${rules.length} rules` },
    ),
    checks: written ? [visudoCheck(visudo, mainText, text, machine)] : [],
  };
}

/** The whole file. */
export function renderSudoers(rules: readonly SudoRule[]): string {
  return `# Written by Ubugi from the directory and the policy. Changes made here are lost.\n${rules
    .map(renderRule)
    .join('')}`;
}

/** A rule for an account that was refused would go to the guest's own account of that name: such names are left out. */
function withoutRefused(rule: SudoRule, refused: RefusedNames): SudoRule | undefined {
  const users = rule.users.filter((user) =>
    user.startsWith('%') ? !refused.groups.has(user.slice(1)) : !refused.accounts.has(user),
  );
  if (!users.some((user) => !user.startsWith('!'))) return undefined;
  return { ...rule, users };
}

/** `visudo -cf` over a copy of the whole tree: fragments that pass alone can clash together. */
function visudoCheck(visudo: string, mainText: string, text: string, machine: Machine): Check {
  const others = machine.files
    .list(folder)
    .filter((name) => !/[.]|~$/.test(name) && name !== 'ubugi')
    .map((name) => ({ name: `sudoers.d-${name}`, text: machine.files.text(`${folder}/${name}`) ?? '' }));
  const fragments = [...others, { name: 'sudoers.d-ubugi', text }].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    what: `visudo on ${path}`,
    stage: (at) => [
      ...fragments,
      {
        name: 'sudoers',
        text: mainText.replaceAll(
          /^[#@]includedir\s+"?\/etc\/sudoers\.d\/?"?\s*$/gm,
          fragments.map(({ name }) => `@include ${at}/${name}`).join('\n'),
        ),
      },
    ],
    argv: (at) => [visudo, '-c', '-f', `${at}/sudoers`],
    judge: ({ status, output }) =>
      status === 0 ? undefined : output.trim().slice(0, 500) || `ended with status ${status}`,
  };
}
