/** Pseudo-random numbers that are the same in every run. */
export interface SeededRandom {
  /** An integer from 0 to `below - 1`. */
  integer(below: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  pick<T>(items: readonly [T, ...(readonly T[])]): T;
  bytes(count: number): Buffer;
}

/** A generator of its own for each seed, so that any machine or person can be made without those before it. */
export function seededRandom(seed: string): SeededRandom {
  let state = hash(seed);

  // mulberry32: 32 bits of state, enough for test data.
  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }
  const integer = (below: number): number => next() % below;

  return {
    integer,
    chance: (probability) => next() < probability * 2 ** 32,
    pick: (items) => items[integer(items.length)] ?? items[0],
    bytes(count) {
      const result = Buffer.alloc(count);
      for (let at = 0; at < count; at += 1) result[at] = next() >>> 24;
      return result;
    },
  };
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193);
  return value;
}
