import { beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../../server/store/store.ts';
import { sampleEvent, sampleId, sampleRun } from './samples.ts';
import type { StoreBackend, TestDatabase } from './store-backend.ts';

/** The audit trail and the record of sync runs. */
export function describeTrail(backend: StoreBackend): void {
  let database: TestDatabase;
  let store: Store;
  beforeEach(async () => {
    database = await backend.database();
    store = await database.open();
  });

  describe('events', () => {
    const append = (...events: ReadonlyArray<ReturnType<typeof sampleEvent>>) =>
      store.transaction(async (transaction) => {
        for (const event of events) {
          await transaction.appendEvent(event);
        }
      });

    test('come back in order of id, whole', async () => {
      const details = { list: [1, 'two', null], nested: { ok: true }, ['__proto__']: 1 };
      await append(sampleEvent({ details, instance: sampleId(1) }), sampleEvent({ action: 'drive-built' }));
      expect(await store.events({ limit: 10 })).toEqual([
        { ...sampleEvent({ details, instance: sampleId(1) }), id: 1 },
        { ...sampleEvent({ action: 'drive-built' }), id: 2 },
      ]);
    });

    test('are selected by instance, time and id, all together', async () => {
      await append(
        sampleEvent({ at: '2026-01-01T00:00:00.000Z', instance: sampleId(1) }),
        sampleEvent({ at: '2026-01-02T00:00:00.500Z', instance: sampleId(2) }),
        sampleEvent({ at: '2026-01-02T00:00:00.000Z', instance: sampleId(1) }),
        sampleEvent({ at: '2026-01-03T00:00:00.000Z', instance: sampleId(1) }),
        sampleEvent({ at: '2026-01-03T00:00:00.000Z' }),
      );
      const ids = async (query: Partial<Parameters<Store['events']>[0]>) =>
        (await store.events({ limit: 10, ...query })).map(({ id }) => id);
      expect(await ids({ instance: sampleId(1) })).toEqual([1, 3, 4]);
      expect(await ids({ since: '2026-01-02T00:00:00Z' })).toEqual([2, 3, 4, 5]);
      expect(await ids({ since: '2026-01-02T00:00:00.1Z' })).toEqual([2, 4, 5]);
      expect(await ids({ after: 3 })).toEqual([4, 5]);
      expect(await ids({ instance: sampleId(1), since: '2026-01-02T00:00:00Z', after: 3 })).toEqual([4]);
      expect(await ids({ limit: 2 })).toEqual([1, 2]);
    });

    test('are selected by action and actor, and until a time', async () => {
      await append(
        sampleEvent({ at: '2026-01-01T00:00:00.000Z', action: 'access-denied', actor: 'token:hv-01' }),
        sampleEvent({ at: '2026-01-02T00:00:00.000Z', action: 'access-denied', actor: 'token:hv-02' }),
        sampleEvent({ at: '2026-01-02T00:00:00.500Z', action: 'report-received', actor: 'token:hv-01' }),
      );
      const ids = async (query: Partial<Parameters<Store['events']>[0]>) =>
        (await store.events({ limit: 10, ...query })).map(({ id }) => id);
      expect(await ids({ action: 'access-denied' })).toEqual([1, 2]);
      expect(await ids({ action: 'access-%' })).toEqual([]);
      expect(await ids({ actor: 'token:hv-01' })).toEqual([1, 3]);
      expect(await ids({ action: 'access-denied', actor: 'token:hv-01' })).toEqual([1]);
      expect(await ids({ until: '2026-01-02T00:00:00Z' })).toEqual([1]);
      expect(await ids({ since: '2026-01-02T00:00:00Z', until: '2026-01-02T00:00:00.4Z' })).toEqual([2]);
      expect(await ids({ actor: 'token:hv-01', limit: 1, after: 1 })).toEqual([3]);
    });

    test('who reads on after an id misses none, however many servers write', async () => {
      const other = await database.open();
      const each = 25;
      const writing = Promise.all(
        [store, other].flatMap((to) =>
          Array.from({ length: each }, () =>
            to.transaction(async (transaction) => {
              await transaction.appendEvent(sampleEvent());
              await transaction.appendEvent(sampleEvent());
            }),
          ),
        ),
      );
      const seen: number[] = [];
      while (seen.length < each * 4) {
        const events = await store.events({ after: seen.at(-1) ?? 0, limit: 7 });
        seen.push(...events.map(({ id }) => id));
      }
      await writing;
      expect(seen).toEqual(Array.from({ length: each * 4 }, (_, index) => index + 1));
    });
  });

  describe('sync runs', () => {
    test('are saved, replaced and listed newest first', async () => {
      const running = sampleRun(1, { state: 'running', finishedAt: null });
      await store.transaction((transaction) => transaction.saveSyncRun(running));
      expect(await store.syncRun(running.id)).toEqual(running);
      const failed = sampleRun(1, { state: 'failed', error: 'the CMDB does not answer' });
      const later = sampleRun(2, { startedAt: '2026-01-02T12:00:00.250Z' });
      const latest = sampleRun(3, { startedAt: '2026-01-02T12:00:01Z' });
      await store.transaction(async (transaction) => {
        await transaction.saveSyncRun(latest);
        await transaction.saveSyncRun(failed);
        await transaction.saveSyncRun(later);
      });
      expect(await store.syncRuns(10)).toEqual([latest, later, failed]);
      expect(await store.syncRuns(1)).toEqual([latest]);
      expect(await store.syncRun(sampleId(9))).toBeUndefined();
    });

    test('a run with a thousand outcomes comes back whole', async () => {
      const outcomes = Array.from({ length: 1000 }, (_, number) => ({
        instance: sampleId(number),
        name: `web-${number}`,
        outcome: 'created' as const,
        generation: 1,
        changes: [
          { action: 'add' as const, section: 'accounts' as const, subject: 'alice', after: 'uid 1000' },
        ],
      }));
      await store.transaction((transaction) => transaction.saveSyncRun(sampleRun(1, { outcomes })));
      expect(await store.syncRun(sampleId(1))).toEqual(sampleRun(1, { outcomes }));
    });
  });
}
