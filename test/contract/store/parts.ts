import { beforeEach, describe, expect, test } from 'vitest';
import type { SourceLine } from '../../../schemas/types/api.ts';
import type { Store } from '../../../server/store/store.ts';
import { sampleGeneration, sampleGuest, sampleId, sampleInstance } from './samples.ts';
import type { StoreBackend, TestDatabase } from './store-backend.ts';

/** A generation whose payload is told apart by a text. */
function generationWith(instance: number, content: string) {
  return sampleGeneration(instance, { scripts: [{ name: 'motd', content }] });
}

/** What generations share: stored once, there whenever a generation is, the same bit for bit. */
export function describeParts(backend: StoreBackend): void {
  describe('parts', () => {
    let database: TestDatabase;
    let store: Store;
    beforeEach(async () => {
      database = await backend.database();
      store = await database.open();
      await store.transaction((transaction) =>
        transaction.saveInstances([1, 2, 3].map((number) => sampleInstance(number))),
      );
    });

    test('are read by their keys, one value for all who have them', async () => {
      const generations = [1, 2, 3].map((number) => generationWith(number, 'shared'));
      await store.transaction((transaction) => transaction.appendGenerations(generations));
      const [first, second] = [
        await store.newestGeneration(sampleId(1)),
        await store.newestGeneration(sampleId(2)),
      ];
      expect(first?.parts).toEqual(second?.parts);
      expect(first?.scripts).toBe(second?.scripts);
      const { payload } = generations[0]?.composition.parts ?? {};
      expect(await store.part(payload?.key ?? '')).toEqual(payload);
      expect(await store.part('0'.repeat(64))).toBeUndefined();
    });

    test('keep the order of keys and of source lines bit for bit', async () => {
      const account = { shell: '/bin/sh', name: 'z', uid: 1000, gid: 1000, gecos: '', home: '/', keys: [] };
      const guest = { ...sampleGuest(1), accounts: [account], extra: { z: 1, a: { y: 2, b: 3 } } };
      const line = (section: SourceLine['section'], subject: string): SourceLine => ({
        section,
        subject,
        value: 'a\0\ud800',
        sources: [
          { kind: 'directory', name: 'ldap', record: 'uid=z', field: 'uid' },
          { kind: 'policy', name: 'policy.yaml', record: 'access 1', field: 'line 2' },
          { kind: 'directory', name: 'ldap', record: 'uid=z', field: 'cn' },
        ],
      });
      const sources = [line('hostname', 'b'), line('hostname', 'a'), line('accounts', 'z')];
      const generation = sampleGeneration(1, { guest, sources });
      await store.transaction((transaction) => transaction.appendGenerations([generation]));
      const read = await store.newestGeneration(sampleId(1));
      const { composition } = generation;
      expect(JSON.stringify(read?.guest)).toBe(JSON.stringify(composition.guest));
      expect(JSON.stringify(read?.sources)).toBe(JSON.stringify(composition.sources));
      const identity = await store.part(composition.parts.identity.key);
      expect(JSON.stringify(identity?.value)).toBe(JSON.stringify(composition.parts.identity.value));
    });

    test('that were rolled back are written again by the next transaction', async () => {
      const generation = generationWith(1, 'rolled back');
      const key = generation.composition.parts.payload.key;
      await expect(
        store.transaction(async (transaction) => {
          await transaction.appendGenerations([generation]);
          expect(await store.part(key)).toBeUndefined();
          throw new Error('no');
        }),
      ).rejects.toThrow('no');
      expect(await store.part(key)).toBeUndefined();
      await store.transaction((transaction) => transaction.appendGenerations([generation]));
      expect(await store.part(key)).toEqual(generation.composition.parts.payload);
      const other = await database.open();
      expect(await other.newestGeneration(sampleId(1))).toMatchObject({
        scripts: [{ name: 'motd', content: 'rolled back' }],
      });
    });

    test('of a commit that failed are written again too', async () => {
      const generation = generationWith(1, 'not committed');
      const event = { at: 'now', actor: 'a', action: 'b', instance: null, reason: '', details: { big: 1n } };
      await expect(
        store.transaction(async (transaction) => {
          await transaction.appendGenerations([generation]);
          // JSON has no bigint: writing it fails after the parts, on the way to the commit.
          await transaction.appendEvent(event);
        }),
      ).rejects.toMatchObject({ code: 'storage-failed' });
      await store.transaction((transaction) => transaction.appendGenerations([generation]));
      expect(await store.newestGeneration(sampleId(1))).toMatchObject({ number: 1, scripts: [{}] });
    });

    test('many stores that write the same ones in any order wait for each other', async () => {
      const others = [store, await database.open(), await database.open()];
      const work = others.flatMap((to, index) =>
        [0, 1, 2, 3].map((turn) => {
          const contents = ['a', 'b', 'c', 'd'].map((name) => `${name} of turn ${turn}`);
          if (index % 2 === 1) contents.reverse();
          return to.transaction((transaction) =>
            transaction.appendGenerations(contents.map((content) => generationWith(index + 1, content))),
          );
        }),
      );
      await Promise.all(work);
      for (const number of [1, 2, 3]) {
        const headers = await store.generationHeaders(sampleId(number));
        expect(headers).toHaveLength(16);
        for (const header of headers) {
          expect(await store.generation(sampleId(number), header.number)).toMatchObject({ scripts: [{}] });
        }
      }
    });

    test('a thousand reads at once give each instance its own', async () => {
      await store.transaction((transaction) =>
        transaction.appendGenerations([1, 2, 3].map((number) => generationWith(number, `of ${number}`))),
      );
      const other = await database.open();
      const numbers = Array.from({ length: 1000 }, (_, index) => (index % 3) + 1);
      const read = await Promise.all(numbers.map((number) => other.newestGeneration(sampleId(number))));
      expect(read.map((generation) => generation?.scripts[0]?.content)).toEqual(
        numbers.map((number) => `of ${number}`),
      );
    });
  });
}
