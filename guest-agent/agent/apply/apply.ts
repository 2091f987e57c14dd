import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { Drive } from '../configuration/drive.ts';
import { type MachineOptions, observeMachine } from '../plan/machine.ts';
import type { Plan, ResourceName } from '../plan/plan.ts';
import { identityUnit, planMachine, withoutFailed } from '../plan/plan-machine.ts';
import type { Step } from '../plan/step.ts';
import { firstFailure, stopAtFailure, stoppedBy } from '../plan/stop.ts';
import { runScripts } from '../resources/scripts/scripts.ts';
import { messageOf, type System } from '../system/system.ts';
import { appliedPath, printApplied, readApplied } from './applied.ts';
import { applyBreakGlass, withBreakGlass } from './break-glass.ts';
import { runChecks } from './checker.ts';
import { withGenerated } from './generate.ts';
import { putAllHomeKeys } from './home-keys.ts';
import { runLiveActions } from './live.ts';
import { ownershipSteps, readOwnership, recordSteps } from './owned.ts';
import { ensureFolder } from './put-file.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import { resourceReports } from './resource-reports.ts';
import { commit } from './transaction.ts';

const lockWaitMs = 15_000;

/** What became of the resources. */
export interface ApplyResult {
  readonly resources: AgentReport['resources'];
  /** Why not all of them were looked at to the end. */
  readonly reason?: string;
  /** Lines of files that nobody is to see. */
  readonly secretLines: ReadonlySet<string>;
}

/** The plan of a drive for this machine as it is now. */
export function planDrive(
  { guest }: Drive,
  options: MachineOptions,
  system: System,
  recorder: Recorder = createRecorder(system.clock),
): Plan {
  const owned = readOwnership(system);
  const plan = planMachine({ guest, owned }, observeMachine(system, options), (resource, work) =>
    recorder.measure(resource, work),
  );
  return guest.onFailure === 'stop' ? stopAtFailure(plan, owned) : plan;
}

/**
 * Applies a drive: break-glass accounts first, then stage and check all, write all in one transaction, tell the running
 * system, run the scripts.
 */
export function applyDrive(drive: Drive, options: MachineOptions, system: System): ApplyResult {
  const lock = createAccountLock(system);
  const recorder = createRecorder(system.clock);
  const breakGlass = recorder.measure('accounts', () => applyBreakGlass(drive, options, lock, system));
  let plan = planDrive(drive, options, system, recorder);
  if (
    plan.resources.some((resource) => identityUnit.includes(resource.resource) && resource.steps.length > 0)
  ) {
    lock();
    // What was read before the lock may be old.
    plan = planDrive(drive, options, system, recorder);
  }
  const owned = readOwnership(system);
  plan = withGenerated(plan, recorder, system);
  const checked = withoutFailed(plan, failedChecks(plan, recorder, system), owned);
  const settled = drive.guest.onFailure === 'stop' ? stopAtFailure(checked, owned) : checked;
  const failure = tryCommit(settled, drive, recorder, system);
  const live =
    failure === undefined ? tellAll(settled, options, recorder, system) : new Map<ResourceName, string>();
  const reports = withBreakGlass(resourceReports(settled, { failure, live, recorder }), breakGlass);
  const cause = drive.guest.onFailure === 'stop' ? (firstFailure(settled) ?? firstOf(live)) : undefined;
  const kept = failure === undefined ? undefined : 'not run, because writing failed';
  const stopped = cause === undefined ? kept : stoppedBy(cause);
  return {
    resources: [...reports, scripts(drive, stopped, options, system)],
    secretLines: secretLinesOf(plan),
    ...(cause === undefined ? {} : { reason: `stopped, because ${cause} failed` }),
  };
}

/** Lines of the files that nobody is to see; short ones say nothing. */
function secretLinesOf({ resources }: Plan): ReadonlySet<string> {
  const texts = resources.flatMap(({ steps }) =>
    steps.flatMap((step) => (step.kind === 'file' && step.secret === true ? [step.text] : [])),
  );
  return new Set(
    texts.flatMap((text) => text.split('\n').map((line) => line.trim())).filter(({ length }) => length >= 8),
  );
}

/** What comes after the transaction. @returns what went wrong, by resource. */
function tellAll(
  plan: Plan,
  { offline }: MachineOptions,
  recorder: Recorder,
  system: System,
): ReadonlyMap<ResourceName, string> {
  const homes = recorder.measure('keys', () => putAllHomeKeys(plan, system));
  return offline ? homes : new Map([...runLiveActions(plan, system, recorder), ...homes]);
}

/** Tools that edit accounts take the same lock (lckpwdf(3)). It is held until the process ends. */
function createAccountLock(system: System): () => void {
  let held = false;
  return () => {
    if (!held) system.host.lock('/etc/.pwd.lock', lockWaitMs);
    held = true;
  };
}

function firstOf(problems: ReadonlyMap<ResourceName, string>): ResourceName | undefined {
  const [first] = problems.keys();
  return first;
}

/** Resources whose checks failed, each with the reason; a unit fails together. */
function failedChecks(plan: Plan, recorder: Recorder, system: System): ReadonlyMap<ResourceName, string> {
  const checks = plan.resources.flatMap((resource) =>
    resource.checks.map((check) => ({ check, resource: resource.resource })),
  );
  const failed = new Map<ResourceName, string>();
  if (checks.length === 0) return failed;
  const problems = runChecks(
    checks.map(({ check }) => check),
    system,
    (at, { durationMs, output }, isWrong) => {
      const resource = checks[at]?.resource;
      if (resource === undefined) return;
      recorder.spend(resource, durationMs ?? 0);
      if (isWrong) recorder.keep(resource, output);
    },
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
function tryCommit(
  plan: Plan,
  { manifest, manifestSha256 }: Drive,
  recorder: Recorder,
  system: System,
): string | undefined {
  const { instance, generation } = manifest;
  try {
    const applied = readApplied(system);
    const newest = Math.max(generation, applied?.instance === instance ? applied.newest : 0);
    // Our own records are in the same transaction.
    const steps: readonly Step[] = [
      ...plan.resources.flatMap((resource) => resource.steps),
      ...ownershipSteps(plan.owned, system),
      ...recordSteps(appliedPath, printApplied({ instance, generation, manifestSha256, newest }), system),
    ];
    if (steps.length > 0) ensureFolder('/var/lib/ubugi', 0o700, system);
    const owners = new Map(
      plan.resources.flatMap((resource) => resource.steps.map((step) => [step, resource.resource] as const)),
    );
    commit(steps, system, (step, write) => {
      const owner = owners.get(step);
      if (owner === undefined) write();
      else recorder.measure(owner, write);
    });
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** @param withheld why none is run. */
function scripts(
  drive: Drive,
  withheld: string | undefined,
  { offline }: MachineOptions,
  system: System,
): AgentReport['resources'][number] {
  const nothing = { resource: 'scripts', durationMs: 0, changes: [] } as const;
  if (drive.guest.scripts.length === 0) return { ...nothing, outcome: 'unchanged', changes: [] };
  if (withheld !== undefined) return { ...nothing, outcome: 'skipped', changes: [], message: withheld };
  if (offline)
    return { ...nothing, outcome: 'skipped', changes: [], message: 'offline: run at the next boot' };
  ensureFolder('/var/lib/ubugi', 0o700, system);
  return runScripts(drive, system);
}
