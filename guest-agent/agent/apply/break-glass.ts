import type { Drive } from '../configuration/drive.ts';
import { type MachineOptions, observeMachine } from '../plan/machine.ts';
import type { Change, Plan, ResourceName, ResourceReport } from '../plan/plan.ts';
import { planBreakGlass } from '../resources/identity/break-glass.ts';
import { messageOf, type System } from '../system/system.ts';
import { checkPlan } from './checker.ts';
import { putAllHomeKeys } from './home-keys.ts';
import { runLiveActions } from './live.ts';
import { ownershipSteps, readOwnership } from './records/owned.ts';
import { journalPath } from './transaction/journal.ts';
import { ensureFolder } from './transaction/put-file.ts';
import { commit } from './transaction/transaction.ts';

/** What was done for the break-glass accounts. */
export interface BreakGlassResult {
  readonly changes: readonly (readonly [ResourceName, Change])[];
  /** Why they are as they were before. */
  readonly problem?: string;
}

/**
 * Makes the break-glass accounts usable in a transaction of their own, before anything else is looked at. A part that
 * cannot be done, such as keys where sshd's own configuration is broken, does not keep back the others.
 *
 * Throws only where a failed transaction could not be taken back: another one must not begin then.
 *
 * @param lock takes the lock of the account files.
 */
export function applyBreakGlass(
  { guest }: Drive,
  options: MachineOptions,
  lock: () => void,
  system: System,
): BreakGlassResult {
  const plan = (): Plan | undefined =>
    planBreakGlass({ guest, owned: readOwnership(system) }, observeMachine(system, options));
  const isIdle = (planned: Plan | undefined): planned is undefined =>
    planned?.resources.every(({ steps, inHomes = [] }) => steps.length + inHomes.length === 0) ?? true;
  try {
    if (isIdle(plan())) return { changes: [] };
    lock();
    // What was read before the lock may be old.
    const planned = plan();
    return isIdle(planned) ? { changes: [] } : carryOut(planned, options, system);
  } catch (error) {
    if (system.files.entry(journalPath) !== undefined) throw error;
    return { changes: [], problem: messageOf(error) };
  }
}

/** The reports of the whole with what was done before it. */
export function withBreakGlass(
  reports: readonly ResourceReport[],
  { changes, problem }: BreakGlassResult,
): ResourceReport[] {
  return reports.map((report) => {
    const own = changes.filter(([resource]) => resource === report.resource).map(([, change]) => change);
    const failed = problem !== undefined && report.resource === 'accounts' && report.outcome === 'failed';
    return {
      ...report,
      outcome: report.outcome === 'unchanged' && own.length > 0 ? 'changed' : report.outcome,
      changes: [...own, ...report.changes].slice(0, 20_000),
      ...(failed
        ? { message: `break-glass accounts: ${problem}\n${report.message ?? ''}`.slice(0, 2000) }
        : {}),
    };
  });
}

function carryOut(plan: Plan, { offline }: { readonly offline: boolean }, system: System): BreakGlassResult {
  const failed = checkPlan(plan, system);
  const fatal = failed.get('groups') ?? failed.get('accounts');
  if (fatal !== undefined) return { changes: [], problem: fatal };
  const resources = plan.resources.filter(({ resource }) => !failed.has(resource));
  const before = new Set(readOwnership(system).files.map(({ path }) => path));
  const files = plan.owned.files.filter(({ path, resource }) => !failed.has(resource) || before.has(path));
  ensureFolder('/var/lib/ubugi', 0o700, system);
  const unlabelled = commit(
    [...resources.flatMap(({ steps }) => steps), ...ownershipSteps({ ...plan.owned, files }, system)],
    system,
  );
  const homes = putAllHomeKeys({ ...plan, resources }, system);
  if (!offline) runLiveActions({ ...plan, resources }, system);
  const [problem = unlabelled] = [...failed.values(), ...homes.values()];
  return {
    changes: resources.flatMap(({ resource, changes }) =>
      changes.map((change) => [resource, change] as const),
    ),
    ...(problem === undefined ? {} : { problem }),
  };
}
