import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { Drive } from '../configuration/drive.ts';
import { observeMachine } from '../plan/machine.ts';
import { parseOwnership, printOwnership } from '../plan/ownership.ts';
import type { Plan, ResourceName } from '../plan/plan.ts';
import { identityUnit, planMachine, withoutFailed } from '../plan/plan-machine.ts';
import { rootOwned, type Step } from '../plan/step.ts';
import { runScripts } from '../resources/scripts/scripts.ts';
import { messageOf, type System } from '../system/system.ts';
import { appliedPath, printApplied } from './applied.ts';
import { runChecks } from './checker.ts';
import { runLiveActions } from './live.ts';
import { ensureFolder } from './put-file.ts';
import { resourceReports } from './resource-reports.ts';
import { commit } from './transaction.ts';

const ownedPath = '/var/lib/ubugi/owned.json';
const lockWaitMs = 15_000;

/** How to apply. */
export interface ApplyOptions {
  /** The root is not that of a running system. */
  readonly offline: boolean;
}

/** The plan of a drive for this machine as it is now. */
export function planDrive(drive: Drive, options: ApplyOptions, system: System): Plan {
  const machine = observeMachine(system, options);
  return planMachine({ guest: drive.guest, owned: parseOwnership(machine.files.text(ownedPath)) }, machine);
}

/** Applies a drive: stage and check all, write all in one transaction, tell the running system, run the scripts. */
export function applyDrive(drive: Drive, options: ApplyOptions, system: System): AgentReport['resources'] {
  let plan = planDrive(drive, options, system);
  if (
    plan.resources.some((resource) => identityUnit.includes(resource.resource) && resource.steps.length > 0)
  ) {
    // Tools that edit accounts take the same lock (lckpwdf(3)); what was read before it may be old.
    system.host.lock('/etc/.pwd.lock', lockWaitMs);
    plan = planDrive(drive, options, system);
  }
  const owned = parseOwnership(observeMachine(system, options).files.text(ownedPath));
  const begin = system.clock.monotonic();
  const settled = withoutFailed(plan, failedChecks(plan, system), owned);
  const failure = tryCommit(settled, drive, system);
  const committedMs = system.clock.monotonic() - begin;
  const live =
    failure === undefined && !options.offline
      ? runLiveActions(settled, system)
      : new Map<ResourceName, string>();
  const reports = resourceReports(settled, { failure, live, committedMs });
  return [...reports, scripts(drive, failure, options, system)];
}

/** Resources whose checks failed, each with the reason; a unit fails together. */
function failedChecks(plan: Plan, system: System): ReadonlyMap<ResourceName, string> {
  const checks = plan.resources.flatMap((resource) =>
    resource.checks.map((check) => ({ check, resource: resource.resource })),
  );
  const failed = new Map<ResourceName, string>();
  if (checks.length === 0) return failed;
  const problems = runChecks(
    checks.map(({ check }) => check),
    system,
  );
  for (const [at, problem] of problems) {
    const resource = checks[at]?.resource;
    if (resource !== undefined && !failed.has(resource)) failed.set(resource, problem);
  }
  const cause = identityUnit.find((name) => failed.has(name));
  if (cause !== undefined) {
    for (const name of identityUnit)
      if (!failed.has(name)) failed.set(name, `not changed, because ${cause} failed`);
  }
  return failed;
}

/** @returns why nothing was written, if so. */
function tryCommit(plan: Plan, drive: Drive, system: System): string | undefined {
  try {
    const steps = [
      ...plan.resources.flatMap((resource) => resource.steps),
      ...stateSteps(plan, drive, system),
    ];
    if (steps.length > 0) ensureFolder('/var/lib/ubugi', 0o700, system);
    commit(steps, system);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** Our own records, in the same transaction. */
function stateSteps(plan: Plan, { manifest, manifestSha256 }: Drive, system: System): readonly Step[] {
  const records = [
    { path: ownedPath, text: printOwnership(plan.owned) },
    {
      path: appliedPath,
      text: printApplied({ instance: manifest.instance, generation: manifest.generation, manifestSha256 }),
    },
  ];
  return records
    .filter(
      ({ path, text }) => system.files.entry(path) === undefined || system.files.readText(path) !== text,
    )
    .map(({ path, text }): Step => ({ kind: 'file', path, text, attributes: rootOwned(0o600) }));
}

function scripts(
  drive: Drive,
  failure: string | undefined,
  { offline }: ApplyOptions,
  system: System,
): AgentReport['resources'][number] {
  const nothing = { resource: 'scripts', durationMs: 0, changes: [] } as const;
  if (drive.guest.scripts.length === 0) return { ...nothing, outcome: 'unchanged', changes: [] };
  if (failure !== undefined)
    return { ...nothing, outcome: 'skipped', changes: [], message: 'not run, because writing failed' };
  if (offline)
    return { ...nothing, outcome: 'skipped', changes: [], message: 'offline: run at the next boot' };
  ensureFolder('/var/lib/ubugi', 0o700, system);
  return runScripts(drive, system);
}
