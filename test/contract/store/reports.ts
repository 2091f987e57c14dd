import { beforeEach, describe, expect, test } from 'vitest';
import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { Store } from '../../../server/store/store.ts';
import { noon, sampleGeneration, sampleId, sampleInstance, sampleReport } from './samples.ts';
import type { StoreBackend } from './store-backend.ts';

/** Reports, and how they move `attached` and `applied`. The rules one by one: `report-progress.test.ts`. */
export function describeReports(backend: StoreBackend): void {
  describe('reports', () => {
    let store: Store;
    beforeEach(async () => {
      store = await (await backend.database()).open();
      await store.transaction(async (transaction) => {
        await transaction.saveInstances([sampleInstance(1)]);
        await transaction.appendGenerations([sampleGeneration(1)]);
        await transaction.appendGenerations([sampleGeneration(1)]);
      });
    });

    const report = async (
      fields: Partial<AgentReport>,
      receivedAt = '2026-02-01T00:00:00.000Z',
      keep = 100,
    ) => {
      await store.transaction((transaction) =>
        transaction.saveReport(sampleReport(1, fields), receivedAt, keep),
      );
      const instance = await store.instance(sampleId(1));
      return { attached: instance?.attached, applied: instance?.applied };
    };

    test('come back newest first, at most as many as asked for', async () => {
      const output = 'visudo: \u001b[31merror\u0000\n';
      const failed = sampleReport(1, {
        outcome: 'failed',
        reason: 'sudoers is not valid',
        agent: { version: '1.0.0', arch: 'x86_64' },
        verified: true,
        resources: [
          {
            resource: 'sudoers',
            outcome: 'failed',
            durationMs: 3,
            changes: [{ action: 'update', target: '/etc/sudoers.d/ubugi' }],
            output,
          },
        ],
      });
      await report({ generation: 1 });
      await report(failed);
      await report({ generation: 2, outcome: 'unchanged' });
      expect(await store.reports(sampleId(1), 2)).toEqual([
        sampleReport(1, { generation: 2, outcome: 'unchanged' }),
        failed,
      ]);
      expect(await store.reports(sampleId(1), 10)).toHaveLength(3);
      expect(await store.reports(sampleId(2), 10)).toEqual([]);
    });

    test('a hypervisor moves attached, a guest moves applied', async () => {
      expect(await report({ origin: 'hypervisor', outcome: 'attached' })).toEqual({
        attached: 1,
        applied: null,
      });
      expect(await report({ outcome: 'applied' })).toEqual({ attached: 1, applied: 1 });
      expect(await report({ generation: 2, outcome: 'unchanged' })).toEqual({ attached: 1, applied: 2 });
    });

    test('failed and refused move nothing', async () => {
      expect(await report({ outcome: 'failed' })).toEqual({ attached: null, applied: null });
      expect(await report({ outcome: 'refused', generation: 2 })).toEqual({ attached: null, applied: null });
    });

    test('an old report does not move back, a newer one does', async () => {
      await report({ generation: 2, startedAt: '2026-01-10T00:00:00Z' });
      expect(await report({ generation: 1, startedAt: '2026-01-09T23:59:59.9Z' })).toMatchObject({
        applied: 2,
      });
      expect(await report({ generation: 1, startedAt: '2026-01-10T00:00:00.1Z' })).toMatchObject({
        applied: 1,
      });
    });

    test('of an unknown instance is refused', async () => {
      await expect(
        store.transaction((transaction) => transaction.saveReport(sampleReport(9), noon, 100)),
      ).rejects.toMatchObject({ code: 'not-found' });
    });

    test('only the newest are kept, of each instance by itself', async () => {
      await store.transaction(async (transaction) => {
        await transaction.saveInstances([sampleInstance(2)]);
        await transaction.saveReport(sampleReport(2, { durationMs: 77 }), noon, 1);
      });
      for (const durationMs of [1, 2, 3, 4, 5]) await report({ durationMs }, noon, 3);
      expect((await store.reports(sampleId(1), 10)).map(({ durationMs }) => durationMs)).toEqual([5, 4, 3]);
      expect(await store.reports(sampleId(2), 10)).toMatchObject([{ durationMs: 77 }]);
      // A lower number from the next start on.
      await report({ durationMs: 6 }, noon, 1);
      expect((await store.reports(sampleId(1), 10)).map(({ durationMs }) => durationMs)).toEqual([6]);
    });

    test('counters of one-time tokens: none before the first, one for each generation, rolled back with the rest', async () => {
      const counter = (index: number, generation: number) =>
        store.transaction((transaction) => transaction.reportCounter(sampleId(index), generation));
      const save = (generation: number, accepted: number) =>
        store.transaction((transaction) =>
          transaction.saveReportCounter(sampleId(1), generation, {
            accepted,
            lastSha256: `hash ${accepted}`,
          }),
        );
      expect(await counter(1, 1)).toEqual({ accepted: 0, lastSha256: '' });
      await save(1, 1);
      await save(1, 2);
      await save(2, 1);
      expect(await counter(1, 1)).toEqual({ accepted: 2, lastSha256: 'hash 2' });
      expect(await counter(1, 2)).toEqual({ accepted: 1, lastSha256: 'hash 1' });
      expect(await counter(2, 1)).toEqual({ accepted: 0, lastSha256: '' });
      await expect(
        store.transaction(async (transaction) => {
          await transaction.saveReportCounter(sampleId(1), 1, { accepted: 3, lastSha256: 'hash 3' });
          throw new Error('stop');
        }),
      ).rejects.toThrow('stop');
      expect(await counter(1, 1)).toEqual({ accepted: 2, lastSha256: 'hash 2' });
    });

    test('a counter that many raise at once loses none', async () => {
      await Promise.all(
        Array.from({ length: 12 }, () =>
          store.transaction(async (transaction) => {
            await transaction.instance(sampleId(1));
            const { accepted } = await transaction.reportCounter(sampleId(1), 1);
            await transaction.saveReportCounter(sampleId(1), 1, { accepted: accepted + 1, lastSha256: 'x' });
          }),
        ),
      );
      expect(
        await store.transaction((transaction) => transaction.reportCounter(sampleId(1), 1)),
      ).toMatchObject({ accepted: 12 });
    });

    test('saving the record again does not touch progress', async () => {
      await report({ generation: 2 });
      await store.transaction((transaction) => transaction.saveInstances([sampleInstance(1)]));
      expect(await store.instance(sampleId(1))).toMatchObject({ newest: 2, applied: 2 });
    });
  });
}
