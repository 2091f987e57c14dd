import { InvalidArgumentError } from 'commander';

const unitsMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const duration = /^(\d{1,6})([smhdw])$/;
const rfc3339 = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/**
 * A point in time in RFC 3339 UTC with seconds: from RFC 3339 (a date alone is its midnight in UTC) or a distance
 * from `now` such as `2h` or `3d`.
 * @param direction -1: distances lie in the past; 1: in the future
 */
export function parseTime(text: string, now: Date, direction: -1 | 1): string {
  const match = duration.exec(text);
  const unit = match?.[2] as keyof typeof unitsMs | undefined;
  const time =
    match !== null && unit !== undefined
      ? new Date(now.getTime() + direction * Number(match[1]) * unitsMs[unit])
      : new Date(rfc3339.test(text) && isCalendarDay(text.slice(0, 10)) ? text : Number.NaN);
  if (Number.isNaN(time.getTime()) || time.getUTCFullYear() < 0 || time.getUTCFullYear() > 9999) {
    throw new InvalidArgumentError(
      'Give a time such as 2026-01-02T03:04:05Z or 2026-01-02, or a distance such as 90m, 2h or 3d.',
    );
  }
  return time.toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** JavaScript takes 30 February for 2 March. */
function isCalendarDay(day: string): boolean {
  const time = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(day);
}
