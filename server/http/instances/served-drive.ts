import { currentDrive } from '../../domain/current-drive.ts';
import { replayedGuest } from '../../domain/replay/replayed-guest.ts';
import type { DriveIdentity, DriveVariant } from '../../drive/drive-builder.ts';
import type { StoredGeneration, StoredInstance } from '../../store/store.ts';
import type { AppPorts } from '../app-ports.ts';
import { findGeneration } from './stored-generation.ts';

/** All that the drive builder is asked for. */
export interface ServedDrive {
  readonly generation: StoredGeneration;
  readonly identity: DriveIdentity;
  readonly variant: DriveVariant;
}

/**
 * What is on the drive of an instance: of the generation with this number, or without one what hosts get now, which may
 * be a replay. Fails with `not-found`, saying why there is none.
 */
export async function servedDrive(
  { store, clock }: Pick<AppPorts, 'store' | 'clock'>,
  instance: StoredInstance,
  number: number | undefined,
): Promise<ServedDrive> {
  const { id, randomSeed, record, replay } = instance;
  const { availabilityZone, userData } = record;
  const generation = await findGeneration(store, instance, number);
  const current = number === undefined ? currentDrive(instance, clock.now()) : undefined;
  if (current?.kind !== 'replay' || replay === undefined) {
    const variant = await variantOf(store, instance, generation.number);
    return { generation, identity: { randomSeed, availabilityZone, userData }, variant };
  }
  const old = await findGeneration(store, instance, current.generation);
  const facts = await store.driveFacts(id, old.number);
  return {
    generation: {
      ...old,
      guest: replayedGuest(old.guest, generation.guest),
      // Its drive is valid as long from now on as policy says today.
      createdAt: replay.startedAt,
    },
    identity: { randomSeed, availabilityZone: facts.availabilityZone, userData: facts.userData },
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
