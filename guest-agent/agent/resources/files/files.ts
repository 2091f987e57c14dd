import type { GuestFile } from '../../../../schemas/types/guest-configuration.ts';
import type { Machine } from '../../plan/machine.ts';
import { type Desired, emptyPlan, PlanError, type Resource } from '../../plan/plan.ts';
import { reconcileFiles, type WantedFile } from '../../plan/wanted-file.ts';
import { absolutePath, guard } from '../../rendering/guard.ts';
import { refusalOf } from './paths.ts';

/** The policy's extra files. One that was there before us is replaced, and stays when it is no longer wanted. */
export const files: Resource = {
  name: 'files',
  plan(desired, machine) {
    const wanted = desired.guest.files.map((file) => wantedFile(file, desired, machine));
    return { ...emptyPlan('files'), ...reconcileFiles('files', wanted, desired.owned.files, machine.files) };
  },
};

function wantedFile(file: GuestFile, { guest }: Desired, machine: Machine): WantedFile {
  const path = guard('files[].path', file.path, absolutePath);
  const refusal = refusalOf(path);
  if (refusal !== undefined) throw new PlanError(`file ${path}: ${refusal}; give it another path`);
  const mode = Number.parseInt(guard('files[].mode', file.mode, /^0[0-7]{3}$/), 8);
  const uid =
    guest.accounts.find((account) => account.name === file.owner)?.uid ??
    idOf('/etc/passwd', file.owner, machine);
  const gid =
    guest.groups.find((group) => group.name === file.group)?.gid ?? idOf('/etc/group', file.group, machine);
  if (uid === undefined || gid === undefined) {
    const missing = uid === undefined ? `account ${file.owner}` : `group ${file.group}`;
    throw new PlanError(`file ${path}: there is no ${missing}; add it or give the file another owner`);
  }
  const inHome = guest.accounts.some((account) => path.startsWith(`${account.home}/`));
  return {
    path,
    text: file.content,
    attributes: { mode, uid, gid },
    ours: 'if-made',
    ...(inHome ? { folders: { mode: 0o700, uid, gid } } : {}),
  };
}

function idOf(database: string, name: string, machine: Machine): number | undefined {
  const line = machine.files
    .text(database)
    ?.split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  return line === undefined ? undefined : Number(line.split(':')[2]);
}
