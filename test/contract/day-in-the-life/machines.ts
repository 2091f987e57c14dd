import type { NetboxEditor } from '../../harness/netbox/netbox-editor.ts';
import { named } from '../../harness/netbox/netbox-objects.ts';
import type { NetboxLists } from '../../harness/netbox/netbox-server.ts';

/** What machines refer to, by the slug or name that a person knows. */
export const places = {
  web: { id: 1, name: 'Web', slug: 'web' },
  db: { id: 2, name: 'Databases', slug: 'db' },
  ci: { id: 3, name: 'Builds', slug: 'ci' },
  tokyo: { id: 1, name: 'Tokyo 1', slug: 'tokyo-1' },
  osaka: { id: 2, name: 'Osaka 1', slug: 'osaka-1' },
  hv01: { id: 1, name: 'hv-01' },
  hv02: { id: 2, name: 'hv-02' },
  hv11: { id: 3, name: 'hv-11' },
} as const;

/** NetBox before there are machines. */
export function emptyNetbox(): NetboxLists {
  const { web, db, ci, tokyo, osaka, hv01, hv02, hv11 } = places;
  const objects = (of: readonly { readonly id: number; readonly name: string }[]) =>
    of.map((object) => named(object.id, object.name, object));
  return {
    'virtualization/virtual-machines/': [],
    'virtualization/interfaces/': [],
    'virtualization/clusters/': [named(1, 'compute A')],
    'virtualization/cluster-groups/': [],
    'virtualization/cluster-types/': [],
    'ipam/ip-addresses/': [],
    'ipam/prefixes/': [],
    'dcim/mac-addresses/': [],
    'dcim/sites/': objects([tokyo, osaka]),
    'dcim/site-groups/': [],
    'dcim/regions/': [],
    'dcim/devices/': objects([hv01, hv02, hv11]),
    'dcim/device-roles/': [],
    'dcim/platforms/': [named(2, 'Debian 12')],
    'tenancy/tenants/': objects([web, db, ci]),
    'tenancy/tenant-groups/': [],
    'extras/tags/': [named(1, 'Front end')],
    'extras/config-contexts/': [],
    'core/object-changes/': [],
  };
}

/** A machine as somebody orders it. */
export interface Order {
  readonly project: 'web' | 'db' | 'ci';
  readonly site: 'tokyo' | 'osaka';
  readonly host: 'hv01' | 'hv02' | 'hv11';
}

/** Puts a machine into NetBox. @param number its own, for UUID and address @returns its id in NetBox */
export function order(
  editor: NetboxEditor,
  name: string,
  number: number,
  { project, site, host }: Order,
): number {
  return editor.addMachine({
    name,
    serial: uuid(number),
    address: `192.0.2.${number}/24`,
    fields: {
      tenant: places[project],
      site: places[site],
      device: places[host],
      custom_fields: { owner: 'judy', gateway4: '192.0.2.254' },
    },
  }).machine;
}

export function uuid(number: number): string {
  return `0b9d5a52-0000-4000-8000-${number.toString().padStart(12, '0')}`;
}

/** The twelve machines of the morning: NetBox gives them the ids 1 to 12. */
const machines: readonly (readonly [name: string, order: Order])[] = [
  ['web-01', { project: 'web', site: 'tokyo', host: 'hv01' }],
  ['web-02', { project: 'web', site: 'tokyo', host: 'hv01' }],
  ['web-03', { project: 'web', site: 'tokyo', host: 'hv02' }],
  ['web-04', { project: 'web', site: 'osaka', host: 'hv11' }],
  ['web-05', { project: 'web', site: 'osaka', host: 'hv11' }],
  ['db-01', { project: 'db', site: 'tokyo', host: 'hv01' }],
  ['db-02', { project: 'db', site: 'tokyo', host: 'hv02' }],
  ['db-03', { project: 'db', site: 'osaka', host: 'hv11' }],
  ['db-04', { project: 'db', site: 'osaka', host: 'hv11' }],
  ['ci-01', { project: 'ci', site: 'tokyo', host: 'hv02' }],
  ['ci-02', { project: 'ci', site: 'tokyo', host: 'hv02' }],
  ['ci-03', { project: 'ci', site: 'osaka', host: 'hv11' }],
];

/** Orders the twelve. */
export function orderAll(editor: NetboxEditor): void {
  for (const [index, [name, what]] of machines.entries()) order(editor, name, index + 1, what);
}

/** The id of one of the twelve in NetBox. */
export function idOf(name: string): number {
  return machines.findIndex(([known]) => known === name) + 1;
}
