import { beforeEach, describe, expect, test } from 'vitest';
import type { StoredRollout } from '../../../server/store/ports/rollouts.ts';
import type { Store } from '../../../server/store/store.ts';
import { noon, sampleGeneration, sampleGuest, sampleId, sampleInstance, sampleReport } from './samples.ts';
import type { StoreBackend } from './store-backend.ts';

const later = '2026-01-02T13:00:00.000Z';
const why = { actor: 'alice', reason: 'ticket 7', since: noon };

function sampleRollout(number: number, fields: Partial<StoredRollout> = {}): StoredRollout {
  return {
    id: sampleId(1000 + number),
    state: 'running',
    actor: 'alice',
    reason: 'ticket 7',
    createdAt: `2026-01-02T12:00:0${number}Z`,
    finishedAt: null,
    settings: { canary: 1, batch: 2, haltAfter: '5%', batchTimeoutSeconds: 900, force: false },
    stage: { number: 0, of: 2, startedAt: null },
    halt: null,
    problem: null,
    accepted: { failures: 0, stage: 0 },
    ...fields,
  };
}

/** What failed, what is held back, what a run made, and rollouts. */
export function describeRollouts(backend: StoreBackend): void {
  describe('progress, holds and rollouts', () => {
    let store: Store;

    beforeEach(async () => {
      store = await (await backend.database()).open();
      await store.transaction(async (transaction) => {
        await transaction.saveInstances([1, 2, 3].map((number) => sampleInstance(number)));
        await transaction.appendGenerations([1, 2].map((number) => sampleGeneration(number)));
      });
    });

    const report = async (fields: Parameters<typeof sampleReport>[1]): Promise<void> => {
      await store.transaction((transaction) =>
        transaction.saveReport(sampleReport(1, fields), '2026-06-01T00:00:00.000Z', 10),
      );
    };
    const failure = async () => (await store.instance(sampleId(1)))?.failure;
    const names = async (progress: Parameters<Store['instances']>[0]['progress']) =>
      (await store.instances({ ...(progress === undefined ? {} : { progress }), limit: 10 })).instances.map(
        ({ record }) => record.name,
      );

    test('the newest failure is kept with its reason until something later says otherwise', async () => {
      await report({
        outcome: 'failed',
        reason: 'rolled back\0',
        resources: [
          { resource: 'ntp', outcome: 'failed', durationMs: 1, changes: [], message: 'no chronyd' },
        ],
      });
      expect(await failure()).toMatchObject({
        generation: 1,
        reason: 'rolled back\uFFFD; ntp: no chronyd',
      });
      expect(await names({ failed: true })).toEqual(['web-1']);
      await report({ outcome: 'applied', startedAt: '2026-01-02T11:00:00.000Z' });
      expect(await failure()).toMatchObject({ generation: 1 });
      await report({ outcome: 'applied', startedAt: later });
      expect(await failure()).toBeNull();
      await report({ outcome: 'refused', startedAt: '2026-01-02T14:00:00.000Z' });
      expect(await failure()).toBeNull();
      expect(await names({ failed: false })).toEqual(['web-1', 'web-2', 'web-3']);
    });

    test('lists by how far instances have come', async () => {
      await report({ outcome: 'applied' });
      await store.transaction((transaction) =>
        transaction.saveHolds(new Map([[sampleId(3), { by: 'rollback', generation: 1, ...why }]])),
      );
      expect(await names({ pending: true })).toEqual(['web-2']);
      expect(await names({ pending: false })).toEqual(['web-1', 'web-3']);
      expect(await names({ held: true })).toEqual(['web-3']);
      expect(await names({ held: false, pending: true })).toEqual(['web-2']);
    });

    test('holds are saved, read with their instance, and released by those whose they are', async () => {
      const rollout = sampleId(9);
      const holds = new Map([
        [sampleId(1), { by: 'rollout', rollout, generation: 1, ...why } as const],
        [sampleId(2), { by: 'rollback', generation: 1, ...why } as const],
      ]);
      await store.transaction((transaction) => transaction.saveHolds(holds));
      expect(await store.holds()).toEqual(holds);
      expect((await store.instance(sampleId(1)))?.hold).toEqual(holds.get(sampleId(1)));
      const both = [sampleId(1), sampleId(2)];
      await store.transaction((transaction) =>
        transaction.releaseHolds(both, { by: 'rollout', rollout: sampleId(8) }),
      );
      expect((await store.holds()).size).toBe(2);
      await store.transaction((transaction) => transaction.releaseHolds(both, { by: 'rollout', rollout }));
      expect([...(await store.holds()).keys()]).toEqual([sampleId(2)]);
      await store.transaction((transaction) => transaction.releaseHolds(both, { by: 'rollback' }));
      expect(await store.holds()).toEqual(new Map());
    });

    test('gives the kept parts of a generation', async () => {
      await store.transaction((transaction) =>
        transaction.appendGenerations([
          sampleGeneration(1, { guest: { ...sampleGuest(1), hostname: { name: 'other' } }, scripts: [] }),
        ]),
      );
      const parts = await store.heldParts(
        new Map([
          [sampleId(1), 1],
          [sampleId(2), 7],
        ]),
      );
      expect([...parts.keys()]).toEqual([sampleId(1)]);
      const kept = parts.get(sampleId(1));
      expect(kept?.own.hostname).toEqual({ name: 'web-1' });
      expect(kept?.ownSources().map(({ value }) => value)).toEqual(['web-1']);
      expect(kept?.payload.value.contents).toMatchObject([{ name: '10-motd' }]);
    });

    test('tells how far the instances of a run are, page by page, until they are forgotten', async () => {
      const run = sampleId(50);
      const at = { now: noon, forget: '2026-01-01T00:00:00.000Z' };
      const ids = [1, 2, 3].map(sampleId);
      await store.transaction((transaction) => transaction.saveRunTargets(run, ids, at));
      await report({ outcome: 'failed', reason: 'no space' });
      const none = { total: 2, waiting: 1, attached: 0, applied: 0, failed: 1, removed: 0 };
      expect(await store.runProgress(run, { limit: 0 })).toEqual({
        run,
        counts: none,
        instances: [],
        next: null,
      });
      const first = await store.runProgress(run, { limit: 1 });
      expect(first).toMatchObject({
        next: sampleId(1),
        instances: [{ instance: sampleId(1), name: 'web-1', state: 'failed', reason: 'no space' }],
      });
      expect(await store.runProgress(run, { limit: 1, after: sampleId(1) })).toMatchObject({
        next: null,
        instances: [{ name: 'web-2', state: 'waiting' }],
      });
      // A later generation has all that this one was to bring.
      await store.transaction((transaction) => transaction.appendGenerations([sampleGeneration(1)]));
      await report({ outcome: 'applied', generation: 2, startedAt: later });
      await store.transaction((transaction) => transaction.markRemoved(sampleId(2), later));
      expect((await store.runProgress(run, { limit: 9, states: ['removed'] }))?.instances).toMatchObject([
        { name: 'web-2' },
      ]);
      expect((await store.runProgress(run, { limit: 0 }))?.counts).toMatchObject({ applied: 1, removed: 1 });
      await store.transaction((transaction) =>
        transaction.saveRunTargets(sampleId(51), [], { now: later, forget: later }),
      );
      expect(await store.runProgress(run, { limit: 0 })).toBeUndefined();
    });

    test('rollouts are listed newest first, by state', async () => {
      await store.transaction(async (transaction) => {
        await transaction.saveRollout(sampleRollout(1));
        await transaction.saveRollout(sampleRollout(2));
        await transaction.saveRollout(sampleRollout(1, { state: 'halted', reason: 'a\0' }));
      });
      expect((await store.rollouts({ limit: 9 })).map(({ state }) => state)).toEqual(['running', 'halted']);
      expect(await store.rollouts({ limit: 9, states: ['halted'] })).toMatchObject([
        { id: sampleId(1001), reason: 'a\0' },
      ]);
      expect(await store.rollouts({ limit: 1, states: ['finished'] })).toEqual([]);
      expect(await store.rollout(sampleId(1002))).toEqual(sampleRollout(2));
      expect(await store.rollout('a\0')).toBeUndefined();
    });

    test('instances of a rollout are counted, listed in their order and updated', async () => {
      const { id } = sampleRollout(1);
      await store.transaction(async (transaction) => {
        await transaction.saveRollout(sampleRollout(1));
        await transaction.addRolloutInstances(
          id,
          [
            { instance: sampleId(2), stage: 1, previous: 1 },
            { instance: sampleId(1), stage: 2, previous: 1 },
          ],
          noon,
        );
        await transaction.updateRolloutInstances(
          id,
          [{ instance: sampleId(2), state: 'under-way', generation: 2 }],
          later,
        );
      });
      expect(await store.rolloutCounts(id)).toEqual([
        { stage: 1, state: 'under-way', count: 1 },
        { stage: 2, state: 'waiting', count: 1 },
      ]);
      const first = await store.rolloutInstances({ rollout: id, limit: 1 });
      expect(first).toEqual({
        instances: [
          {
            instance: sampleId(2),
            name: 'web-2',
            stage: 1,
            state: 'under-way',
            previous: 1,
            generation: 2,
            since: later,
          },
        ],
        next: 1,
      });
      expect(await store.rolloutInstances({ rollout: id, after: 1, limit: 1 })).toMatchObject({
        instances: [{ name: 'web-1', state: 'waiting', generation: null }],
        next: null,
      });
      expect(await store.openRolloutInstances(id)).toEqual([
        {
          instance: sampleId(2),
          generation: 2,
          since: later,
          removed: false,
          attached: null,
          applied: null,
          failed: null,
          failedReason: null,
        },
      ]);
      await store.transaction(async (transaction) => {
        expect(await transaction.rollout(id)).toEqual(sampleRollout(1));
        await transaction.updateRolloutInstances(
          id,
          [{ instance: sampleId(2), state: 'failed', generation: 2, reason: 'why\0' }],
          later,
        );
      });
      expect(
        (await store.rolloutInstances({ rollout: id, states: ['failed'], limit: 9 })).instances,
      ).toMatchObject([{ reason: 'why\uFFFD' }]);
    });
  });
}
