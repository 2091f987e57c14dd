import type { Source } from '../../../schemas/types/api.ts';

/** A value that several sources name and one of them decides. */
export interface Choice<Value> {
  readonly value: Value;
  /** The one that won first; marked are those that say otherwise. */
  readonly sources: readonly Source[];
}

/** The choice when a further source, which does not win over those before, names a value. */
export function choose<Value>(
  before: Choice<Value> | undefined,
  value: Value,
  source: Source,
  isEqual: (one: Value, other: Value) => boolean = Object.is,
): Choice<Value> {
  if (before === undefined) return { value, sources: [source] };
  const agrees = isEqual(before.value, value);
  return { value: before.value, sources: [...before.sources, agrees ? source : overridden(source)] };
}

/** A source that says otherwise than the one that won. */
export function overridden(source: Source): Source {
  return { ...source, overridden: true };
}
