import type { GenerationSummary, InstanceSummary } from '../../../schemas/types/api.ts';
import type { GenerationHeader, StoredInstance } from '../../store/store.ts';

/** An instance as lists show it. */
export function instanceSummary(instance: StoredInstance): InstanceSummary {
  const { id, record, newest, attached, applied, removedAt } = instance;
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
  };
}

/** A generation as lists show it. */
export function generationSummary(header: GenerationHeader): GenerationSummary {
  const { number, createdAt, actor, reason, contentSha256 } = header;
  return { number, createdAt, actor, reason, contentSha256 };
}
