import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSweptGuest, type SweptGuest } from './swept-guest.ts';

let guest: SweptGuest;
beforeAll(async () => {
  guest = await openSweptGuest();
}, 600_000);
afterAll(() => guest?.close());

test('ubugi-agent without room at every file operation: old or new, whole, and the next run completes', async () => {
  let refused = 0;
  const runs = await guest.sweep(
    'error=ENOSPC',
    (call) => call !== 'fchown' && call !== 'unlinkat',
    async (which, status) => {
      await guest.expectWayIn();
      // What fails after the last write, such as keeping the report, takes nothing back.
      expect([status, await guest.wholeState()]).toEqual(
        status === 0 ? [0, which] : [1, expect.stringMatching(/^(most|least)$/) as string],
      );
      refused += status;
    },
  );
  expect(runs).toBeGreaterThan(80);
  expect(refused).toBeGreaterThan(40);
}, 1_800_000);
