import { effectiveGeneration } from '../../../schemas/drive-format/manifest-text.ts';
import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { Drive } from '../configuration/drive.ts';
import { type Machine, type MachineOptions, observeMachine } from '../plan/machine.ts';
import type { Plan, ResourceName } from '../plan/plan.ts';
import { identityUnit, planMachine, withoutFailed } from '../plan/plan-machine.ts';
import type { Step } from '../plan/step.ts';
import { firstFailure, stopAtFailure, stoppedBy } from '../plan/stop.ts';
import { runScripts } from '../resources/scripts/scripts.ts';
import type { System } from '../system/system.ts';
import { applyBreakGlass, withBreakGlass } from './break-glass.ts';
import {
  createAccountLock,
  failedChecks,
  noProblems,
  secretLinesOf,
  tellAll,
  tryCommit,
} from './carry-out.ts';
import { withGenerated } from './generate.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import { appliedPath, printApplied, readApplied } from './records/applied.ts';
import { readOwnership, recordSteps } from './records/owned.ts';
import { resourceReports } from './resource-reports.ts';
import { ensureFolder } from './transaction/put-file.ts';

/** What nobody else writes while the lock of the account files is held. */
const lockedFiles = ['passwd', 'shadow', 'group', 'gshadow', 'subuid', 'subgid'].map(
  (name) => `/etc/${name}`,
);

/** What became of the resources. */
export interface ApplyResult {
  readonly resources: AgentReport['resources'];
  /** Why not all of them were looked at to the end. */
  readonly reason?: string;
  /** Lines of files that nobody is to see. */
  readonly secretLines: ReadonlySet<string>;
}

/** The plan of a drive for a machine as it is seen. */
export function planDrive(
  { guest }: Drive,
  machine: Machine,
  system: System,
  recorder: Recorder = createRecorder(system.clock),
): Plan {
  const owned = readOwnership(system);
  const plan = planMachine({ guest, owned }, machine, (resource, work) => recorder.measure(resource, work));
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
  const machine = observeMachine(system, options);
  let plan = planDrive(drive, machine, system, recorder);
  if (
    plan.resources.some((resource) => identityUnit.includes(resource.resource) && resource.steps.length > 0)
  ) {
    lock();
    // What was read before the lock may be old by now.
    const now = observeMachine(system, options);
    if (lockedFiles.some((path) => machine.files.text(path) !== now.files.text(path)))
      plan = planDrive(drive, now, system, recorder);
  }
  const owned = readOwnership(system);
  plan = withGenerated(plan, recorder, system);
  const checked = withoutFailed(plan, failedChecks(plan, recorder, system), owned);
  const settled = drive.guest.onFailure === 'stop' ? stopAtFailure(checked, owned) : checked;
  const { failure, unlabelled } = tryCommit(settled, () => appliedSteps(drive, system), recorder, system);
  const live = failure === undefined ? tellAll(settled, unlabelled, options, recorder, system) : noProblems;
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

function firstOf(problems: ReadonlyMap<ResourceName, string>): ResourceName | undefined {
  const [first] = problems.keys();
  return first;
}

/** The record of what was applied, in the same transaction. */
function appliedSteps({ manifest, manifestSha256 }: Drive, system: System): readonly Step[] {
  const { instance, generation } = manifest;
  const applied = readApplied(system);
  // A machine that was lost learns from its replay how far it had come: nothing between the two is taken afterwards.
  const effective = effectiveGeneration(manifest);
  const newest = Math.max(effective, applied?.instance === instance ? applied.newest : 0);
  return recordSteps(appliedPath, printApplied({ instance, generation, manifestSha256, newest }), system);
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
