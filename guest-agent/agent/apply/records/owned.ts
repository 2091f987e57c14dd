import { observeMachine } from '../../plan/machine.ts';
import { type Ownership, parseOwnership, printOwnership } from '../../plan/ownership.ts';
import { rootOwned, type Step } from '../../plan/step.ts';
import type { System } from '../../system/system.ts';

/** Where it is kept what is ours. */
export const ownedPath = '/var/lib/ubugi/owned.json';

/** What is ours so far. */
export function readOwnership(system: System): Ownership {
  return parseOwnership(observeMachine(system, { offline: true }).files.text(ownedPath));
}

/** The step that keeps what is ours; none if that is known already. */
export function ownershipSteps(owned: Ownership, system: System): readonly Step[] {
  return recordSteps(ownedPath, printOwnership(owned), system);
}

/** The step that replaces one of our own records; none if it says the same already. */
export function recordSteps(path: string, text: string, system: System): readonly Step[] {
  if (system.files.entry(path) !== undefined && system.files.readText(path) === text) return [];
  return [{ kind: 'file', path, text, attributes: rootOwned(0o600) }];
}
