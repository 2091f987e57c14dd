import type { ServerResponse } from 'node:http';
import type { InstanceRecord } from '../../../schemas/types/instance-record.ts';
import {
  ipAddress,
  objectChange,
  virtualMachine,
  vmInterface,
} from '../../../test/harness/netbox/netbox-objects.ts';
import {
  type NetboxObject,
  type NetboxServer,
  type SeenRequest,
  sendJson,
  startNetboxServer,
} from '../../../test/harness/netbox/netbox-server.ts';
import type { MachinePark } from './machines.ts';

/** Ids of what belongs to a machine begin at its own id times this. */
const idsPerMachine = 8;

/** Rows of one machine in one list, by ascending id. @param id of the machine, from 1 */
type RowsOf = (id: number, record: InstanceRecord) => readonly NetboxObject[];

interface List {
  readonly rowsOf: RowsOf;
  /** How far apart the ids of two machines' first rows are. */
  readonly stride: number;
}

const lists: Readonly<Record<string, List>> = {
  'virtualization/virtual-machines/': { rowsOf: (id, record) => [machineRow(id, record)], stride: 1 },
  'virtualization/interfaces/': { rowsOf: interfaceRows, stride: idsPerMachine },
  'ipam/ip-addresses/': { rowsOf: addressRows, stride: idsPerMachine },
  'core/object-changes/': {
    rowsOf: (id, { creator = '' }) => [objectChange(id, id, creator)],
    stride: 1,
  },
};

/**
 * The stand-in for NetBox of the tests, whose rows are made as they are asked for: it filters and sorts its lists for
 * each page, which at 100,000 machines would take longer than what is measured.
 */
export async function serveNetbox(park: MachinePark): Promise<NetboxServer> {
  const server = await startNetboxServer({ 'ipam/prefixes/': [] });
  const counts = new Map(Object.entries(lists).map(([path, list]) => [path, countRows(list, park)]));
  server.fault = (request, response) => {
    server.requests.length = 0;
    const list = lists[request.path];
    return list !== undefined && answer(request, response, list, park, counts.get(request.path) ?? 0);
  };
  return server;
}

function answer(
  { query }: SeenRequest,
  response: ServerResponse,
  list: List,
  park: MachinePark,
  count: number,
): boolean {
  const limit = Math.min(Number(query.get('limit') ?? 50), 1000);
  // Nothing changes but the directory.
  if (query.has('last_updated__gte') || query.has('time_after')) {
    sendJson(response, { count: query.has('start') ? null : 0, next: null, previous: null, results: [] });
    return true;
  }
  const start = Number(query.get('start') ?? 1);
  const rows: NetboxObject[] = [];
  // One more, to know whether there is a next page.
  for (
    let id = Math.max(1, Math.floor(start / list.stride));
    id <= park.count && rows.length <= limit;
    id += 1
  ) {
    rows.push(...list.rowsOf(id, park.machine(id - 1)).filter((row) => row.id >= start));
  }
  sendJson(response, {
    count: query.has('start') ? null : count,
    next: rows.length > limit ? `http://localhost/?start=${rows[limit]?.id ?? 0}` : null,
    previous: null,
    results: rows.slice(0, limit),
  });
  return true;
}

function countRows({ rowsOf }: List, park: MachinePark): number {
  let sum = 0;
  for (let id = 1; id <= park.count; id += 1) sum += rowsOf(id, park.machine(id - 1)).length;
  return sum;
}

function machineRow(id: number, record: InstanceRecord): NetboxObject {
  const [first] = addressRows(id, record);
  const { site = '', project = '', osFamily, hypervisor = '' } = record;
  return virtualMachine(id, {
    name: record.name,
    display: record.name,
    serial: record.id,
    site: { id: 1, name: site, slug: site },
    tenant: { id: 1, name: project, slug: project },
    platform: { id: 1, name: osFamily, slug: osFamily },
    device: { id: 1, name: hypervisor },
    primary_ip4:
      first === undefined ? null : { id: first.id, address: first['address'], family: { value: 4 } },
    tags: record.tags.map((tag, index) => ({ id: index + 1, name: tag, slug: tag, color: '9e9e9e' })),
    custom_fields: { owner: record.owner ?? null },
    created: record.createdAt,
  });
}

function interfaceRows(id: number, { interfaces }: InstanceRecord): readonly NetboxObject[] {
  return interfaces.map(({ name, mac, mtu, gateway4, gateway6 }, index) =>
    vmInterface(id * idsPerMachine + index, id, {
      name,
      mtu: mtu ?? null,
      mac_address: mac.toUpperCase(),
      primary_mac_address: { id, mac_address: mac.toUpperCase() },
      custom_fields: { gateway4: gateway4 ?? null, gateway6: gateway6 ?? null },
    }),
  );
}

function addressRows(id: number, { interfaces }: InstanceRecord): readonly NetboxObject[] {
  const addresses = interfaces.flatMap(({ addresses: own = [] }, port) =>
    own.map((address) => ({ address, port: id * idsPerMachine + port })),
  );
  return addresses.map(({ address, port }, index) =>
    ipAddress(id * idsPerMachine + index, port, id, {
      address,
      family: address.includes(':') ? { value: 6, label: 'IPv6' } : { value: 4, label: 'IPv4' },
    }),
  );
}
