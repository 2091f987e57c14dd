import { expect, test } from 'vitest';
import { createPartCache, type LoadedPart } from '../../../server/store/kysely/generations/part-cache.ts';

/** A cache over parts named by single letters, each of size 1, and what it loaded. `x` is none. */
function lettersCache(capacity: number) {
  const loads: string[] = [];
  const cache = createPartCache(async (keys) => {
    loads.push(keys.join(''));
    await Promise.resolve();
    if (keys.includes('!')) throw new Error('the database is gone');
    return new Map(keys.filter((key) => key !== 'x').map((key) => [key, loaded(key)]));
  }, capacity);
  const get = async (keys: string): Promise<string> => [...(await cache.get(keys)).keys()].sort().join('');
  return { get, loads };
}

function loaded(key: string): LoadedPart {
  return { part: { key, sha256: key, value: key, sources: [] }, size: 1 };
}

test('many who ask at once wait for one load', async () => {
  const { get, loads } = lettersCache(10);
  expect(await Promise.all(['ab', 'bc', 'abc', 'a'].map(get))).toEqual(['ab', 'bc', 'abc', 'a']);
  expect(loads).toEqual(['ab', 'c']);
  expect(await get('cab')).toBe('abc');
  expect(loads).toHaveLength(2);
});

test('what was used last stays', async () => {
  const { get, loads } = lettersCache(2);
  await get('a');
  await get('b');
  await get('a');
  await get('c');
  await get('a');
  expect(loads).toEqual(['a', 'b', 'c']);
  await get('b');
  expect(loads).toEqual(['a', 'b', 'c', 'b']);
});

test('one that is larger than the cache is given all the same', async () => {
  const { get, loads } = lettersCache(0);
  expect([await get('a'), await get('ab')]).toEqual(['a', 'ab']);
  expect(loads).toEqual(['a', 'ab']);
});

test('what was not found is asked for again', async () => {
  const { get, loads } = lettersCache(10);
  expect([await get('x'), await get('ax')]).toEqual(['', 'a']);
  expect(loads).toEqual(['x', 'ax']);
});

test('a load that fails fails those who wait for it, and nobody after them', async () => {
  const { get } = lettersCache(10);
  const failing = get('!a');
  await expect(Promise.all([get('a'), get('b')])).rejects.toThrow('the database is gone');
  await expect(failing).rejects.toThrow('the database is gone');
  expect(await get('ab')).toBe('ab');
});
