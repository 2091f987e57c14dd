import { describe, expect, it } from 'vitest';
import { exitStatuses, exitStatusMeanings } from '../../server/cli/exit-status.ts';

describe('exit statuses', () => {
  it('are never 0 for a failure, and each is explained', () => {
    const explained = exitStatusMeanings.map(([status]) => status);
    for (const status of Object.values(exitStatuses)) {
      expect(status).toBeGreaterThan(0);
      expect(explained).toContain(status);
    }
    expect(new Set(explained).size).toBe(explained.length);
  });
});
