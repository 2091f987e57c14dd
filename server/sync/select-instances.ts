import type { RegenerateRequest } from '../../schemas/types/api.ts';
import { AppError } from '../domain/errors.ts';
import { type InstanceId, parseInstanceId } from '../domain/identifiers.ts';
import { printable } from '../domain/printable.ts';
import type { InstanceSelection, Store, StoredInstance } from '../store/store.ts';

const pageSize = 1000;

/**
 * The instance that an operator's word names: a UUID, or a name that only one present instance has.
 * Fails with `not-found` or `ambiguous-instance`, which lists the candidates.
 */
export async function resolveInstance(store: Store, reference: string): Promise<StoredInstance> {
  const id = parseInstanceId(reference);
  if (id !== undefined) {
    const instance = await store.instance(id);
    if (instance !== undefined) return instance;
  }
  // PostgreSQL fails on a text with NUL, and no name has one.
  const named = reference.includes('\0') ? [] : await store.instancesNamed(reference);
  const present = named.filter((instance) => instance.removedAt === null);
  const candidates = present.length > 0 ? present : named;
  const [only] = candidates;
  if (only === undefined) {
    throw new AppError(
      'not-found',
      `no instance ${printable(reference)}: list the known ones, or sync if it is new in the CMDB`,
    );
  }
  if (candidates.length > 1) {
    const ids = candidates.map((candidate) => candidate.id);
    throw new AppError(
      'ambiguous-instance',
      `${printable(reference)} is the name of ${ids.length} instances: use a UUID`,
      {
        details: { candidates: ids },
      },
    );
  }
  return only;
}

/** The instances that a regenerate request names, each once. */
export async function selectInstances(
  store: Store,
  request: Pick<RegenerateRequest, 'instances' | 'where' | 'all'>,
): Promise<readonly StoredInstance[]> {
  if (request.instances === undefined) return collect(store, request.where ?? {});
  const selected = new Map<InstanceId, StoredInstance>();
  for (const reference of request.instances) {
    const instance = await resolveInstance(store, reference);
    if (instance.removedAt !== null) {
      throw new AppError(
        'not-found',
        `instance ${instance.record.name} (${instance.id}) was removed from the CMDB at ${instance.removedAt}`,
      );
    }
    selected.set(instance.id, instance);
  }
  return [...selected.values()];
}

async function collect(store: Store, selection: InstanceSelection): Promise<readonly StoredInstance[]> {
  const instances: StoredInstance[] = [];
  let after: InstanceId | undefined;
  do {
    const page = await store.instances({ selection, after, limit: pageSize });
    instances.push(...page.instances);
    after = page.next ?? undefined;
  } while (after !== undefined);
  return instances;
}
