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

/** A stand-in for iTop's webservices/rest.php: core/get, code 0, objects by `class::id` or null. Errors are 200 too. */
export async function startITop(machines: ITopMachine[]): Promise<JsonCmdbServer> {
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
    if (request.operation !== 'core/get' || request.class !== 'VirtualMachine') {
      return { value: { code: 100, message: 'Error: unknown operation or class' } };
    }
    const uuid = /uuid = '([^']*)'/.exec(request.key)?.[1];
    const found = machines.filter(
      (machine) => machine['status'] === 'production' && (uuid === undefined || machine['uuid'] === uuid),
    );
    const { limit = 0, page = 0 } = request;
    const offset = limit * Math.max(0, page - 1);
    const shown = limit === 0 ? found : found.slice(offset, offset + limit);
    const objects = shown.map((machine) => [
      `VirtualMachine::${machine.id}`,
      {
        code: 0,
        message: '',
        class: 'VirtualMachine',
        key: String(machine.id),
        fields: Object.fromEntries(
          request.output_fields.split(',').map((field) => [field, machine[field] ?? '']),
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
