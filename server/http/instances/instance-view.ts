import type {
  GenerationState,
  GenerationSummary,
  InstanceDetail,
  InstanceSummary,
} from '../../../schemas/types/api.ts';
import { inexpressible } from '../../domain/cloud-config/inexpressible.ts';
import type { GenerationHeader, StoredGeneration, StoredInstance } from '../../store/store.ts';

/** An instance as lists show it. */
export function instanceSummary(instance: StoredInstance): InstanceSummary {
  const { id, record, removedAt, hold, replay } = instance;
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
    generation: generationState(instance),
    ...heldBy(hold),
    removedAt,
    ...(replay === undefined || replay.endedAt !== null
      ? {}
      : { replay: { generation: replay.generation, until: replay.until } }),
  };
}

/** How far its newest generation has come. */
export function generationState({
  newest,
  attached,
  applied,
  failure,
}: Pick<StoredInstance, 'newest' | 'attached' | 'applied' | 'failure'>): GenerationState {
  const stage = (): GenerationState['state'] => {
    if (newest === null) return 'none';
    if (failure?.generation === newest) return 'failed';
    if (applied === newest) return 'current';
    return attached === newest ? 'not-applied' : 'not-attached';
  };
  return {
    newest,
    attached,
    applied,
    pending: newest !== null && newest !== applied,
    state: stage(),
    ...(failure === null ? {} : { failure: { ...failure } }),
  };
}

/** What is held back of an instance. */
export function heldBy(hold: StoredInstance['hold']): Pick<InstanceSummary, 'held'> {
  return hold === null ? {} : { held: { ...hold } };
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
