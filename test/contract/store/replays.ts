import { beforeEach, describe, expect, test } from 'vitest';
import type { Replay } from '../../../server/domain/replay/replay.ts';
import { ended } from '../../../server/domain/replay/replay.ts';
import type { DriveFacts } from '../../../server/store/ports/replays.ts';
import type { Store } from '../../../server/store/store.ts';
import { noon, sampleGeneration, sampleId, sampleInstance } from './samples.ts';
import type { StoreBackend } from './store-backend.ts';

function sampleReplay(fields: Partial<Replay> = {}): Replay {
  return {
    generation: 1,
    actor: 'alice',
    reason: 'lost\0',
    startedAt: noon,
    until: '2026-01-03T12:00:00.000Z',
    attachedAt: null,
    endedAt: null,
    outcome: null,
    ...fields,
  };
}

/** Replays, and what drives had beside their guest configuration. */
export function describeReplays(backend: StoreBackend): void {
  describe('replays', () => {
    let store: Store;
    beforeEach(async () => {
      store = await (await backend.database()).open();
      await store.transaction((transaction) =>
        transaction.saveInstances([1, 2, 3].map((number) => sampleInstance(number))),
      );
    });

    test('come with their instance, the last one only', async () => {
      expect(await store.instance(sampleId(1))).not.toHaveProperty('replay');
      const last = sampleReplay({ generation: 2 });
      await store.transaction(async (transaction) => {
        await transaction.saveReplay(sampleId(1), sampleReplay());
        await transaction.saveReplay(sampleId(1), last);
        expect((await transaction.instance(sampleId(1)))?.replay).toEqual(last);
      });
      expect((await store.instance(sampleId(1)))?.replay).toEqual(last);
      expect(await store.instance(sampleId(2))).not.toHaveProperty('replay');
    });

    test('that have not ended are listed in order, page by page, or by their time', async () => {
      await store.transaction(async (transaction) => {
        await transaction.saveReplay(sampleId(3), sampleReplay());
        await transaction.saveReplay(sampleId(2), ended(sampleReplay(), 'applied', noon));
        await transaction.saveReplay(sampleId(1), sampleReplay({ until: noon }));
      });
      const ids = async (query: Parameters<Store['openReplays']>[0]) =>
        (await store.openReplays(query)).map(({ instance }) => instance);
      expect(await ids({ limit: 9 })).toEqual([sampleId(1), sampleId(3)]);
      expect(await ids({ limit: 1 })).toEqual([sampleId(1)]);
      expect(await ids({ limit: 9, after: sampleId(1) })).toEqual([sampleId(3)]);
      expect(await ids({ limit: 9, until: noon })).toEqual([sampleId(1)]);
    });

    test('let drives carry the first token that was not used', async () => {
      expect(await store.firstReportCounter(sampleId(1), 1)).toBe(0);
      await store.transaction(async (transaction) => {
        await transaction.saveReportCounter(sampleId(1), 1, { accepted: 3, lastSha256: 'a' });
        await transaction.saveReportCounter(sampleId(1), 2, { accepted: 5, lastSha256: 'a' });
        await transaction.renewReportTokens(sampleId(1), [1, 7]);
        await transaction.saveReportCounter(sampleId(1), 1, { accepted: 4, lastSha256: 'b' });
      });
      expect(await store.firstReportCounter(sampleId(1), 1)).toBe(3);
      expect(await store.firstReportCounter(sampleId(1), 2)).toBe(0);
      expect(await store.firstReportCounter(sampleId(2), 1)).toBe(0);
    });

    test('find what drives had when a generation was made', async () => {
      const facts: readonly DriveFacts[] = [
        { availabilityZone: 'a' },
        { availabilityZone: 'a' },
        {},
        { availabilityZone: 'b', userData: 'AAAA' },
      ];
      for (const one of facts) {
        await store.transaction((transaction) =>
          transaction.appendGenerations([
            { ...sampleGeneration(1), facts: one },
            { ...sampleGeneration(2), contentSha256: 'cd'.repeat(32) },
          ]),
        );
      }
      for (const [index, one] of facts.entries()) {
        expect(await store.driveFacts(sampleId(1), index + 1)).toEqual(one);
        expect(await store.driveFacts(sampleId(2), index + 1)).toEqual({});
      }
    });
  });
}
