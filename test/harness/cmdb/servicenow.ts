import {
  type CmdbAnswer,
  type CmdbRequest,
  type JsonCmdbServer,
  startJsonCmdb,
} from '../json-cmdb-server.ts';

/** A record of a table; dot-walked fields stand under their whole name. */
export type TableRecord = Record<string, string>;

export const serviceNowUser = { user: 'ubugi', password: 'correct horse' };

/** A stand-in for ServiceNow's Table API: encoded queries, fields, limit and offset, Link and X-Total-Count. */
export async function startServiceNow(tables: Record<string, TableRecord[]>): Promise<JsonCmdbServer> {
  const expected = `Basic ${Buffer.from(`${serviceNowUser.user}:${serviceNowUser.password}`).toString('base64')}`;
  return await startJsonCmdb((request) => {
    if (request.headers.authorization !== expected) {
      return {
        status: 401,
        value: { error: { message: 'User Not Authenticated', detail: null }, status: 'failure' },
      };
    }
    const table = /^\/api\/now\/table\/(\w+)$/.exec(request.url.pathname)?.[1] ?? '';
    const records = tables[table];
    if (records === undefined) {
      return {
        status: 400,
        value: { error: { message: `Invalid table ${table}`, detail: null }, status: 'failure' },
      };
    }
    return answerTable(request, records);
  });
}

function answerTable({ url }: CmdbRequest, records: readonly TableRecord[]): CmdbAnswer {
  const parameters = url.searchParams;
  const found = query(records, parameters.get('sysparm_query') ?? '');
  const limit = Number(parameters.get('sysparm_limit') ?? 10_000);
  const offset = Number(parameters.get('sysparm_offset') ?? 0);
  const fields = parameters.get('sysparm_fields')?.split(',');
  const page = found
    .slice(offset, offset + limit)
    .map((record) =>
      fields === undefined ? record : Object.fromEntries(fields.map((field) => [field, record[field] ?? ''])),
    );
  const links: string[] = [];
  const link = (relation: string, to: number): void => {
    const target = new URL(url);
    target.searchParams.set('sysparm_offset', String(to));
    links.push(`<${target.href}>;rel="${relation}"`);
  };
  if (found.length > limit) {
    link('first', 0);
    if (offset > 0) link('prev', Math.max(0, offset - limit));
    if (offset + limit < found.length) link('next', offset + limit);
    link('last', Math.floor((found.length - 1) / limit) * limit);
  }
  return {
    headers: {
      'x-total-count': String(found.length),
      ...(links.length > 0 ? { link: links.join(',') } : {}),
    },
    value: { result: page },
  };
}

/** An encoded query. What is not understood is ignored, as ServiceNow does unless it is told otherwise. */
function query(records: readonly TableRecord[], text: string): readonly TableRecord[] {
  let found = [...records];
  for (const term of text.split('^')) {
    const order = /^ORDERBY(.+)$/.exec(term)?.[1];
    const condition = /^([a-z_.]+)(ISNOTEMPTY|>=|!=|=|IN)(.*)$/.exec(term);
    if (order !== undefined) {
      found = found.toSorted((one, other) => ((one[order] ?? '') < (other[order] ?? '') ? -1 : 1));
    } else if (condition !== null) {
      const [, field = '', operator, value] = condition;
      found = found.filter((record) => {
        const has = record[field] ?? '';
        if (operator === 'ISNOTEMPTY') return has !== '';
        if (operator === '>=') return has >= (value ?? '');
        if (operator === 'IN') return value?.split(',').includes(has) === true;
        return (has.toLowerCase() === value?.toLowerCase()) === (operator === '=');
      });
    }
  }
  return found;
}
