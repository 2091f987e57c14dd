import { findById } from './by-id.ts';
import type { NetboxLists, NetboxObject } from './netbox-server.ts';

/** What a virtual machine shows of other lists, by its field. */
const nested: Readonly<Record<string, string>> = {
  site: 'dcim/sites/',
  tenant: 'tenancy/tenants/',
  cluster: 'virtualization/clusters/',
  device: 'dcim/devices/',
  platform: 'dcim/platforms/',
  role: 'dcim/device-roles/',
  primary_ip4: 'ipam/ip-addresses/',
  primary_ip6: 'ipam/ip-addresses/',
};

/** An object as NetBox answers with it: what it refers to is shown as it is now. */
export function represent(
  object: NetboxObject,
  path: string,
  query: URLSearchParams,
  lists: NetboxLists,
): NetboxObject {
  const fields = query.get('fields')?.split(',');
  const excluded = query.getAll('exclude');
  const shown: Record<string, unknown> & { readonly id: number } = { id: object.id };
  for (const [field, value] of Object.entries(object)) {
    if (fields !== undefined && !fields.includes(field)) continue;
    if (excluded.includes(field)) continue;
    shown[field] = current(object, path, field, value, lists);
  }
  return shown;
}

function current(
  object: NetboxObject,
  path: string,
  field: string,
  value: unknown,
  lists: NetboxLists,
): unknown {
  if (path === 'virtualization/virtual-machines/') {
    if (field === 'tags') return refreshTags(value, lists);
    if (field === 'config_context') return renderContext(object, value, lists);
    const list = nested[field];
    if (list !== undefined) return refresh(value, lists[list] ?? [], field.startsWith('primary'));
  }
  const mac = field === 'mac_address' ? idOf(object['primary_mac_address']) : undefined;
  if (path !== 'virtualization/interfaces/' || mac === undefined) return value;
  return findById(lists['dcim/mac-addresses/'], mac)?.['mac_address'] ?? value;
}

/** A reference, with the name and slug that its object has now; one to an object that is not listed stays. */
function refresh(value: unknown, list: readonly NetboxObject[], isLost: boolean): unknown {
  const id = idOf(value);
  if (id === undefined) return value;
  const object = findById(list, id);
  if (object === undefined) return isLost ? null : value;
  const { name, slug, address } = object;
  return {
    ...(value as object),
    ...(name === undefined ? {} : { name }),
    ...(slug === undefined ? {} : { slug }),
    ...(address === undefined ? {} : { address }),
  };
}

function refreshTags(value: unknown, lists: NetboxLists): unknown {
  const tags = lists['extras/tags/'];
  if (!Array.isArray(value) || tags === undefined || tags.length === 0) return value;
  return value
    .filter((tag) => tags.some(({ id }) => id === idOf(tag)))
    .map((tag) => refresh(tag, tags, false));
}

/** Config contexts that apply, by weight, and the machine's own on top. */
function renderContext(machine: NetboxObject, own: unknown, lists: NetboxLists): unknown {
  const applies = (context: NetboxObject): boolean =>
    (['sites', 'tenants', 'platforms', 'clusters'] as const).every((field) => {
      const assigned = (context[field] ?? []) as readonly { readonly id: number }[];
      return assigned.length === 0 || assigned.some(({ id }) => id === idOf(machine[field.slice(0, -1)]));
    });
  const contexts = (lists['extras/config-contexts/'] ?? [])
    .filter((context) => context['is_active'] !== false && applies(context))
    .toSorted((one, other) => Number(one['weight'] ?? 1000) - Number(other['weight'] ?? 1000));
  return Object.assign({}, ...contexts.map(({ data }) => data), own) as unknown;
}

function idOf(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null || !('id' in value)) return undefined;
  return typeof value.id === 'number' ? value.id : undefined;
}
