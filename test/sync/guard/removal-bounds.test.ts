import { expect, test } from 'vitest';
import { defaultRemovalBounds, removalObjection } from '../../../server/sync/guard/removal-bounds.ts';

test.each([
  [0, 0, false],
  [1, 1, false],
  [2, 1, false],
  [2, 2, true],
  [3, 2, true],
  [10, 4, false],
  [10, 5, true],
  [100, 5, false],
  [100, 6, true],
  [1000, 50, false],
  [1000, 51, true],
  [100_000, 500, false],
  [100_000, 501, true],
])('of %d instances %d removals need a person: %s', (known, removals, stops) => {
  expect(removalObjection('instances', known, removals, defaultRemovalBounds) !== undefined).toBe(stops);
});
