import { createHash } from 'node:crypto';
import { readJsonDocument } from '../../../../schemas/validation/json-document.ts';
import type { Query } from '../client/query.ts';
import type { NetboxMapping } from '../mapping.ts';

/** Where reading what changed goes on from. */
export interface ChangeState {
  /** Milliseconds since 1970 by the server's clock, an overlap before the last reading began. */
  readonly since: number;
  /** The lists that are watched, as they were, by path. */
  readonly watched: ReadonlyMap<string, WatchedState>;
}

/** A list at a reading. */
export interface WatchedState {
  /** Number of rows. */
  readonly count: number;
  /** When the rows that had been updated since `since` were updated, by id. */
  readonly seen: ReadonlyMap<number, string>;
}

/** The cursor's own version: another one is not read. */
const version = 1;
/** Rows of watched lists in one cursor; where more changed at once, machines are read whole. */
export const mostSeen = 2_000;

/** A hash of what decides which machines there are and what of NetBox they are made from. */
export function configurationHash(api: URL, filter: Query, mapping: NetboxMapping): string {
  const sorted = Object.entries(mapping).sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([version, api.href, filter, sorted]))
    .digest('base64url');
}

export function encodeCursor(configuration: string, { since, watched }: ChangeState): string {
  const lists = [...watched].map(([path, { count, seen }]) => [path, count, [...seen]]);
  return Buffer.from(JSON.stringify([version, configuration, since, lists])).toString('base64url');
}

/** Undefined for a cursor of another configuration or version, or what is none at all. */
export function decodeCursor(configuration: string, cursor: string): ChangeState | undefined {
  const reading = readJsonDocument(Buffer.from(cursor, 'base64url').toString('utf8'));
  if (reading.kind === 'invalid' || !Array.isArray(reading.value)) return undefined;
  const [itsVersion, itsConfiguration, since, lists] = reading.value as readonly unknown[];
  if (itsVersion !== version || itsConfiguration !== configuration) return undefined;
  if (typeof since !== 'number' || !Array.isArray(lists)) return undefined;
  const watched = new Map<string, WatchedState>();
  for (const list of lists as readonly unknown[]) {
    if (!Array.isArray(list)) return undefined;
    const [path, count, rows] = list as readonly unknown[];
    if (typeof path !== 'string' || typeof count !== 'number' || !Array.isArray(rows)) return undefined;
    if (!rows.every(isSeenRow)) return undefined;
    watched.set(path, { count, seen: new Map(rows) });
  }
  return { since, watched };
}

function isSeenRow(row: unknown): row is readonly [number, string] {
  return Array.isArray(row) && typeof row[0] === 'number' && typeof row[1] === 'string';
}
