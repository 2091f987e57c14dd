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

    const report = async (fields: Partial<AgentReport>, receivedAt = '2026-02-01T00:00:00.000Z') => {
      await store.transaction((transaction) => transaction.saveReport(sampleReport(1, fields), receivedAt));
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
        store.transaction((transaction) => transaction.saveReport(sampleReport(9), noon)),
      ).rejects.toMatchObject({ code: 'not-found' });
    });

    test('saving the record again does not touch progress', async () => {
      await report({ generation: 2 });
      await store.transaction((transaction) => transaction.saveInstances([sampleInstance(1)]));
      expect(await store.instance(sampleId(1))).toMatchObject({ newest: 2, applied: 2 });
    });
  });
}
