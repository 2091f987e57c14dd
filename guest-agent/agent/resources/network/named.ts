import type { Machine } from '../../plan/machine.ts';
import type { OwnedFile } from '../../plan/ownership.ts';
import { emptyPlan, type ResourcePlan } from '../../plan/plan.ts';
import { kernelNames } from './kernel-names.ts';
import { type Link, nameLinks } from './links.ts';

/**
 * Plan of a back end that knows links by name. In a root that does not run nobody can say which name a MAC address has; and
 * half a network is worse than the one before: with a problem nothing is changed.
 *
 * @param plan gets NICs by kernel name.
 */
export function planNamed(
  links: readonly Link[],
  owned: readonly OwnedFile[],
  machine: Machine,
  plan: (named: readonly Link[]) => ResourcePlan,
): ResourcePlan {
  const names = kernelNames(machine.files);
  const untouched: ResourcePlan = {
    ...emptyPlan('network'),
    owns: owned.filter((file) => file.resource === 'network').map((file) => file.path),
  };
  if (machine.offline && links.length > 0 && names.size === 0) {
    return {
      ...untouched,
      skipped: 'interfaces have names only while the kernel of the guest runs: done at the next boot',
    };
  }
  const named = nameLinks(links, names);
  return named.problems.length > 0 ? { ...untouched, problems: named.problems } : plan(named.links);
}
