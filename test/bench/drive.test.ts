import { describe, expect, it } from 'vitest';
import { benchDrive } from '../../bench/drive.ts';

describe('benchDrive', () => {
  it('builds as many drives each way and gives the ratio of their rates', async () => {
    const result = await benchDrive(6);
    for (const figures of [result.ubugi, result.genisoimage, result.genisoimageAllCores]) {
      expect(figures.drives).toBe(6);
      expect(figures.drivesPerSecond).toBeGreaterThan(0);
      expect(figures.p99Ms).toBeGreaterThanOrEqual(figures.medianMs);
    }
    expect(result.ratio).toBeCloseTo(result.ubugi.drivesPerSecond / result.genisoimage.drivesPerSecond, 1);
    expect(result.payloadBytes).toBeGreaterThan(0);
  });
});
