import type { GuestPart } from '../../../domain/compose/composition.ts';

/** A part as it was loaded. */
export interface LoadedPart {
  readonly part: GuestPart<unknown>;
  /** What it counts towards the cache's capacity, in any unit. */
  readonly size: number;
}

/** Parts by key, those used last. */
export interface PartCache {
  /** The parts of these keys that exist. Many who ask at once for the same part wait for one load. */
  get(keys: Iterable<string>): Promise<ReadonlyMap<string, GuestPart<unknown>>>;
}

/**
 * Parts are never changed nor deleted, so what was found stays right; what was not found is asked for again.
 * @param load gives the parts of these keys that exist
 * @param capacity the most that is kept, in the unit of `size`
 */
export function createPartCache(
  load: (keys: readonly string[]) => Promise<ReadonlyMap<string, LoadedPart>>,
  capacity: number,
): PartCache {
  // In order of use: a Map keeps the order in which keys were added.
  const kept = new Map<string, LoadedPart>();
  const loading = new Map<string, Promise<ReadonlyMap<string, LoadedPart>>>();
  let size = 0;

  return {
    async get(keys) {
      const wanted = new Set(keys);
      const missing = [...wanted].filter((key) => !kept.has(key) && !loading.has(key));
      if (missing.length > 0) startLoading(missing);
      const parts = new Map<string, GuestPart<unknown>>();
      const waiting: Array<readonly [string, Promise<ReadonlyMap<string, LoadedPart>>]> = [];
      for (const key of wanted) {
        const found = kept.get(key);
        const pending = loading.get(key);
        if (found !== undefined) {
          kept.delete(key);
          kept.set(key, found);
          parts.set(key, found.part);
        } else if (pending !== undefined) waiting.push([key, pending]);
      }
      for (const [key, pending] of waiting) {
        const loaded = (await pending).get(key);
        if (loaded !== undefined) parts.set(key, loaded.part);
      }
      return parts;
    },
  };

  function startLoading(keys: readonly string[]): void {
    const loaded = load(keys)
      .then((found) => {
        for (const [key, part] of found) keep(key, part);
        return found;
      })
      .finally(() => {
        for (const key of keys) loading.delete(key);
      });
    // Whoever waits gets the failure; one who stopped waiting must not end the process with it.
    loaded.catch(() => undefined);
    for (const key of keys) loading.set(key, loaded);
  }

  function keep(key: string, loaded: LoadedPart): void {
    kept.set(key, loaded);
    size += loaded.size;
    for (const [oldest, { size: freed }] of kept) {
      if (size <= capacity) return;
      kept.delete(oldest);
      size -= freed;
    }
  }
}
