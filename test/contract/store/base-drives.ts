import { beforeEach, describe, expect, test } from 'vitest';
import type { BaseDrive } from '../../../server/store/ports/base-drives.ts';
import type { Store } from '../../../server/store/store.ts';
import { noon, sampleId, sampleInstance } from './samples.ts';
import type { StoreBackend } from './store-backend.ts';

/** A drive whose content tells it from others. */
function drive(mark: string, seenAt = noon): BaseDrive {
  const shared = Buffer.from(`meta-data of ${mark}\0\xff`, 'latin1');
  return {
    files: [
      { path: 'ec2/latest/meta-data.json', content: Buffer.alloc(0) },
      { path: 'openstack/2018-08-27/meta_data.json', content: shared },
      { path: 'openstack/latest/meta_data.json', content: shared },
    ],
    sha256: mark.padEnd(64, '0'),
    seenAt,
  };
}

/** What Nova put on config drives: the first for ever, the newest, and that of a rescue. */
export function describeBaseDrives(backend: StoreBackend): void {
  describe('base drives', () => {
    let store: Store;
    beforeEach(async () => {
      store = await (await backend.database()).open();
      await store.transaction((transaction) =>
        transaction.saveInstances([sampleInstance(1), sampleInstance(2)]),
      );
    });

    const record = (base: BaseDrive, purpose: 'boot' | 'rescue' = 'boot') =>
      store.transaction((transaction) => transaction.recordBaseDrive(sampleId(1), purpose, base));

    test('are none before the first', async () => {
      expect(await store.baseDrive(sampleId(1), 'first')).toBeUndefined();
      expect(await store.baseDrive(sampleId(1), 'newest')).toBeUndefined();
    });

    test('the first stays, the newest is replaced, bytes come back as they were', async () => {
      expect(await record(drive('a'))).toBe('first');
      expect(await store.baseDrive(sampleId(1), 'newest')).toEqual(drive('a'));
      expect(await record(drive('b', '2026-01-03T12:00:00.000Z'))).toBe('replaced');
      expect(await record(drive('c', '2026-01-04T12:00:00.000Z'))).toBe('replaced');
      expect(await store.baseDrive(sampleId(1), 'first')).toEqual(drive('a'));
      expect(await store.baseDrive(sampleId(1), 'newest')).toEqual(drive('c', '2026-01-04T12:00:00.000Z'));
      expect(await store.baseDrive(sampleId(2), 'newest')).toBeUndefined();
    });

    test('the same again changes nothing, not even when it was seen', async () => {
      await record(drive('a'));
      expect(await record(drive('a', '2026-01-03T12:00:00.000Z'))).toBe('unchanged');
      await record(drive('b'));
      expect(await record(drive('b', '2026-01-03T12:00:00.000Z'))).toBe('unchanged');
      expect((await store.baseDrive(sampleId(1), 'newest'))?.seenAt).toBe(noon);
    });

    test('an older one that comes back is the newest again', async () => {
      await record(drive('a'));
      await record(drive('b'));
      expect(await record(drive('a'))).toBe('replaced');
      expect((await store.baseDrive(sampleId(1), 'newest'))?.sha256).toBe(drive('a').sha256);
    });

    test('that of a rescue takes the place of no other', async () => {
      await record(drive('a'));
      expect(await record(drive('r'), 'rescue')).toBe('first');
      expect(await record(drive('r'), 'rescue')).toBe('unchanged');
      expect(await record(drive('s'), 'rescue')).toBe('replaced');
      expect(await store.baseDrive(sampleId(1), 'rescue')).toEqual(drive('s'));
      expect(await store.baseDrive(sampleId(1), 'newest')).toEqual(drive('a'));
    });

    test('are rolled back with the rest', async () => {
      await expect(
        store.transaction(async (transaction) => {
          await transaction.recordBaseDrive(sampleId(1), 'boot', drive('a'));
          throw new Error('stop');
        }),
      ).rejects.toThrow('stop');
      expect(await store.baseDrive(sampleId(1), 'first')).toBeUndefined();
    });

    test('that come at once leave one first', async () => {
      const outcomes = await Promise.all(
        ['a', 'b', 'c', 'd'].map((mark) =>
          store.transaction(async (transaction) => {
            await transaction.instance(sampleId(1));
            return await transaction.recordBaseDrive(sampleId(1), 'boot', drive(mark));
          }),
        ),
      );
      expect(outcomes.filter((outcome) => outcome === 'first')).toHaveLength(1);
    });
  });
}
