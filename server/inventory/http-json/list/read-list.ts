import { createHash } from 'node:crypto';
import type { HttpJsonRequest } from '../../../../schemas/types/server-configuration.ts';
import { HttpFailure } from '../../http-client/http-failure.ts';
import { type ListPorts, MovedList, moved, readPages } from './pages.ts';
import type { Placeholders } from './request-template.ts';

/** Bounds of a list. */
export interface ListLimits {
  readonly rows: number;
  /** How often a list that moves is read from its start. */
  readonly attempts: number;
}

/** What is made of the rows of one reading. */
export interface RowSink<T> {
  /** Rows that have not come before. */
  take(rows: readonly unknown[]): Promise<void>;
  result(): T;
}

/**
 * Reads a list whole. If it moves meanwhile (its total changes, or rows are missing at the end) it is read again with
 * a new sink; rows that come twice are given once.
 */
export async function readList<T>(
  ports: ListPorts,
  request: HttpJsonRequest,
  values: Placeholders,
  openSink: () => RowSink<T>,
  limits: ListLimits,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await readOnce(ports, request, values, openSink(), limits);
    } catch (error) {
      if (!(error instanceof MovedList) || attempt >= limits.attempts) throw error;
    }
  }
}

async function readOnce<T>(
  ports: ListPorts,
  request: HttpJsonRequest,
  values: Placeholders,
  sink: RowSink<T>,
  limits: ListLimits,
): Promise<T> {
  const seen = new Set<string>();
  let expected: number | undefined;
  for await (const { rows, total } of readPages(ports, request, values)) {
    if (expected !== undefined && total !== expected) throw moved();
    expected = total;
    const news = rows.filter((row) => {
      const identity = createHash('sha256').update(JSON.stringify(row)).digest('base64');
      if (seen.has(identity)) return false;
      seen.add(identity);
      return true;
    });
    if (seen.size > limits.rows) {
      throw new HttpFailure(`has more than ${limits.rows} records`, 'narrow the query');
    }
    // A server that ignores the placeholders would give its first page for ever.
    if (rows.length > 0 && news.length === 0) throw moved();
    await sink.take(news);
  }
  if (expected !== undefined && seen.size !== expected) throw moved();
  return sink.result();
}
