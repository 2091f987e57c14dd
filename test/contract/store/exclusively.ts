import { beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../../server/store/store.ts';
import { startChild, untilLine } from './child.ts';
import { sampleInstance } from './samples.ts';
import type { StoreBackend, TestDatabase } from './store-backend.ts';

/** Work that one server at a time does. */
export function describeExclusively(backend: StoreBackend): void {
  describe('exclusively', () => {
    let database: TestDatabase;
    let store: Store;
    let other: Store;
    beforeEach(async () => {
      database = await backend.database();
      store = await database.open();
      other = await database.open();
    });

    test('gives what the work gives, again and again', async () => {
      expect(await store.exclusively('sync', async () => 1)).toEqual({ value: 1 });
      expect(await other.exclusively('sync', async () => undefined)).toEqual({ value: undefined });
    });

    test('is refused while anyone works under the name, in the same store or another', async () => {
      const held = await store.exclusively('sync', async () => [
        await store.exclusively('sync', async () => 'twice'),
        await other.exclusively('sync', async () => 'twice'),
        await other.exclusively('another name', async () => 'free'),
      ]);
      expect(held).toEqual({ value: [undefined, undefined, { value: 'free' }] });
    });

    test('of many at once one works', async () => {
      let working = 0;
      let most = 0;
      let done: () => void = () => undefined;
      const allAsked = new Promise<void>((resolve) => {
        done = resolve;
      });
      const work = async () => {
        working += 1;
        most = Math.max(most, working);
        await allAsked;
        working -= 1;
      };
      const asked = Array.from({ length: 10 }, (_, index) =>
        (index % 2 === 0 ? store : other).exclusively('sync', work),
      );
      const refused = new Promise<void>((resolve) => {
        let left = asked.length - 1;
        for (const attempt of asked) {
          void attempt.then((result) => {
            left -= result === undefined ? 1 : 0;
            if (left === 0) {
              resolve();
            }
          });
        }
      });
      await refused;
      done();
      const results = await Promise.all(asked);
      expect(results.filter((result) => result !== undefined)).toHaveLength(1);
      expect(most).toBe(1);
    });

    test('a throw passes as it is and frees the name', async () => {
      const error = new Error('no');
      await expect(
        store.exclusively('sync', async () => {
          throw error;
        }),
      ).rejects.toBe(error);
      expect(await other.exclusively('sync', async () => 1)).toEqual({ value: 1 });
    });

    test('the work may use the store', async () => {
      await store.exclusively('sync', () =>
        store.transaction((transaction) => transaction.saveInstances([sampleInstance(1)])),
      );
      expect(await store.instancesNamed('web-1')).toHaveLength(1);
    });

    test('another process holds the name until it is killed', async () => {
      const child = startChild('hold-lock', database.forChild);
      await untilLine(child, 'held');
      expect(await store.exclusively('sync', async () => 1)).toBeUndefined();
      child.kill('SIGKILL');
      await child;
      // PostgreSQL notices the end of a connection a moment after it.
      await expect
        .poll(() => store.exclusively('sync', async () => 1), { timeout: 10_000 })
        .toEqual({ value: 1 });
    });
  });
}
