import { beforeEach, describe, expect, test } from 'vitest';
import type { NewGeneration, Store } from '../../../server/store/store.ts';
import { noon, sampleGeneration, sampleId, sampleInstance, stored } from './samples.ts';
import type { StoreBackend, TestDatabase } from './store-backend.ts';

/** Generations: numbers, content, and many writers at once. */
export function describeGenerations(backend: StoreBackend): void {
  describe('generations', () => {
    let database: TestDatabase;
    let store: Store;
    beforeEach(async () => {
      database = await backend.database();
      store = await database.open();
      await store.transaction((transaction) => transaction.saveInstances([sampleInstance(1)]));
    });

    const append = async (generation: NewGeneration, to: Store = store): Promise<number | undefined> =>
      (await to.transaction((transaction) => transaction.appendGenerations([generation])))[0];

    test('there is none at first', async () => {
      expect(await store.generation(sampleId(1), 1)).toBeUndefined();
      expect(await store.newestGeneration(sampleId(1))).toBeUndefined();
      expect(await store.generationHeaders(sampleId(1))).toEqual([]);
      expect(await store.newestGenerations([sampleId(1)])).toEqual(new Map());
    });

    test('are numbered from 1 and come back whole', async () => {
      expect(await append(sampleGeneration(1))).toBe(1);
      expect(await append(sampleGeneration(1, { reason: 'again', contentSha256: 'cd'.repeat(32) }))).toBe(2);
      expect(await store.generation(sampleId(1), 1)).toEqual(stored(sampleGeneration(1), 1));
      expect(await store.newestGeneration(sampleId(1))).toMatchObject({ number: 2, reason: 'again' });
      expect(await store.generation(sampleId(1), 3)).toBeUndefined();
      expect(await store.instance(sampleId(1))).toMatchObject({ newest: 2 });
      expect(await store.generationHeaders(sampleId(1))).toEqual([
        {
          instance: sampleId(1),
          number: 2,
          createdAt: noon,
          actor: 'sync',
          reason: 'again',
          contentSha256: 'cd'.repeat(32),
        },
        {
          instance: sampleId(1),
          number: 1,
          createdAt: noon,
          actor: 'sync',
          reason: 'content changed',
          contentSha256: 'ab'.repeat(32),
        },
      ]);
    });

    test('several in one transaction, for several instances, get their numbers in order', async () => {
      const numbers = await store.transaction(async (transaction) => {
        await transaction.saveInstances([sampleInstance(2)]);
        return [
          ...(await transaction.appendGenerations([
            sampleGeneration(2),
            sampleGeneration(1),
            sampleGeneration(2, { contentSha256: 'cd'.repeat(32) }),
          ])),
          ...(await transaction.appendGenerations([sampleGeneration(1, { contentSha256: 'ef'.repeat(32) })])),
          ...(await transaction.appendGenerations([])),
        ];
      });
      expect(numbers).toEqual([1, 1, 2, 2]);
      const known = await store.knownInstances();
      expect(known.map(({ id, newest, contentSha256 }) => [id, newest, contentSha256])).toEqual([
        [sampleId(1), 2, 'ef'.repeat(32)],
        [sampleId(2), 2, 'cd'.repeat(32)],
      ]);
      const newest = await store.newestGenerations([sampleId(2), sampleId(1), sampleId(2), sampleId(3)]);
      expect(newest).toEqual(
        new Map([
          [sampleId(1), stored(sampleGeneration(1, { contentSha256: 'ef'.repeat(32) }), 2)],
          [sampleId(2), stored(sampleGeneration(2, { contentSha256: 'cd'.repeat(32) }), 2)],
        ]),
      );
    });

    test('a number is not used again after the instance was removed and came back', async () => {
      await append(sampleGeneration(1));
      await store.transaction((transaction) => transaction.markRemoved(sampleId(1), noon));
      expect(await append(sampleGeneration(1))).toBe(2);
      await store.transaction((transaction) => transaction.saveInstances([sampleInstance(1)]));
      expect(await append(sampleGeneration(1))).toBe(3);
    });

    test('of an unknown instance is refused, and the transaction may go on', async () => {
      await store.transaction(async (transaction) => {
        const some = [sampleGeneration(1), sampleGeneration(9)];
        await expect(transaction.appendGenerations(some)).rejects.toMatchObject({
          code: 'not-found',
          message: expect.stringContaining(sampleId(9)) as string,
        });
        await transaction.appendGenerations([sampleGeneration(1)]);
      });
      expect(await store.generationHeaders(sampleId(1))).toHaveLength(1);
    });

    test('a large content comes back bit for bit, keys in their order', async () => {
      const content = Array.from({ length: 20_000 }, (_, line) => `line ${line} \u{1F98A}`).join('\n');
      const generation = sampleGeneration(1, { scripts: [{ name: 'z', content }] });
      await append(generation);
      const read = await store.newestGeneration(sampleId(1));
      expect(JSON.stringify(read?.guest)).toBe(JSON.stringify(generation.composition.guest));
      expect(read?.scripts[0]?.content).toBe(content);
    });

    test('two stores that append at once give 1 to n, none missing and none twice', async () => {
      const other = await database.open();
      const each = 40;
      const work = [store, other].flatMap((to) =>
        Array.from({ length: each }, () => append(sampleGeneration(1), to)),
      );
      const numbers = await Promise.all(work);
      expect(numbers.map(Number).sort((left, right) => left - right)).toEqual(
        Array.from({ length: 2 * each }, (_, index) => index + 1),
      );
      const headers = await store.generationHeaders(sampleId(1));
      expect(headers.map(({ number }) => number)).toEqual(
        Array.from({ length: 2 * each }, (_, index) => 2 * each - index),
      );
    });

    test('a number that was rolled back is given to the next one, so that none is missing', async () => {
      await expect(
        store.transaction(async (transaction) => {
          await transaction.appendGenerations([sampleGeneration(1)]);
          throw new Error('no');
        }),
      ).rejects.toThrow('no');
      expect(await append(sampleGeneration(1))).toBe(1);
    });
  });
}
