import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { haltBound, isBeyond } from '../../server/rollouts/halt-bound.ts';
import { settleInstance } from '../../server/rollouts/settle-instance.ts';
import { cutStages } from '../../server/rollouts/stages.ts';
import type { OpenRolloutInstance } from '../../server/store/ports/rollouts.ts';
import type { StoredInstance } from '../../server/store/store.ts';
import { numberedId } from '../sync/sync-world.ts';

const open: OpenRolloutInstance = {
  instance: numberedId(1),
  generation: 3,
  since: '2026-01-02T03:04:05Z',
  removed: false,
  attached: 3,
  applied: 2,
  failed: null,
  failedReason: null,
};

describe('what has become of an instance', () => {
  test.each<[string, Partial<OpenRolloutInstance>, boolean, string | undefined]>([
    ['it has applied it', { applied: 3 }, false, 'applied'],
    ['it has applied a later one', { applied: 5, failed: 3 }, false, 'applied'],
    ['it failed', { failed: 3 }, false, 'failed'],
    ['a later one failed', { failed: 4 }, false, 'failed'],
    ['an earlier one failed', { failed: 2 }, false, undefined],
    ['it was removed', { removed: true, applied: 3 }, false, 'skipped'],
    ['nothing yet', {}, false, undefined],
    ['nothing in time', {}, true, 'silent'],
    ['it is off', { attached: 2 }, true, 'skipped'],
    ['it was never attached anything', { attached: null, applied: null }, true, 'skipped'],
    ['it never reports', { applied: null }, true, 'skipped'],
  ])('%s', (_, fields, isOver, state) => {
    expect(settleInstance({ ...open, ...fields }, isOver)?.state).toBe(state);
  });
});

describe('the bound', () => {
  test.each<[string, number, number, boolean]>([
    ['5%', 0, 100, false],
    ['5%', 5, 100, false],
    ['5%', 6, 100, true],
    ['0%', 1, 1000, true],
    ['100%', 10, 10, false],
    ['3', 2, 2, false],
    ['3', 3, 1000, true],
    ['nonsense', 1, 1000, true],
  ])('%s: %i of %i that were changed', (text, failures, changed, halts) => {
    expect(isBeyond(haltBound(text), failures, changed)).toBe(halts);
  });
});

describe('stages', () => {
  const machine = (number: number, isReady: boolean): Partial<StoredInstance> => ({
    id: numberedId(number),
    newest: 1,
    applied: isReady ? 1 : null,
    failure: null,
  });

  test('have every instance once, the canary first and no batch too large', () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { maxLength: 60 }),
        fc.nat(20),
        fc.option(fc.integer({ min: 1, max: 20 })),
        fc.boolean(),
        (ready, canary, batch, choosing) => {
          const selected = ready.map((isReady, index) => machine(index + 1, isReady)) as StoredInstance[];
          const { instances, stages } = cutStages(selected, { canary, batch }, choosing);
          expect(instances.map(({ instance }) => instance).sort()).toEqual(selected.map(({ id }) => id));
          const sizes = Array.from(
            { length: stages },
            (_, index) => instances.filter(({ stage }) => stage === index + 1).length,
          );
          expect(sizes.every((size) => size > 0)).toBe(true);
          const batches = canary > 0 ? sizes.slice(1) : sizes;
          if (canary > 0) expect(sizes[0] ?? 0).toBe(Math.min(canary, selected.length));
          expect(batches.slice(0, -1).every((size) => size === batch)).toBe(true);
          const places = instances.map(({ stage }) => stage);
          expect(places).toEqual([...places].sort((one, other) => one - other));
        },
      ),
    );
  });

  test('take machines that can be heard for the canary, unless the order is somebody’s wish', () => {
    const selected = [machine(1, false), machine(2, true)] as StoredInstance[];
    const first = (choosing: boolean) =>
      cutStages(selected, { canary: 1, batch: null }, choosing).instances[0]?.instance;
    expect([first(true), first(false)]).toEqual([numberedId(2), numberedId(1)]);
  });

  test('leave out what has no generation yet', () => {
    const fresh = { ...machine(1, false), newest: null } as StoredInstance;
    expect(cutStages([fresh], { canary: 1, batch: 1 }, true)).toEqual({ instances: [], stages: 0 });
  });
});
