import { currentDrive } from '../../domain/current-drive.ts';
import { replayedGuest } from '../../domain/replay/replayed-guest.ts';
import type { DriveIdentity, DriveVariant } from '../../drive/drive-builder.ts';
import type { BaseDrive } from '../../store/ports/base-drives.ts';
import type { StoredGeneration, StoredInstance } from '../../store/store.ts';
import type { AppPorts } from '../app-ports.ts';
import { findGeneration } from './stored-generation.ts';

/** All that the drive builder is asked for. */
export interface ServedDrive {
  readonly generation: StoredGeneration;
  readonly identity: DriveIdentity;
  readonly variant: DriveVariant;
}

/** Which drive is asked for. */
export interface DriveWish {
  /** Of the generation; absent: what hosts get now. */
  readonly number?: number | undefined;
  /** Nova's files that it is built on, or which of those that are recorded; the newest of a boot if absent. */
  readonly base?: BaseDrive | 'newest' | 'rescue' | undefined;
}

/**
 * What is on the drive of an instance: of the generation with this number, or without one what hosts get now, which may
 * be a replay, with what Nova made at first. Fails with `not-found`, saying why there is none.
 */
export async function servedDrive(
  { store, clock }: Pick<AppPorts, 'store' | 'clock'>,
  instance: StoredInstance,
  { number, base: wanted = 'newest' }: DriveWish,
): Promise<ServedDrive> {
  const { id, randomSeed, record, replay } = instance;
  const { availabilityZone, userData } = record;
  const generation = await findGeneration(store, instance, number);
  // What a rescue boots from is another disk.
  const isBoot = number === undefined && wanted !== 'rescue';
  const current = isBoot ? currentDrive(instance, clock.now()) : undefined;
  if (current?.kind !== 'replay' || replay === undefined) {
    const variant = await variantOf(store, instance, generation.number);
    const base = typeof wanted === 'string' ? await store.baseDrive(id, wanted) : wanted;
    return { generation, identity: { randomSeed, availabilityZone, userData, base }, variant };
  }
  const old = await findGeneration(store, instance, current.generation);
  const [facts, first] = await Promise.all([store.driveFacts(id, old.number), store.baseDrive(id, 'first')]);
  // One that is the first that was ever seen is recorded when its drive has been built.
  const base = first ?? (typeof wanted === 'string' ? undefined : wanted);
  return {
    generation: {
      ...old,
      guest: replayedGuest(old.guest, generation.guest),
      // Its drive is valid as long from now on as policy says today.
      createdAt: replay.startedAt,
    },
    identity: { randomSeed, availabilityZone: facts.availabilityZone, userData: facts.userData, base },
    variant: { ...(await variantOf(store, instance, old.number)), supersedes: generation.number },
  };
}

/** Only a machine that was lost has lost the token that follows. */
async function variantOf(
  store: AppPorts['store'],
  { id, replay }: StoredInstance,
  generation: number,
): Promise<DriveVariant> {
  return replay === undefined ? {} : { reportCounter: await store.firstReportCounter(id, generation) };
}
