import { type CmdbRequest, type JsonCmdbServer, startJsonCmdb } from '../json-cmdb-server.ts';

/** An object of a list as Ralph's serializers give it. */
export type RalphObject = Record<string, unknown> & { readonly id: number };

export const ralphToken = '8f4c1d0c9c6f4b1f9f1f0c6d2a5b7e3d1c2b3a49';

/** A stand-in for Ralph's API: token, look-ups with `__`, count, next and previous as Django REST framework has them. */
export async function startRalph(lists: Record<string, RalphObject[]>): Promise<JsonCmdbServer> {
  return await startJsonCmdb((request) => {
    if (request.headers.authorization !== `Token ${ralphToken}`) {
      return { status: 401, value: { detail: 'Invalid token.' } };
    }
    const list = lists[/^\/api\/([\w-]+)\/$/.exec(request.url.pathname)?.[1] ?? ''];
    if (list === undefined) return { status: 404, value: { detail: 'Not found.' } };
    return { value: answerList(request, list) };
  });
}

function answerList({ url }: CmdbRequest, list: readonly RalphObject[]): unknown {
  const found = list.filter((object) => [...url.searchParams].every((filter) => matches(object, filter)));
  const limit = Number(url.searchParams.get('limit') ?? 10);
  const offset = Number(url.searchParams.get('offset') ?? 0);
  const link = (to: number): string => {
    const target = new URL(url);
    target.searchParams.set('offset', String(to));
    return target.href;
  };
  return {
    count: found.length,
    next: offset + limit < found.length ? link(offset + limit) : null,
    previous: offset > 0 ? link(Math.max(0, offset - limit)) : null,
    results: found.toSorted((one, other) => one.id - other.id).slice(offset, offset + limit),
  };
}

function matches(object: RalphObject, [name, value]: readonly [string, string]): boolean {
  if (['limit', 'offset', 'ordering', 'format'].includes(name)) return true;
  const path = name.split('__');
  const lookup = ['isnull', 'iexact', 'gte', 'in'].includes(path.at(-1) ?? '') ? path.pop() : undefined;
  let found: unknown = object;
  for (const key of path) found = (found as Record<string, unknown> | null | undefined)?.[key];
  if (typeof found === 'object' && found !== null && 'id' in found) found = found.id;
  if (lookup === 'isnull') return (found === null || found === undefined) === (value === 'True');
  if (lookup === 'iexact') return String(found).toLowerCase() === value.toLowerCase();
  if (lookup === 'gte') return Date.parse(String(found)) >= Date.parse(value);
  if (lookup === 'in') return value.split(',').includes(String(found));
  return String(found) === value;
}
