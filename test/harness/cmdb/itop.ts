import { type JsonCmdbServer, startJsonCmdb } from '../json-cmdb-server.ts';

/** Attributes of a VirtualMachine, with its linked sets. */
export type ITopMachine = Record<string, unknown> & { readonly id: number };

export const iTopUser = { user: 'ubugi', password: 'battery staple' };

interface CoreGet {
  readonly operation: string;
  readonly class: string;
  readonly key: string;
  readonly output_fields: string;
  readonly limit?: number;
  readonly page?: number;
}

/** An entry of iTop's change log. */
export interface ITopChange {
  readonly id: number;
  readonly objclass: string;
  readonly objkey: number;
  /** `YYYY-MM-DD HH:MM:SS` in the server's time zone. */
  readonly date: string;
}

/** A stand-in for iTop's webservices/rest.php: core/get, code 0, objects by `class::id` or null. Errors are 200 too. */
export async function startITop(machines: ITopMachine[], log: ITopChange[] = []): Promise<JsonCmdbServer> {
  const expected = `Basic ${Buffer.from(`${iTopUser.user}:${iTopUser.password}`).toString('base64')}`;
  return await startJsonCmdb(({ method, url, headers, body }) => {
    if (headers.authorization !== expected) {
      return { value: { code: 1, message: 'Error: Invalid login' } };
    }
    const form = new URLSearchParams(body);
    const data = form.get('json_data');
    if (method !== 'POST' || url.pathname !== '/webservices/rest.php' || data === null) {
      return { value: { code: 2, message: 'Error: Missing parameter json_data' } };
    }
    const request = JSON.parse(data) as CoreGet;
    if (request.operation !== 'core/get') {
      return { value: { code: 100, message: 'Error: unknown operation' } };
    }
    const found = request.class === 'CMDBChangeOp' ? changes(log, request.key) : select(machines, request);
    if (found === undefined) return { value: { code: 100, message: 'Error: OQL not understood' } };
    const { limit = 0, page = 0 } = request;
    const offset = limit * Math.max(0, page - 1);
    const shown = limit === 0 ? found : found.slice(offset, offset + limit);
    const objects = shown.map((object) => [
      `${request.class}::${object.id}`,
      {
        code: 0,
        message: '',
        class: request.class,
        key: String(object.id),
        fields: Object.fromEntries(
          request.output_fields.split(',').map((field) => [field, object[field] ?? '']),
        ),
      },
    ]);
    return {
      value: {
        objects: shown.length === 0 ? null : Object.fromEntries(objects),
        code: 0,
        message: `Found: ${found.length}`,
      },
    };
  });
}

function select(machines: readonly ITopMachine[], { class: of, key }: CoreGet): ITopMachine[] | undefined {
  const oql =
    /^SELECT VirtualMachine WHERE status = 'production'(?: AND (?:(uuid|name) = '([^']*)'|id IN \(([\w,]+)\)))?$/;
  const match = oql.exec(key);
  if (of !== 'VirtualMachine' || match === null) return undefined;
  const [, field, value = '', ids] = match;
  return machines.filter(
    (machine) =>
      machine['status'] === 'production' &&
      // MySQL compares texts without regard to case.
      (field === undefined || String(machine[field]).toLowerCase() === value.toLowerCase()) &&
      (ids === undefined || ids.split(',').includes(String(machine.id))),
  );
}

function changes(log: readonly ITopChange[], oql: string): ITopMachine[] | undefined {
  const match =
    /^SELECT CMDBChangeOp WHERE objclass = '(\w+)' AND date >= '(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)'$/.exec(oql);
  if (match === null) return undefined;
  const [, of, since = ''] = match;
  return log.filter(({ objclass, date }) => objclass === of && date >= since).map((entry) => ({ ...entry }));
}
