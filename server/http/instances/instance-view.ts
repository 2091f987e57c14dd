import type { GenerationSummary, InstanceDetail, InstanceSummary } from '../../../schemas/types/api.ts';
import { inexpressible } from '../../domain/cloud-config/inexpressible.ts';
import type { GenerationHeader, StoredGeneration, StoredInstance } from '../../store/store.ts';

/** An instance as lists show it. */
export function instanceSummary(instance: StoredInstance): InstanceSummary {
  const { id, record, newest, attached, applied, removedAt, replay } = instance;
  const { project, owner, site, hypervisor } = record;
  return {
    id,
    name: record.name,
    osFamily: record.osFamily,
    ...(project === undefined ? {} : { project }),
    ...(owner === undefined ? {} : { owner }),
    ...(site === undefined ? {} : { site }),
    ...(hypervisor === undefined ? {} : { hypervisor }),
    tags: record.tags,
    generation: { newest, attached, applied, pending: newest !== null && newest !== applied },
    removedAt,
    ...(replay === undefined || replay.endedAt !== null
      ? {}
      : { replay: { generation: replay.generation, until: replay.until } }),
  };
}

/** A generation as lists show it. */
export function generationSummary(header: GenerationHeader): GenerationSummary {
  const { number, createdAt, actor, reason, contentSha256 } = header;
  return { number, createdAt, actor, reason, contentSha256 };
}

/** What a generation's guest does not get, where it is dressed by cloud-init alone. */
export function unsaid(
  generation: Pick<StoredGeneration, 'guest'> | undefined,
): Pick<InstanceDetail, 'inexpressible'> {
  const reasons = generation === undefined ? [] : inexpressible(generation.guest);
  return reasons.length === 0 ? {} : { inexpressible: [...reasons] };
}
