import ipaddr from 'ipaddr.js';
import { findById } from './by-id.ts';
import type { NetboxLists, NetboxObject } from './netbox-server.ts';

/** Parameters that are no filters. */
const notFilters: ReadonlySet<string> = new Set([
  'limit',
  'offset',
  'start',
  'ordering',
  'exclude',
  'fields',
]);

/** Lists that machines are filtered by, by the parameter; NetBox refuses an id that is in none of them. */
const choices: Readonly<Record<string, string>> = {
  virtual_machine_id: 'virtualization/virtual-machines/',
  site_id: 'dcim/sites/',
  site_group_id: 'dcim/site-groups/',
  region_id: 'dcim/regions/',
  tenant_id: 'tenancy/tenants/',
  tenant_group_id: 'tenancy/tenant-groups/',
  cluster_id: 'virtualization/clusters/',
  cluster_group_id: 'virtualization/cluster-groups/',
  cluster_type_id: 'virtualization/cluster-types/',
  device_id: 'dcim/devices/',
  platform_id: 'dcim/platforms/',
  role_id: 'dcim/device-roles/',
};

/** Filters through what an object refers to: the list of that, and its field. */
const indirect: Readonly<Record<string, readonly [field: string, path: string, inner: string]>> = {
  region_id: ['site', 'dcim/sites/', 'region'],
  site_group_id: ['site', 'dcim/sites/', 'group'],
  tenant_group_id: ['tenant', 'tenancy/tenants/', 'group'],
  cluster_group_id: ['cluster', 'virtualization/clusters/', 'group'],
  cluster_type_id: ['cluster', 'virtualization/clusters/', 'type'],
};

/** What NetBox says of an id that it does not know, by the parameter; undefined if all are known. */
export function unknownChoice(query: URLSearchParams, lists: NetboxLists): object | undefined {
  for (const [name, path] of Object.entries(choices)) {
    for (const id of query.getAll(name)) {
      if (findById(lists[path], Number(id)) !== undefined) continue;
      return { [name]: [`Select a valid choice. ${id} is not one of the available choices.`] };
    }
  }
  return undefined;
}

/** Which objects pass. Values of one parameter are alternatives, but for tags; parameters go together. */
export function createFilter(query: URLSearchParams, lists: NetboxLists): (object: NetboxObject) => boolean {
  const tests = [...new Set(query.keys())]
    .filter((name) => !notFilters.has(name))
    .map((name) => createTest(name, query.getAll(name), lists));
  return (object) => tests.every((test) => test(object));
}

function createTest(
  name: string,
  wanted: readonly string[],
  lists: NetboxLists,
): (object: NetboxObject) => boolean {
  const [first = ''] = wanted;
  const values = new Set(wanted);
  switch (name) {
    case 'last_updated__gte':
    case 'time_after': {
      const field = name === 'time_after' ? 'time' : 'last_updated';
      const from = Date.parse(first);
      return (object) => Date.parse(text(object[field])) >= from;
    }
    case 'tag':
      return (object) => {
        const slugs = slugsOf(object);
        return wanted.every((slug) => slugs.includes(slug));
      };
    case 'parent':
      return (object) => wanted.some((network) => isWithin(text(object['address']), network));
    case 'mask_length':
      return (object) => values.has(text(object['address']).split('/')[1] ?? '');
    default:
      return (object) => valuesOf(object, name, lists).some((value) => values.has(value));
  }
}

function valuesOf(object: NetboxObject, name: string, lists: NetboxLists): readonly string[] {
  if (name.startsWith('cf_')) return [text(record(object['custom_fields'])?.[name.slice(3)])];
  if (name === 'assigned_to_interface') {
    return [String(text(object['assigned_object_type']).endsWith('interface'))];
  }
  if (name === 'virtual_machine_id') return [machineOf(object, lists)];
  const path = indirect[name];
  if (path !== undefined) {
    const [field, list, inner] = path;
    const id = record(object[field])?.['id'];
    const holder = findById(lists[list], id);
    return [text(record(holder?.[inner])?.['id'])];
  }
  const value = object[name] ?? object[name.replace(/_id$/, '')];
  const inner = record(value);
  if (inner === undefined) return [text(value)];
  if (name.endsWith('_id')) return [text(inner['id'])];
  return [text(inner['value']), text(inner['slug']), text(inner['name'])];
}

/** Of an interface, or of an address through its interface. */
function machineOf(object: NetboxObject, lists: NetboxLists): string {
  const port =
    object['assigned_object_type'] === 'virtualization.vminterface'
      ? findById(lists['virtualization/interfaces/'], object['assigned_object_id'])
      : object;
  return text(record(port?.['virtual_machine'])?.['id']);
}

function slugsOf(object: NetboxObject): readonly string[] {
  const { tags } = object;
  return Array.isArray(tags) ? tags.map((tag) => text(record(tag)?.['slug'])) : [];
}

function isWithin(address: string, network: string): boolean {
  const [one, other] = [ipaddr.parseCIDR(address), ipaddr.parseCIDR(network)];
  return one[0].kind() === other[0].kind() && one[1] >= other[1] && one[0].match(other[0], other[1]);
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
