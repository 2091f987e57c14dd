import type { FeedHead } from '../../store/ports/placement.ts';

const form = /^([0-9a-f]{16})-(\d{1,15})$/;

/** A position in the feed of changes as hosts keep it: opaque to them. */
export function cursorOf({ epoch, change }: FeedHead): string {
  return `${epoch}-${change}`;
}

/** The position of a cursor; undefined if no server ever gave it. */
export function positionOf(cursor: string): FeedHead | undefined {
  const [, epoch, change] = form.exec(cursor) ?? [];
  return epoch === undefined ? undefined : { epoch, change: Number(change) };
}
