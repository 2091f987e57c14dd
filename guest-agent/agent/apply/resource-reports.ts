import type { Plan, ResourceName, ResourcePlan, ResourceReport } from '../plan/plan.ts';
import type { Recorder } from './recorder.ts';

/** What happened after planning. */
export interface Outcomes {
  /** Why nothing was written, if so. */
  readonly failure: string | undefined;
  /** What went wrong when the running system was told. */
  readonly live: ReadonlyMap<ResourceName, string>;
  /** Times and outputs of tools. */
  readonly recorder: Recorder;
}

/** The report of each resource. */
export function resourceReports(plan: Plan, outcomes: Outcomes): ResourceReport[] {
  const { recorder } = outcomes;
  return plan.resources.map((resource) => {
    const output = recorder.outputOf(resource.resource);
    const message = messageFor(resource, outcomes);
    return {
      resource: resource.resource,
      outcome: outcomeFor(resource, outcomes),
      durationMs: Math.round(recorder.timeOf(resource.resource) * 10) / 10,
      changes: outcomes.failure === undefined ? resource.changes.slice(0, 20_000) : [],
      ...(message === '' ? {} : { message }),
      ...(output === '' ? {} : { output }),
    };
  });
}

function outcomeFor(resource: ResourcePlan, { failure, live }: Outcomes): ResourceReport['outcome'] {
  const unwritten = failure !== undefined && resource.steps.length > 0;
  if (unwritten || resource.problems.length > 0 || live.has(resource.resource)) return 'failed';
  if (resource.skipped !== undefined) return 'skipped';
  return resource.changes.length > 0 && failure === undefined ? 'changed' : 'unchanged';
}

function messageFor(resource: ResourcePlan, { failure, live }: Outcomes): string {
  const unwritten = failure !== undefined && resource.steps.length > 0 ? [failure] : [];
  const told = live.get(resource.resource);
  const parts = [
    ...unwritten,
    ...resource.problems,
    ...(told === undefined ? [] : [told]),
    ...(resource.notes ?? []),
    ...(resource.skipped === undefined ? [] : [resource.skipped]),
  ];
  return parts.join('\n').slice(0, 2000);
}
