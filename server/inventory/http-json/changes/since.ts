import type { HttpJsonChanges } from '../../../../schemas/types/server-configuration.ts';

/** A time as the configuration wants it in a request, rounded down to the second. Numbers may stand in JSON bodies. */
export function formatSince(
  since: Date,
  { since: format = 'iso', timeZone = 'UTC' }: Pick<HttpJsonChanges, 'since' | 'timeZone'>,
): string | number {
  const seconds = Math.floor(since.getTime() / 1000);
  switch (format) {
    case 'iso':
      return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
    case 'sql':
      return sqlTime(new Date(seconds * 1000), timeZone);
    case 'seconds':
      return seconds;
    case 'milliseconds':
      return seconds * 1000;
  }
}

/** Whether the runtime's time zone database has this name. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function sqlTime(time: Date, timeZone: string): string {
  const format = new Intl.DateTimeFormat('en', {
    timeZone,
    calendar: 'iso8601',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  const parts = new Map(format.formatToParts(time).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
  return `${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')}:${part('second')}`;
}
