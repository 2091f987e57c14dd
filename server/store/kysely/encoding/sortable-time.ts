/**
 * An RFC 3339 time ending in Z as a text that sorts in order of time: nine digits after the second, always.
 * As they come, `…:05.5Z` would sort before `…:05Z`.
 */
export function sortableTime(timestamp: string): string {
  const [seconds = '', fraction = ''] = timestamp.replace(/Z$/, '').split('.');
  return `${seconds}.${fraction.padEnd(9, '0')}Z`;
}
