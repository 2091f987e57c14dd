import { beforeEach, describe, expect, test } from 'vitest';
import type { Store, StoreTransaction } from '../../../server/store/store.ts';
import { sampleEvent, sampleGeneration, sampleId, sampleInstance, sampleToken } from './samples.ts';
import type { StoreBackend, TestDatabase } from './store-backend.ts';

/** Transactions: whole or not at all, one after the other, and misuse that is refused instead of hanging. */
export function describeTransactions(backend: StoreBackend): void {
  describe('transactions', () => {
    let database: TestDatabase;
    let store: Store;
    beforeEach(async () => {
      database = await backend.database();
      store = await database.open();
    });

    test('gives what the work gives', async () => {
      expect(await store.transaction(async () => 42)).toBe(42);
    });

    test('a throw rolls everything back and passes as it is', async () => {
      const error = new Error('stop here');
      await expect(
        store.transaction(async (transaction) => {
          await transaction.saveInstances([sampleInstance(1, { tags: ['a'] })]);
          await transaction.appendGenerations([sampleGeneration(1)]);
          await transaction.appendEvent(sampleEvent());
          await transaction.saveToken(sampleToken(1));
          await transaction.seeHypervisor('kvm01', '2026-01-02T12:00:00.000Z');
          throw error;
        }),
      ).rejects.toBe(error);
      expect(await store.instance(sampleId(1))).toBeUndefined();
      expect(await store.generationHeaders(sampleId(1))).toEqual([]);
      expect(await store.events({ limit: 10 })).toEqual([]);
      expect(await store.tokens()).toEqual([]);
      expect(await store.hypervisors()).toEqual([]);
      await store.transaction((transaction) => transaction.appendEvent(sampleEvent()));
      expect((await store.events({ limit: 10 })).map(({ id }) => id)).toEqual([1]);
    });

    test('a failed write cannot be passed over: the transaction ends in storage-failed', async () => {
      await expect(
        store.transaction(async (transaction) => {
          await transaction.saveInstances([sampleInstance(1)]);
          await transaction.saveToken(sampleToken(1));
          // The same secret under another id.
          await transaction.saveToken({ ...sampleToken(1), id: sampleId(2) }).catch(() => undefined);
        }),
      ).rejects.toMatchObject({ code: 'storage-failed', cause: expect.any(Error) as Error });
      expect(await store.instance(sampleId(1))).toBeUndefined();
      expect(await store.tokens()).toEqual([]);
    });

    test('of one store queue up: the next begins when the one before has ended', async () => {
      const order: string[] = [];
      const slow = async (name: string): Promise<void> => {
        await store.transaction(async (transaction) => {
          order.push(`${name} begins`);
          await transaction.appendEvent(sampleEvent({ reason: name }));
          await transaction.instance(sampleId(1));
          order.push(`${name} ends`);
        });
      };
      await Promise.all([slow('a'), slow('b'), slow('c')]);
      expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
    });

    test('one that failed does not stop the ones behind it', async () => {
      const failing = store.transaction(async () => {
        throw new Error('no');
      });
      const next = store.transaction(async () => 'yes');
      await expect(failing).rejects.toThrow('no');
      expect(await next).toBe('yes');
    });

    test('reads of the store go on while a transaction is open, and see what is committed', async () => {
      await store.transaction(async (transaction) => {
        await transaction.saveInstances([sampleInstance(1)]);
        const reads = await Promise.all(Array.from({ length: 20 }, () => store.instance(sampleId(1))));
        expect(reads.every((read) => read === undefined)).toBe(true);
      });
      expect(await store.instance(sampleId(1))).toBeDefined();
    });

    test('two stores write in turns', async () => {
      const other = await database.open();
      await store.transaction((transaction) => transaction.saveInstances([sampleInstance(1)]));
      const appendSlowly = (to: Store) =>
        to.transaction(async (transaction) => {
          const before = await transaction.instance(sampleId(1));
          // Lets the other store try to begin in between.
          await new Promise((resolve) => {
            setImmediate(resolve);
          });
          const [number = 0] = await transaction.appendGenerations([sampleGeneration(1)]);
          return { before: before?.newest ?? 0, number };
        });
      const results = await Promise.all(
        Array.from({ length: 10 }, (_, index) => appendSlowly(index % 2 === 0 ? store : other)),
      );
      expect(results.every(({ before, number }) => number === before + 1)).toBe(true);
    });

    test('one inside another is refused instead of waiting for itself', async () => {
      await expect(store.transaction(() => store.transaction(async () => 1))).rejects.toMatchObject({
        code: 'internal',
      });
    });

    test('a step after the end is refused: it would stand outside of the transaction', async () => {
      let escaped: StoreTransaction | undefined;
      await store.transaction(async (transaction) => {
        escaped = transaction;
      });
      await expect(escaped?.appendEvent(sampleEvent())).rejects.toMatchObject({ code: 'internal' });
      await expect(escaped?.instance(sampleId(1))).rejects.toMatchObject({ code: 'internal' });
    });

    test('many instances in one transaction', async () => {
      const count = 2300;
      const numbers = Array.from({ length: count }, (_, index) => count - index);
      await store.transaction(async (transaction) => {
        await transaction.saveInstances(
          numbers.map((number) => sampleInstance(number, { tags: ['a', 'b', `tag-${number}`] })),
        );
        await transaction.appendGenerations(numbers.map((number) => sampleGeneration(number)));
        await transaction.appendEvents(numbers.map((number) => sampleEvent({ instance: sampleId(number) })));
      });
      expect((await store.knownInstances()).map(({ id }) => id)).toEqual(numbers.map(sampleId).reverse());
      const newest = await store.newestGenerations(numbers.map(sampleId));
      expect([...newest.values()].every(({ instance, guest }) => guest.instance.id === instance)).toBe(true);
      expect(newest.size).toBe(count);
      expect(await store.events({ limit: 2 * count })).toHaveLength(count);
      expect((await store.instances({ selection: { tag: 'tag-7*' }, limit: 1000 })).instances).toHaveLength(
        111,
      );
      expect(await store.newestGeneration(sampleId(count))).toMatchObject({ number: 1 });
    });

    test('after the store was closed everything is storage-failed', async () => {
      await store.close();
      await expect(store.ping()).rejects.toMatchObject({ code: 'storage-failed' });
      await expect(store.transaction(async () => 1)).rejects.toMatchObject({ code: 'storage-failed' });
    });

    test('closing waits for the transactions that were asked for', async () => {
      const last = store.transaction((transaction) => transaction.saveInstances([sampleInstance(1)]));
      await store.close();
      await last;
      expect(await (await database.open()).instance(sampleId(1))).toBeDefined();
    });

    test('answers a ping', async () => {
      await expect(store.ping()).resolves.toBeUndefined();
    });
  });
}
