import { createHash } from 'node:crypto';
import type { HttpJsonOptions } from '../option-rules.ts';

/** Makes and reads the cursors of one configuration. */
export interface ChangeCursors {
  /** @param since what changed from then on is not known yet */
  write(since: Date): string;
  /** The time in a cursor; undefined if it is not of this configuration, too old, or of the future. */
  read(cursor: string, now: Date): Date | undefined;
}

/** A cursor is bound to what is asked for and how it is mapped: after a change of either, all is read. */
export function changeCursors(url: string, options: HttpJsonOptions, maximumAgeMs: number): ChangeCursors {
  const { list, lookup, key, recordUrl, related, mapping, changes } = options;
  const configuration = createHash('sha256')
    .update(JSON.stringify([url, list, lookup, key, recordUrl, related, mapping, changes]))
    .digest('hex')
    .slice(0, 32);
  return {
    write: (since) => `1.${configuration}.${since.getTime()}`,
    read(cursor, now) {
      const [, of, time] = /^1\.([0-9a-f]{32})\.(\d{1,15})$/.exec(cursor) ?? [];
      if (of !== configuration) return undefined;
      const age = now.getTime() - Number(time);
      // A clock that was set back says nothing about the time in between.
      return age >= 0 && age <= maximumAgeMs ? new Date(Number(time)) : undefined;
    },
  };
}
