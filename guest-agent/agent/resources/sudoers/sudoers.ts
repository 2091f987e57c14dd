import {
  breakGlassName,
  divideRules,
  fragmentFolder,
  ordinaryName,
  renderBreakGlass,
  renderSudoers,
} from '../../../../schemas/sudoers/fragments.ts';
import type { SudoRule } from '../../../../schemas/types/common.ts';
import type { Machine } from '../../plan/machine.ts';
import { type Desired, emptyPlan, PlanError, type ResourcePlan } from '../../plan/plan.ts';
import { rootOwned } from '../../plan/step.ts';
import { reconcileFiles } from '../../plan/wanted-file.ts';
import { withinValidity } from './rule-validity.ts';
import { type Fragment, fragmentCheck, mainFile, readsFolder, wholeTreeCheck } from './visudo-check.ts';

/** Names that clashed with something of the guest's own. */
export interface RefusedNames {
  readonly accounts: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
}

/** All rules in one file, those of break-glass accounts in another; both written last of all. */
export function planSudoers(
  refused: RefusedNames,
  { guest, owned }: Desired,
  machine: Machine,
): ResourcePlan {
  const divided = divideRules(guest);
  const rules = withoutRefused(divided.ordinary, refused).map((rule) => withinValidity(rule, guest.accounts));
  const breakGlass = withoutRefused(divided.breakGlass, refused);
  const { defaults = [] } = guest.sudo;
  const fragments: readonly Fragment[] = [
    ...(rules.length + defaults.length === 0
      ? []
      : [{ name: ordinaryName, text: renderSudoers(rules, defaults) }]),
    ...(breakGlass.length === 0 ? [] : [{ name: breakGlassName, text: renderBreakGlass(breakGlass) }]),
  ];
  const plan = planFragments(fragments, { guest, owned }, machine);
  const counts = new Map([
    [ordinaryName, rules.length],
    [breakGlassName, breakGlass.length],
  ]);
  return {
    ...plan,
    changes: plan.changes.map((change) =>
      change.action === 'remove'
        ? change
        : { ...change, detail: `${counts.get(change.target.slice(fragmentFolder.length + 1)) ?? 0} rules` },
    ),
  };
}

/** The file of the break-glass accounts alone, checked by itself: it must not wait for the rest of the tree. */
export function planBreakGlassSudoers(
  refused: RefusedNames,
  { guest }: Pick<Desired, 'guest'>,
  machine: Machine,
): ResourcePlan {
  const rules = withoutRefused(divideRules(guest).breakGlass, refused);
  const visudo = machine.program('visudo');
  const mainText = machine.files.text(mainFile);
  if (rules.length === 0 || visudo === undefined || mainText === undefined || !readsFolder(mainText)) {
    return emptyPlan('sudoers');
  }
  const fragment = { name: breakGlassName, text: renderBreakGlass(rules) };
  const files = reconcileFiles('sudoers', [wantedFile(fragment)], [], machine.files);
  return {
    ...emptyPlan('sudoers'),
    ...files,
    changes: files.changes.map((change) => ({ ...change, detail: `${rules.length} rules` })),
    checks: files.steps.length === 0 ? [] : [fragmentCheck(visudo, fragment)],
  };
}

function planFragments(fragments: readonly Fragment[], { owned }: Desired, machine: Machine): ResourcePlan {
  const visudo = machine.program('visudo');
  const mainText = machine.files.text(mainFile);
  if (visudo === undefined || mainText === undefined) {
    const without = { ...emptyPlan('sudoers'), ...reconcileFiles('sudoers', [], owned.files, machine.files) };
    return fragments.length === 0
      ? without
      : { ...without, skipped: 'sudo is not installed: rules will be written once it is' };
  }
  if (fragments.length > 0 && !readsFolder(mainText)) {
    throw new PlanError(
      `${mainFile} does not read ${fragmentFolder}: add the line \`@includedir ${fragmentFolder}\``,
    );
  }
  const files = reconcileFiles('sudoers', fragments.map(wantedFile), owned.files, machine.files);
  const written = files.steps.some((step) => step.kind === 'file');
  return {
    ...emptyPlan('sudoers'),
    ...files,
    checks: written
      ? [wholeTreeCheck(visudo, mainText, fragments, [ordinaryName, breakGlassName], machine)]
      : [],
  };
}

function wantedFile({ name, text }: Fragment) {
  return { path: `${fragmentFolder}/${name}`, text, attributes: rootOwned(0o440), ours: true } as const;
}

/** A rule for an account that was refused would go to the guest's own account of that name: such names are left out. */
function withoutRefused(rules: readonly SudoRule[], refused: RefusedNames): readonly SudoRule[] {
  return rules.flatMap((rule) => {
    const users = rule.users.filter((user) =>
      user.startsWith('%') ? !refused.groups.has(user.slice(1)) : !refused.accounts.has(user),
    );
    return users.some((user) => !user.startsWith('!')) ? [{ ...rule, users }] : [];
  });
}
