import { dns } from '../resources/dns/dns.ts';
import { files } from '../resources/files/files.ts';
import { hostname } from '../resources/hostname/hostname.ts';
import { planIdentity } from '../resources/identity/identity.ts';
import { network } from '../resources/network/network.ts';
import { ntp } from '../resources/ntp/ntp.ts';
import { messageOf } from '../system/system.ts';
import type { Machine } from './machine.ts';
import type { Ownership } from './ownership.ts';
import {
  type Desired,
  emptyPlan,
  type Plan,
  PlanError,
  type Resource,
  type ResourceName,
  type ResourcePlan,
} from './plan.ts';

/** Resources that fail or succeed together. */
export const identityUnit: readonly ResourceName[] = ['groups', 'accounts', 'keys', 'sudoers'];

/**
 * What has to be done to this machine, resource by resource. Pure but for the reads of the machine's view.
 *
 * @param around does the planning of each resource, so that it can be timed; groups, accounts, keys and sudoers are planned
 * together and count as accounts.
 */
export function planMachine(
  desired: Desired,
  machine: Machine,
  around: <T>(resource: ResourceName, work: () => T) => T = (_, work) => work(),
): Plan {
  const plan = (resource: Resource): ResourcePlan =>
    around(resource.name, () => planOne(resource, desired, machine));
  const before = [hostname, network, dns, ntp].map(plan);
  const identity = around('accounts', () => identityOrFailure(desired, machine));
  const after = plan(files);
  const [groups, accounts, keys, sudoers] = identity.resources;
  const resources = [...before, groups, accounts, keys, after, sudoers].filter((plan) => plan !== undefined);
  return {
    resources,
    owned: {
      files: resources.flatMap((plan) => plan.owns.map((path) => ({ path, resource: plan.resource }))),
      groups: identity.groups,
      accounts: identity.accounts,
    },
  };
}

/** The plan without what failed: those resources do nothing, and what was theirs stays theirs. */
export function withoutFailed(plan: Plan, failed: ReadonlyMap<ResourceName, string>, owned: Ownership): Plan {
  const identityFailed = identityUnit.some((name) => failed.has(name));
  const resources = plan.resources.map((resource) => {
    const reason = failed.get(resource.resource);
    return reason === undefined ? resource : failedPlan(resource.resource, reason, owned);
  });
  return {
    resources,
    owned: {
      files: resources.flatMap((resource) =>
        resource.owns.map((path) => ({ path, resource: resource.resource })),
      ),
      groups: identityFailed ? owned.groups : plan.owned.groups,
      accounts: identityFailed ? owned.accounts : plan.owned.accounts,
    },
  };
}

function planOne(resource: Resource, desired: Desired, machine: Machine): ResourcePlan {
  try {
    return resource.plan(desired, machine);
  } catch (error) {
    return failedPlan(resource.name, reasonOf(error), desired.owned);
  }
}

function identityOrFailure(desired: Desired, machine: Machine): ReturnType<typeof planIdentity> {
  try {
    return planIdentity(desired, machine);
  } catch (error) {
    const reason = reasonOf(error);
    return {
      resources: identityUnit.map((name) => failedPlan(name, reason, desired.owned)),
      groups: desired.owned.groups,
      accounts: desired.owned.accounts,
    };
  }
}

function failedPlan(resource: ResourceName, reason: string, owned: Ownership): ResourcePlan {
  const owns = owned.files.filter((file) => file.resource === resource).map((file) => file.path);
  return { ...emptyPlan(resource), owns, problems: [reason] };
}

/** A refusal is meant to be read; anything else is a fault, whose message names the call and the path. */
function reasonOf(error: unknown): string {
  return error instanceof PlanError ? error.message : `cannot be planned: ${messageOf(error)}`;
}
