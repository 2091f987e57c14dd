import type { Ownership } from './ownership.ts';
import { emptyPlan, type Plan, type ResourceName, type ResourcePlan } from './plan.ts';
import { identityUnit } from './plan-machine.ts';

/** The first resource that cannot be done as wanted; `undefined` if all can. A unit counts where it begins. */
export function firstFailure({ resources }: Plan): ResourceName | undefined {
  const failed = resources.filter(({ problems }) => problems.length > 0);
  const place = (plan: ResourcePlan): number => placeOf(plan.resource, resources);
  const first = Math.min(...failed.map(place));
  return failed.find((plan) => place(plan) === first)?.resource;
}

/**
 * The plan up to the first failure: the resource that failed is not touched at all, nor its unit, nor what comes after.
 * What was theirs stays theirs.
 */
export function stopAtFailure(plan: Plan, owned: Ownership): Plan {
  const cause = firstFailure(plan);
  if (cause === undefined) return plan;
  const stop = placeOf(cause, plan.resources);
  const isApplied = (name: ResourceName): boolean => placeOf(name, plan.resources) < stop;
  const resources = plan.resources.map((resource): ResourcePlan => {
    if (isApplied(resource.resource)) return resource;
    const owns = owned.files.filter((file) => file.resource === resource.resource).map(({ path }) => path);
    const untouched = { ...emptyPlan(resource.resource), owns };
    return resource.problems.length > 0 && placeOf(resource.resource, plan.resources) === stop
      ? { ...untouched, problems: resource.problems }
      : { ...untouched, skipped: stoppedBy(cause) };
  });
  const identity = isApplied('groups');
  return {
    resources,
    owned: {
      files: resources.flatMap(({ resource, owns }) => owns.map((path) => ({ path, resource }))),
      groups: identity ? plan.owned.groups : owned.groups,
      accounts: identity ? plan.owned.accounts : owned.accounts,
    },
  };
}

/** What is said of everything that is left out. */
export function stoppedBy(cause: ResourceName): string {
  return `not applied, because ${cause} failed and policy says to stop then`;
}

function placeOf(name: ResourceName, resources: readonly ResourcePlan[]): number {
  const leader = identityUnit.includes(name) ? identityUnit[0] : name;
  return resources.findIndex(({ resource }) => resource === leader);
}
