import type { GuestAccount } from '../../../../schemas/types/guest-configuration.ts';
import type { Machine } from '../../plan/machine.ts';
import { missingFolders } from '../../plan/missing-folders.ts';
import { type Change, PlanError } from '../../plan/plan.ts';
import { rootOwned, type Step } from '../../plan/step.ts';

/** Homes to be made. */
export interface Homes {
  readonly steps: readonly Step[];
  readonly changes: readonly Change[];
  readonly problems: readonly string[];
}

/** Homes that are not there yet. One that exists is the user's: it is never touched. */
export function planHomes(accounts: readonly GuestAccount[], machine: Machine): Homes {
  const steps: Step[] = [];
  const changes: Change[] = [];
  const problems: string[] = [];
  const planned = new Set<string>();
  for (const { name, home, uid, gid } of accounts) {
    if (/^\/(proc|sys|dev|run)(\/|$)/.test(home)) {
      throw new PlanError(`account ${name}: its home lies in a file system of the kernel; give it another`);
    }
    const entry = machine.files.entry(home);
    if (entry?.kind === 'folder') continue;
    if (entry !== undefined) {
      problems.push(`account ${name}: ${home} is there but is no folder; move it away`);
      continue;
    }
    steps.push(...missingFolders(home, machine.files, rootOwned(0o755), planned));
    planned.add(home);
    steps.push({ kind: 'home', path: home, attributes: { mode: 0o700, uid, gid } });
    changes.push({ action: 'create', target: home });
  }
  return { steps, changes, problems };
}
