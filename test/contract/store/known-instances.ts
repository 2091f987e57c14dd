import { beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../../server/store/store.ts';
import { noon, sampleGeneration, sampleId, sampleInstance } from './samples.ts';
import type { StoreBackend } from './store-backend.ts';

/** What a sync compares with, and the state that it keeps between its runs. */
export function describeKnownInstances(backend: StoreBackend): void {
  let store: Store;
  beforeEach(async () => {
    store = await (await backend.database()).open();
  });

  describe('known instances', () => {
    test('are none at first', async () => {
      expect(await store.knownInstances()).toEqual([]);
      expect(await store.knownInstances([])).toEqual([]);
      expect(await store.knownInstances([sampleId(1)])).toEqual([]);
    });

    test('tell all that a sync compares, of removed ones too', async () => {
      const problem = { source: 'cmdb', record: 'line 2', field: 'name', message: 'm', remedy: 'r' };
      const generation = sampleGeneration(1, { renewAt: noon });
      await store.transaction(async (transaction) => {
        await transaction.saveInstances([sampleInstance(2), sampleInstance(1)]);
        await transaction.appendGenerations([sampleGeneration(1, { reason: 'first' }), generation]);
        await transaction.setQuarantine(sampleId(2), [problem]);
        await transaction.markRemoved(sampleId(2), noon);
      });
      const [first, second] = [
        {
          id: sampleId(1),
          name: 'web-1',
          inventory: 'cmdb',
          locator: 'instances.csv line 1',
          removed: false,
          newest: 2,
          contentSha256: generation.contentSha256,
          fingerprint: 'fingerprint 1',
          quarantine: '[]',
          identity: generation.composition.parts.identity.key,
          sudo: generation.composition.parts.sudo.key,
          renewAt: noon,
        },
        {
          id: sampleId(2),
          name: 'web-2',
          inventory: 'cmdb',
          locator: 'instances.csv line 2',
          removed: true,
          newest: null,
          contentSha256: null,
          fingerprint: 'fingerprint 2',
          quarantine: JSON.stringify([problem]),
          identity: null,
          sudo: null,
          renewAt: null,
        },
      ];
      expect(await store.knownInstances()).toEqual([first, second]);
      expect(await store.knownInstances([sampleId(9), sampleId(2), sampleId(2)])).toEqual([second]);
    });

    test('are all there, however many', async () => {
      const count = 5001;
      await store.transaction((transaction) =>
        transaction.saveInstances(Array.from({ length: count }, (_, index) => sampleInstance(index + 1))),
      );
      const ids = Array.from({ length: count }, (_, index) => sampleId(index + 1));
      expect((await store.knownInstances()).map(({ id }) => id)).toEqual(ids);
      expect((await store.knownInstances([...ids].reverse())).map(({ id }) => id)).toEqual(ids);
    });
  });

  describe('state', () => {
    const save = (name: string, value: unknown) =>
      store.transaction((transaction) => transaction.saveState(name, value));

    test('is undefined until it is saved, and again when it was taken away', async () => {
      expect(await store.state('cursor')).toBeUndefined();
      await save('cursor', { at: noon, list: [1, null, 'a\0\ud800'], ['__proto__']: 1 });
      expect(JSON.stringify(await store.state('cursor'))).toBe(
        JSON.stringify({ at: noon, list: [1, null, 'a\0\ud800'], ['__proto__']: 1 }),
      );
      await save('cursor', null);
      expect(await store.state('cursor')).toBeNull();
      expect(await store.state('another')).toBeUndefined();
      await save('cursor', undefined);
      expect(await store.state('cursor')).toBeUndefined();
    });

    test('is part of its transaction', async () => {
      await save('cursor', 1);
      const rolledBack = store.transaction(async (transaction) => {
        await transaction.saveState('cursor', 2);
        throw new Error('no');
      });
      await expect(rolledBack).rejects.toThrow('no');
      expect(await store.state('cursor')).toBe(1);
    });
  });
}
