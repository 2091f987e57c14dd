import { beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../../server/store/store.ts';
import { noon, sampleId, sampleToken } from './samples.ts';
import type { StoreBackend } from './store-backend.ts';

/** Bearer tokens. */
export function describeAccess(backend: StoreBackend): void {
  describe('tokens', () => {
    let store: Store;
    beforeEach(async () => {
      store = await (await backend.database()).open();
    });

    const revoke = (id: string, at: string) =>
      store.transaction((transaction) => transaction.revokeToken(id, at));

    test('are found by the hash of their secret', async () => {
      const token = sampleToken(1, { role: 'hypervisor', hypervisor: 'kvm01', expiresAt: noon });
      await store.transaction((transaction) => transaction.saveToken(token));
      expect(await store.tokenBySecretHash(token.secretSha256)).toEqual(token);
      expect(await store.tokenBySecretHash(sampleToken(2).secretSha256)).toBeUndefined();
    });

    test('are listed in order of creation', async () => {
      const [first, second] = [sampleToken(2), sampleToken(1, { createdAt: '2026-01-03T00:00:00.000Z' })];
      await store.transaction(async (transaction) => {
        await transaction.saveToken(second);
        await transaction.saveToken(first);
      });
      expect(await store.tokens()).toEqual([first, second]);
    });

    test('once revoked stay revoked since the first time', async () => {
      await store.transaction((transaction) => transaction.saveToken(sampleToken(1)));
      expect(await revoke(sampleId(1), noon)).toBe(true);
      expect(await revoke(sampleId(1), '2026-01-05T00:00:00.000Z')).toBe(true);
      expect(await store.tokens()).toEqual([sampleToken(1, { revokedAt: noon })]);
      expect(await revoke(sampleId(9), noon)).toBe(false);
    });

    test('the same secret twice is refused', async () => {
      await store.transaction((transaction) => transaction.saveToken(sampleToken(1)));
      await expect(
        store.transaction((transaction) => transaction.saveToken({ ...sampleToken(1), id: sampleId(2) })),
      ).rejects.toMatchObject({ code: 'storage-failed' });
    });
  });
}
