import type { MachineOptions } from '../plan/machine.ts';
import type { Plan, ResourceName } from '../plan/plan.ts';
import { identityUnit } from '../plan/plan-machine.ts';
import type { Step } from '../plan/step.ts';
import { messageOf, type System } from '../system/system.ts';
import { checkPlan } from './checker.ts';
import { putAllHomeKeys } from './home-keys.ts';
import { runLiveActions } from './live.ts';
import type { Recorder } from './recorder.ts';
import { ownershipSteps } from './records/owned.ts';
import { ensureFolder } from './transaction/put-file.ts';
import { commit } from './transaction/transaction.ts';

const lockWaitMs = 15_000;

/** Tools that edit accounts take the same lock (lckpwdf(3)). It is held until the process ends. */
export function createAccountLock(system: System): () => void {
  let held = false;
  return () => {
    if (!held) system.host.lock('/etc/.pwd.lock', lockWaitMs);
    held = true;
  };
}

/** Resources whose checks failed, each with the reason; a unit fails together. */
export function failedChecks(
  plan: Plan,
  recorder: Recorder,
  system: System,
): ReadonlyMap<ResourceName, string> {
  const failed = new Map(
    checkPlan(plan, system, (resource, { durationMs, output }, isWrong) => {
      recorder.spend(resource, durationMs ?? 0);
      if (isWrong) recorder.keep(resource, output);
    }),
  );
  const cause = identityUnit.find((name) => failed.has(name));
  if (cause !== undefined) {
    for (const name of identityUnit)
      if (!failed.has(name)) failed.set(name, `not changed, because ${cause} failed`);
  }
  return failed;
}

/** How a transaction ended. */
export interface Commit {
  /** Why nothing was written, if so. */
  readonly failure?: string;
  /** Why what was written lacks its labels (SELinux), if so. */
  readonly unlabelled?: string | undefined;
}

/** Writes the plan and our own records in one transaction. @param records steps of further records */
export function tryCommit(
  plan: Plan,
  records: () => readonly Step[],
  recorder: Recorder,
  system: System,
): Commit {
  try {
    // Our own records are in the same transaction.
    const steps: readonly Step[] = [
      ...plan.resources.flatMap((resource) => resource.steps),
      ...ownershipSteps(plan.owned, system),
      ...records(),
    ];
    if (steps.length > 0) ensureFolder('/var/lib/ubugi', 0o700, system);
    const owners = new Map(
      plan.resources.flatMap((resource) => resource.steps.map((step) => [step, resource.resource] as const)),
    );
    const unlabelled = commit(steps, system, (step, write) => {
      const owner = owners.get(step);
      if (owner === undefined) write();
      else recorder.measure(owner, write);
    });
    return { unlabelled };
  } catch (error) {
    return { failure: messageOf(error) };
  }
}

/** Nothing went wrong. */
export const noProblems: ReadonlyMap<ResourceName, string> = new Map();

/** What comes after the transaction. @returns what went wrong, by resource. */
export function tellAll(
  plan: Plan,
  unlabelled: string | undefined,
  { offline }: MachineOptions,
  recorder: Recorder,
  system: System,
): ReadonlyMap<ResourceName, string> {
  const homes = recorder.measure('keys', () => putAllHomeKeys(plan, system));
  const live = offline ? noProblems : runLiveActions(plan, system, recorder);
  // A file without its label may keep a service from reading it: the first resource that wrote stands for all.
  const first = plan.resources.find(({ steps }) => steps.length > 0)?.resource;
  const labels = unlabelled === undefined || first === undefined ? [] : [[first, unlabelled] as const];
  return new Map([...live, ...homes, ...labels]);
}

/** Lines of the files that nobody is to see; short ones say nothing. */
export function secretLinesOf({ resources }: Plan): ReadonlySet<string> {
  const texts = resources.flatMap(({ steps }) =>
    steps.flatMap((step) => (step.kind === 'file' && step.secret === true ? [step.text] : [])),
  );
  return new Set(
    texts.flatMap((text) => text.split('\n').map((line) => line.trim())).filter(({ length }) => length >= 8),
  );
}
