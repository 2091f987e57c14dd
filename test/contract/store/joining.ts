import { beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../../server/store/store.ts';
import { noon, sampleId, sampleToken } from './samples.ts';
import type { StoreBackend } from './store-backend.ts';

const hash = (number: number): string => number.toString(16).padStart(64, 'a');

/** Tokens with which hosts join, and credentials that replace each other. */
export function describeJoining(backend: StoreBackend): void {
  describe('joining', () => {
    let store: Store;
    beforeEach(async () => {
      store = await (await backend.database()).open();
    });

    const use = (id: string, credential: string): Promise<boolean> =>
      store.transaction((transaction) => transaction.useJoinToken(id, credential, noon));

    test('a join token is used up by one of a hundred at once', async () => {
      const token = sampleToken(1, { role: 'join', hypervisor: 'hv-01' });
      await store.transaction((transaction) => transaction.saveToken(token));

      const used = await Promise.all(Array.from({ length: 100 }, (_, index) => use(token.id, hash(index))));

      const winner = used.indexOf(true);
      expect(used.filter(Boolean)).toHaveLength(1);
      expect(await store.tokens()).toEqual([{ ...token, usedAt: noon, credentialSha256: hash(winner) }]);
    });

    test('nothing but a join token in force can be used up', async () => {
      await store.transaction(async (transaction) => {
        await transaction.saveToken(sampleToken(1, { role: 'hypervisor', hypervisor: 'hv-01' }));
        await transaction.saveToken(sampleToken(2, { role: 'join', hypervisor: 'hv-01', revokedAt: noon }));
      });
      expect(await Promise.all([1, 2, 3].map((id) => use(sampleId(id), hash(1))))).toEqual([
        false,
        false,
        false,
      ]);
    });

    test('what replaces a token is found until it is revoked', async () => {
      const next = sampleToken(2, { role: 'hypervisor', hypervisor: 'hv-01', replaces: sampleId(1) });
      await store.transaction(async (transaction) => {
        await transaction.saveToken(sampleToken(1, { role: 'hypervisor', hypervisor: 'hv-01' }));
        await transaction.saveToken(next);
        expect(await transaction.pendingReplacement(sampleId(1))).toEqual(next);
        expect(await transaction.lockedToken(sampleId(2))).toEqual(next);
        await transaction.revokeToken(sampleId(2), noon);
        expect(await transaction.pendingReplacement(sampleId(1))).toBeUndefined();
        expect(await transaction.lockedToken(sampleId(9))).toBeUndefined();
      });
    });
  });
}
