import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import { type Progress, progressAfter } from '../../../server/store/kysely/report-progress.ts';
import { sampleReport } from '../../contract/store/samples.ts';

const receivedAt = '2026-06-01T00:00:00.000Z';
const start: Progress = { newest: 5, attached: undefined, applied: undefined, failure: undefined };

/** The progress after reports that came one after the other: each generation, start, and what else it says. */
function after(
  ...reports: ReadonlyArray<readonly [generation: number, startedAt: string, fields?: Partial<AgentReport>]>
): Progress {
  return reports.reduce<Progress>(
    (progress, [generation, startedAt, fields]) =>
      progressAfter(progress, sampleReport(1, { generation, startedAt, ...fields }), receivedAt),
    start,
  );
}

describe('progress after reports', () => {
  test.each<[AgentReport['origin'], AgentReport['outcome'], number | undefined, number | undefined]>([
    ['hypervisor', 'attached', 2, undefined],
    ['guest', 'applied', undefined, 2],
    ['guest', 'unchanged', undefined, 2],
    ['guest', 'failed', undefined, undefined],
    ['guest', 'refused', undefined, undefined],
    ['hypervisor', 'failed', undefined, undefined],
    ['hypervisor', 'refused', undefined, undefined],
    // Neither can speak for the other.
    ['guest', 'attached', undefined, undefined],
    ['hypervisor', 'applied', undefined, undefined],
    ['hypervisor', 'unchanged', undefined, undefined],
  ])('%s says %s: attached %s, applied %s', (origin, outcome, attached, applied) => {
    const progress = after([2, '2026-01-01T00:00:00Z', { origin, outcome }]);
    expect(progress.attached?.generation).toBe(attached);
    expect(progress.applied?.generation).toBe(applied);
  });

  test('a higher generation counts even from a clock that is behind', () => {
    const progress = after([2, '2026-01-02T00:00:00Z'], [3, '1970-01-01T00:00:09Z']);
    expect(progress.applied).toEqual({ generation: 3, asOf: '2026-01-02T00:00:00.000000000Z' });
  });

  test('an old report that comes late, or again, does not move back', () => {
    const late = after([3, '2026-01-02T00:00:00Z'], [2, '2026-01-01T00:00:00Z']);
    expect(late.applied?.generation).toBe(3);
    const again = after(
      [2, '2026-01-02T00:00:00Z'],
      [3, '1970-01-01T00:00:00Z'],
      [2, '2026-01-02T00:00:00Z'],
    );
    expect(again.applied?.generation).toBe(3);
  });

  test('a newer report moves back, as after a start from the last known good drive', () => {
    const progress = after([3, '2026-01-02T00:00:00Z'], [2, '2026-01-02T00:00:00.000000001Z']);
    expect(progress.applied?.generation).toBe(2);
  });

  test('the same generation again makes what is known newer', () => {
    const progress = after(
      [3, '2026-01-02T00:00:00Z'],
      [3, '2026-01-04T00:00:00Z'],
      [2, '2026-01-03T00:00:00Z'],
    );
    expect(progress.applied?.generation).toBe(3);
  });

  test('a clock ahead of ours does not block what follows', () => {
    const ahead = after([3, '2099-01-01T00:00:00Z']);
    const report = sampleReport(1, { generation: 2, startedAt: '2026-06-02T00:00:00Z' });
    expect(progressAfter(ahead, report, '2026-06-02T00:00:01.000Z').applied?.generation).toBe(2);
  });

  test('a generation that was never made counts for nothing', () => {
    expect(after([6, '2026-01-01T00:00:00Z'])).toEqual(start);
    const none: Progress = { newest: undefined, attached: undefined, applied: undefined, failure: undefined };
    expect(progressAfter(none, sampleReport(1), receivedAt)).toBe(none);
  });

  test('attached and applied are known apart', () => {
    const progress = after(
      [4, '2026-01-05T00:00:00Z', { origin: 'hypervisor', outcome: 'attached' }],
      [3, '2026-01-01T00:00:00Z'],
    );
    expect([progress.attached?.generation, progress.applied?.generation]).toEqual([4, 3]);
  });

  test('whatever comes twice in any order, the end is a generation that was reported', () => {
    const report = fc.tuple(
      fc.integer({ min: 1, max: 5 }),
      fc.date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true }),
    );
    fc.assert(
      fc.property(fc.array(report, { minLength: 1 }), (reports) => {
        const sent = reports.map(([generation, at]) => [generation, at.toISOString()] as const);
        const once = after(...sent);
        const last = sent.at(-1) ?? [0, ''];
        expect(sent.map(([generation]) => generation)).toContain(once.applied?.generation);
        // Delivered once more, the last one changes nothing.
        expect(after(...sent, last)).toEqual(once);
      }),
    );
  });
});
