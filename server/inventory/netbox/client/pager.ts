import { HttpFailure } from '../../http-client/http-failure.ts';
import type { NetboxClient } from './netbox-client.ts';
import type { Query } from './query.ts';

/** One object of a list, as NetBox gives it. */
export type Row = Readonly<Record<string, unknown>> & { readonly id: number };

/** Reads lists of NetBox whole. Links in answers are never followed: every request is made from the configured URL. */
export interface Pager {
  /** The rows of a list by ascending id, page by page. A row may come more than once. */
  pages(path: string, query: Query): AsyncIterable<readonly Row[]>;
  /** Rows of a list in an order, no more than so many. Where the list changes meanwhile, some may be missed. */
  newest(path: string, query: Query, ordering: string, rows: number): AsyncIterable<readonly Row[]>;
  /** How many rows the server says there are. */
  count(path: string, query: Query): Promise<number>;
}

/** Bounds of a list. */
export interface PagerLimits {
  /** Rows asked for at once. The server may give fewer (`MAX_PAGE_SIZE`). */
  readonly pageSize: number;
  /** Rows of one list. */
  readonly rows: number;
}

interface Page {
  /** Null with the cursor. */
  readonly count: number | null;
  readonly rows: readonly Row[];
  readonly hasNext: boolean;
}

/** How often a page may turn out to have moved, before the list is given up. */
const mostGaps = 20;
const overlap = 10;

export function createPager(client: NetboxClient, limits: PagerLimits): Pager {
  /** Whether the server knows `start` (NetBox 4.6): it then counts nothing. An older one ignores the parameter. */
  let hasCursor: boolean | undefined;

  async function page(path: string, query: Query): Promise<Page> {
    return readPage(path, await client.get(path, query));
  }

  async function* pages(path: string, query: Query): AsyncGenerator<readonly Row[]> {
    let received = 0;
    for await (const rows of hasCursor === false ? byOffset(path, query) : byCursor(path, query)) {
      received += rows.length;
      if (received > limits.rows) {
        throw new HttpFailure(`has more than ${limits.rows} rows in ${path}`, 'narrow it with filter');
      }
      yield rows;
    }
  }

  /** `start` is the least id of a page: rows that come or go meanwhile move no others. */
  async function* byCursor(path: string, query: Query): AsyncGenerator<readonly Row[]> {
    for (let start = 1; ; ) {
      const { count, rows, hasNext } = await page(path, [
        ...query,
        ['limit', String(limits.pageSize)],
        ['start', String(start)],
      ]);
      if (count !== null) {
        if (start !== 1) throw new HttpFailure(`changed its way of paging within ${path}`, 'try again');
        hasCursor = false;
        // The whole list, in whatever order, needs no other.
        if (hasNext) yield* byOffset(path, query);
        else yield rows;
        return;
      }
      hasCursor = true;
      yield rows;
      if (!hasNext) return;
      const last = Math.max(0, ...rows.map(({ id }) => id));
      if (last < start)
        throw new HttpFailure(`promises more rows of ${path} but gives none`, 'look into its log');
      start = last + 1;
    }
  }

  /**
   * Each page begins some rows before the end of the last. Deleted rows move those behind them forward: if a page
   * does not begin at or before a row that was seen, it is one too far.
   */
  async function* byOffset(path: string, query: Query): AsyncGenerator<readonly Row[]> {
    let last = 0;
    let gaps = 0;
    for (let offset = 0; ; ) {
      const { rows, hasNext } = await page(path, [
        ...query,
        ['limit', String(limits.pageSize)],
        ['offset', String(offset)],
        ['ordering', 'id'],
      ]);
      const first = rows[0];
      if (offset > 0 && (first === undefined || first.id > last)) {
        gaps += 1;
        if (gaps > mostGaps) throw new HttpFailure(`changes ${path} faster than it can be read`, 'try again');
        offset = Math.max(0, offset - limits.pageSize);
        continue;
      }
      if (rows.some(({ id }, index) => id < (rows[index - 1]?.id ?? 0))) {
        throw new HttpFailure(`does not sort ${path} by id`, 'check for a proxy that drops parameters');
      }
      yield rows;
      if (!hasNext) return;
      if (first === undefined)
        throw new HttpFailure(`promises more rows of ${path} but gives none`, 'look into its log');
      last = Math.max(last, rows.at(-1)?.id ?? 0);
      offset += rows.length - Math.min(overlap, Math.floor(rows.length / 2));
    }
  }

  async function* newest(
    path: string,
    query: Query,
    ordering: string,
    most: number,
  ): AsyncGenerator<readonly Row[]> {
    for (let offset = 0; offset < most; ) {
      const { rows, hasNext } = await page(path, [
        ...query,
        ['limit', String(Math.min(limits.pageSize, most - offset))],
        ['offset', String(offset)],
        ['ordering', ordering],
      ]);
      yield rows;
      if (!hasNext || rows.length === 0) return;
      offset += rows.length;
    }
  }

  return {
    pages,
    newest,
    async count(path, query) {
      const { count } = await page(path, [...query, ['limit', '1'], ['offset', '0']]);
      if (count === null) throw new HttpFailure(`does not count ${path}`, 'check the version of NetBox');
      return count;
    },
  };
}

function readPage(path: string, value: unknown): Page {
  if (isObject(value) && Array.isArray(value['results'])) {
    const { count = null, next, results } = value;
    if ((count === null || Number.isSafeInteger(count)) && results.every(isRow)) {
      return {
        count: count as number | null,
        rows: results,
        hasNext: typeof next === 'string' && next !== '',
      };
    }
  }
  throw new HttpFailure(
    `answered ${path} with something that is no list of NetBox`,
    'check that url is the root of NetBox',
  );
}

function isRow(value: unknown): value is Row {
  return isObject(value) && Number.isSafeInteger(value['id']) && (value['id'] as number) > 0;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
