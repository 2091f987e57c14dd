import { lstat } from 'node:fs/promises';
import type { Machine } from '../../adapters/machine-adapter.ts';
import { systemErrorCode } from '../../drive-files/read-regular-file.ts';
import type { KnownImage, TrackedInstance } from '../state/tracked-instance.ts';
import type { InstanceOptions, InstancePorts } from './instance-ports.ts';

/** The drive that a machine has at its path now, and what is wrong with it or its being the newest. */
export interface EnsuredDrive {
  readonly drive: KnownImage | undefined;
  /** Half a sentence. */
  readonly problem: string | undefined;
}

/**
 * Makes sure that the newest drive of an instance is on this host, and at the path of its machine if there is one.
 *
 * The hook may do the same for the same path at the same moment, and needs no lock against it: both take the decision of
 * `createAttachDrive`, so each puts there only what it verified and the server gave out; both place by rename, so that the
 * path holds the whole of one or the other, and QEMU keeps the file that it opened. Should the hook's drive be the older
 * one (it asked just before the server knew better) and come last, its file is another than the one that the daemon
 * knows: the next look, which the start itself brings about, sees it, places the newer one and swaps it in.
 */
export async function ensureDrive(
  tracked: TrackedInstance,
  machine: Machine | undefined,
  { keeper, attach, knownDrives, inspector, fetchLimit, clock, counters }: InstancePorts,
  { confirmMs, quietMs }: InstanceOptions,
): Promise<EnsuredDrive> {
  const { instance, told, fetched } = tracked;
  if (tracked.newest === null) return { drive: undefined, problem: undefined };
  const path = machine?.drive?.path;
  const inPlace = path === undefined ? fetched : await inspector.inspect(path, instance);
  // Remembered also where the hook has placed it: a machine that goes away no longer says where its drive lies.
  if (path !== undefined && inPlace !== undefined && path !== tracked.path)
    await keeper.update(instance, { path });
  const isRight = fetched !== undefined && inPlace?.sha256 === fetched.sha256;
  const isConfirmed = tracked.done >= told && !isOver(tracked.confirmedAt, confirmMs, clock.now());
  if (isRight && isConfirmed) return { drive: fetched, problem: undefined };
  const isBusy = path !== undefined && inPlace === undefined && !(await isQuiet(path, quietMs, clock.now()));
  if (isBusy) {
    return { drive: undefined, problem: `${path} is being written by somebody else, and is left alone` };
  }
  if (path !== undefined && inPlace === undefined && fetched !== undefined) counters.count('restored');

  const askedAt = clock.now();
  const { decision } = await fetchLimit(async () => attach(instance, path));
  if (decision.kind === 'missing') {
    counters.count('refusedDrives');
    return { drive: undefined, problem: `${decision.reason}; ${decision.remedy}` };
  }
  const { drive, confirmedAt, warning } = decision;
  const { generation, effective, sha256 } = drive;
  // Else it is the last known good one, because the server could not be asked or the path not written.
  const isCurrent = confirmedAt.getTime() >= askedAt.getTime();
  if (fetched?.sha256 !== sha256) counters.count('fetched');
  const notKept = await knownDrives
    .remember(instance, { generation: effective, sha256, confirmedAt }, drive.image)
    .then(() => undefined)
    .catch((error: unknown) => `its drive was not kept for later (${systemErrorCode(error)})`);
  await keeper.update(instance, {
    fetched: { generation, sha256 },
    ...(path === undefined ? {} : { path }),
    ...(isCurrent && notKept === undefined ? { done: told, confirmedAt: confirmedAt.toISOString() } : {}),
  });
  return { drive: { generation, sha256 }, problem: isCurrent ? notKept : warning };
}

/**
 * Whether nobody can be writing what lies at a path: nothing does, or it has not changed for so long. Nova writes its
 * config drive there bit by bit, and a rename over it would lose what only Nova knows.
 */
export async function isQuiet(path: string, milliseconds: number, now: Date): Promise<boolean> {
  const status = await lstat(path).catch(() => undefined);
  return status === undefined || Math.abs(now.getTime() - status.mtimeMs) >= milliseconds;
}

/** Whether a time is so long ago; one in the future, by a clock that was wrong, as well. */
export function isOver(time: string | undefined, milliseconds: number, now: Date): boolean {
  if (time === undefined) return true;
  const age = now.getTime() - new Date(time).getTime();
  return !(age >= 0 && age < milliseconds);
}
