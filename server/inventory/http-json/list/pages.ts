import type { HttpJsonPaging, HttpJsonRequest } from '../../../../schemas/types/server-configuration.ts';
import type { HttpClient, JsonAnswer } from '../../http-client/http-client.ts';
import { HttpFailure } from '../../http-client/http-failure.ts';
import type { HttpRequest } from '../../http-client/transport.ts';
import { nextLink, recordsOf, totalOf } from './answer.ts';
import { textAt, valueAt } from './pointer-value.ts';
import { fillRequest, type Placeholders } from './request-template.ts';

/** One page of a list. */
export interface Page {
  readonly rows: readonly unknown[];
  /** How many the server says there are in all. */
  readonly total: number | undefined;
}

/** The list changed while it was read, in a way that may hide records. */
export class MovedList extends HttpFailure {}

/** Where lists are read from. */
export interface ListPorts {
  readonly client: HttpClient;
  readonly base: URL;
}

const defaultSize = 500;

/** The pages of a list, in order. Rows may come twice; none is missing, or it fails with {@link MovedList}. */
export async function* readPages(
  ports: ListPorts,
  request: HttpJsonRequest,
  values: Placeholders,
): AsyncGenerator<Page> {
  const paging = request.paging ?? { kind: 'none' };
  switch (paging.kind) {
    case 'none': {
      const { rows } = await ask(ports, request, fillRequest(ports.base, request, values), undefined);
      yield { rows, total: undefined };
      return;
    }
    case 'offset':
      yield* byOffset(ports, request, values, paging);
      return;
    case 'page':
      yield* byPage(ports, request, values, paging);
      return;
    case 'cursor':
      yield* byCursor(ports, request, values, paging);
      return;
    case 'link':
      yield* byLink(ports, request, values, paging, nextLink);
      return;
    case 'next':
      yield* byLink(ports, request, values, paging, (answer) => endOrText(answer, paging.at));
  }
}

type Paging<Kind extends HttpJsonPaging['kind']> = Extract<HttpJsonPaging, { readonly kind: Kind }>;

async function ask(
  { client }: ListPorts,
  request: HttpJsonRequest,
  filled: HttpRequest,
  total: string | undefined,
): Promise<Page & { readonly answer: JsonAnswer }> {
  const answer = await client.send(filled);
  return { rows: recordsOf(request, answer), total: totalOf(total, answer), answer };
}

/** Each page begins with the last row of the one before: if it does not, rows have gone or come meanwhile. */
async function* byOffset(
  ports: ListPorts,
  request: HttpJsonRequest,
  values: Placeholders,
  { size = defaultSize, total: place }: Paging<'offset'>,
): AsyncGenerator<Page> {
  let received = 0;
  let last: string | undefined;
  for (;;) {
    const offset = last === undefined ? 0 : received - 1;
    const filled = fillRequest(ports.base, request, { ...values, offset, limit: size });
    const { rows, total } = await ask(ports, request, filled, place);
    if (last !== undefined && JSON.stringify(rows[0]) !== last) throw moved();
    const news = last === undefined ? rows : rows.slice(1);
    yield { rows: news, total };
    received += news.length;
    if (news.length === 0 || received === total) return;
    last = JSON.stringify(rows.at(-1));
  }
}

async function* byPage(
  ports: ListPorts,
  request: HttpJsonRequest,
  values: Placeholders,
  { size = defaultSize, first = 1, total: place }: Paging<'page'>,
): AsyncGenerator<Page> {
  let received = 0;
  for (let page = first; ; page += 1) {
    const filled = fillRequest(ports.base, request, { ...values, page, limit: size });
    const { rows, total } = await ask(ports, request, filled, place);
    yield { rows, total };
    received += rows.length;
    if (rows.length === 0 || received === total) return;
  }
}

async function* byCursor(
  ports: ListPorts,
  request: HttpJsonRequest,
  values: Placeholders,
  { size = defaultSize, at }: Paging<'cursor'>,
): AsyncGenerator<Page> {
  const seen = new Set<string>();
  let cursor: string | undefined;
  do {
    const here = { ...values, limit: size, ...(cursor === undefined ? {} : { cursor }) };
    const { rows, answer } = await ask(ports, request, fillRequest(ports.base, request, here), undefined);
    yield { rows, total: undefined };
    cursor = endOrText(answer, at);
    noteOnce(seen, cursor);
  } while (cursor !== undefined);
}

/** The first request is the template's; the others are where the server points, with the same method and body. */
async function* byLink(
  ports: ListPorts,
  request: HttpJsonRequest,
  values: Placeholders,
  { size = defaultSize, total: place }: Paging<'link' | 'next'>,
  next: (answer: JsonAnswer) => string | undefined,
): AsyncGenerator<Page> {
  const seen = new Set<string>();
  let filled = fillRequest(ports.base, request, { ...values, offset: 0, limit: size });
  for (;;) {
    const { rows, total, answer } = await ask(ports, request, filled, place);
    yield { rows, total };
    const target = next(answer);
    if (target === undefined) return;
    noteOnce(seen, target);
    const url = URL.parse(target, filled.url.href);
    if (url === null || url.origin !== ports.base.origin || url.username !== '' || url.password !== '') {
      throw new HttpFailure(
        'points to another server for the next page, where nothing is ever asked',
        'give url as the server names itself, or tell it the name that its proxy has',
      );
    }
    filled = { ...filled, url };
  }
}

/** A cursor or URL; undefined at the end of the list. */
function endOrText({ value }: JsonAnswer, pointer: string): string | undefined {
  const found = valueAt(value, pointer);
  if (found === undefined || found === null || found === '') return undefined;
  const text = textAt(value, pointer);
  if (text !== undefined && text.length <= 4096) return text;
  throw new HttpFailure(`has something at ${pointer} that leads to no next page`, 'check paging.at');
}

function noteOnce(seen: Set<string>, target: string | undefined): void {
  if (target === undefined) return;
  if (seen.has(target)) throw new HttpFailure('leads in a circle from page to page', 'look into its log');
  seen.add(target);
}

/** What to do with a list that does not stand still. */
export function moved(): MovedList {
  return new MovedList(
    'changes its list faster than it can be read',
    'try again, and check that the query sorts by a unique field',
  );
}
