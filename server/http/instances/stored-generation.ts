import { AppError } from '../../domain/errors.ts';
import type { Store, StoredGeneration, StoredInstance } from '../../store/store.ts';

/** A generation of an instance, the newest if no number is given. Fails with `not-found`, saying why there is none. */
export async function findGeneration(
  store: Store,
  instance: StoredInstance,
  number: number | undefined,
): Promise<StoredGeneration> {
  const found =
    number === undefined
      ? await store.newestGeneration(instance.id)
      : await store.generation(instance.id, number);
  if (found !== undefined) return found;
  const subject = `instance ${instance.record.name} (${instance.id})`;
  if (instance.newest !== null) {
    throw new AppError(
      'not-found',
      `${subject} has no generation ${number ?? ''}; its newest is ${instance.newest}`,
    );
  }
  if (instance.quarantine.length > 0) {
    throw new AppError(
      'not-found',
      `${subject} has no generation yet: its record is refused; correct the CMDB and sync`,
      {
        details: { problems: instance.quarantine },
      },
    );
  }
  throw new AppError('not-found', `${subject} has no generation yet; sync to make one`);
}
