import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSweptGuest, type SweptGuest } from './swept-guest.ts';

let guest: SweptGuest;
beforeAll(async () => {
  guest = await openSweptGuest();
}, 600_000);
afterAll(() => guest?.close());

test('ubugi-agent killed at every file operation: old or new, whole, and the next run completes', async () => {
  const runs = await guest.sweep(
    'signal=SIGKILL',
    () => true,
    async (_which, status) => {
      expect(status).toBe(137);
      await guest.expectWayIn();
      await guest.recover();
      expect(await guest.wholeState()).toMatch(/^(most|least)$/);
    },
  );
  expect(runs).toBeGreaterThan(100);
}, 1_800_000);
