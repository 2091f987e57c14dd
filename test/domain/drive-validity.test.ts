import { describe, expect, it } from 'vitest';
import { driveExpiry, driveRenewal } from '../../server/domain/drive-validity.ts';
import type { InstanceId } from '../../server/domain/identifiers.ts';

const createdAt = '2026-01-01T00:00:00.000Z';
const ending = (digits: string) => `5f2b6a1e-0c7d-4f6a-9a53-7d0c1e9b${digits}` as InstanceId;

describe('the days of a drive', () => {
  it('end so many days after its generation was made', () => {
    expect(driveExpiry({ driveDays: 30 }, createdAt)).toBe('2026-01-31T00:00:00.000Z');
    expect(driveExpiry({}, createdAt)).toBeUndefined();
  });

  it.each([
    ['half', '0000', '2026-01-16T00:00:00.000Z'],
    ['two thirds', 'ffff', '2026-01-21T00:00:00.000Z'],
  ])('are renewed when %s of them are over, as the instance has it', (_share, digits, time) => {
    expect(driveRenewal({ driveDays: 30 }, createdAt, ending(digits))).toBe(time);
  });

  it('are not renewed where there are none', () => {
    expect(driveRenewal({}, createdAt, ending('0000'))).toBeUndefined();
  });
});
