import { instanceId } from '../inventory-file.ts';
import type { NetboxLists, NetboxObject } from './netbox-server.ts';

type More = Readonly<Record<string, unknown>>;

const longAgo = '2026-01-02T03:04:05.123456Z';

/** A virtual machine as NetBox 4.6 gives it. */
export function virtualMachine(id: number, more: More = {}): NetboxObject {
  const name = `web-${id.toString().padStart(2, '0')}`;
  return {
    id,
    url: `https://netbox.example.net/api/virtualization/virtual-machines/${id}/`,
    display: name,
    name,
    status: { value: 'active', label: 'Active' },
    site: { id: 1, name: 'Berlin 1', slug: 'berlin-1' },
    cluster: { id: 1, name: 'compute A' },
    device: { id: 7, name: 'hv-07' },
    role: null,
    tenant: { id: 3, name: 'Web shop', slug: 'web' },
    platform: { id: 2, name: 'Debian 12', slug: 'debian-12' },
    primary_ip4: { id: id * 10, address: addressOf(id), family: { value: 4, label: 'IPv4' } },
    primary_ip6: null,
    serial: instanceId(id),
    tags: [{ id: 1, name: 'Front end', slug: 'front-end', color: '9e9e9e' }],
    custom_fields: { owner: 'anna', gateway4: '10.255.0.1', uuid: null },
    config_context: {},
    created: longAgo,
    last_updated: longAgo,
    ...more,
  };
}

/** An interface of it. */
export function vmInterface(id: number, machine: number, more: More = {}): NetboxObject {
  const hex = id.toString(16).padStart(6, '0').toUpperCase();
  const mac = `52:54:00:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4)}`;
  return {
    id,
    virtual_machine: { id: machine, name: `web-${machine}` },
    name: 'eth0',
    enabled: true,
    mtu: null,
    mac_address: mac,
    primary_mac_address: { id, mac_address: mac },
    custom_fields: {},
    last_updated: longAgo,
    ...more,
  };
}

/** An address of an interface. */
export function ipAddress(id: number, port: number, machine: number, more: More = {}): NetboxObject {
  return {
    id,
    family: { value: 4, label: 'IPv4' },
    address: addressOf(machine),
    vrf: null,
    status: { value: 'active', label: 'Active' },
    role: null,
    assigned_object_type: 'virtualization.vminterface',
    assigned_object_id: port,
    assigned_object: { id: port, virtual_machine: { id: machine } },
    dns_name: '',
    custom_fields: {},
    last_updated: longAgo,
    ...more,
  };
}

/** A row of the change log. */
export function objectChange(id: number, machine: number, user: string, more: More = {}): NetboxObject {
  return {
    id,
    time: longAgo,
    user_name: user,
    action: { value: 'create', label: 'Created' },
    changed_object_type: 'virtualization.virtualmachine',
    changed_object_id: machine,
    prechange_data: null,
    postchange_data: {},
    ...more,
  };
}

/** Something that has a name and a slug: a site, tenant, platform or tag. */
export function named(id: number, name: string, more: More = {}): NetboxObject {
  const slug = name.toLowerCase().replaceAll(' ', '-');
  return { id, name, slug, created: longAgo, last_updated: longAgo, ...more };
}

/** Lists with so many good machines, each with one interface and one address. */
export function netboxLists(count: number): NetboxLists {
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  return {
    'virtualization/virtual-machines/': ids.map((id) => virtualMachine(id)),
    'virtualization/interfaces/': ids.map((id) => vmInterface(id, id)),
    'virtualization/clusters/': [named(1, 'compute A')],
    'virtualization/cluster-groups/': [],
    'virtualization/cluster-types/': [],
    'ipam/ip-addresses/': ids.map((id) => ipAddress(id * 10, id, id)),
    'ipam/prefixes/': [],
    'dcim/mac-addresses/': [],
    'dcim/sites/': [named(1, 'Berlin 1')],
    'dcim/site-groups/': [],
    'dcim/regions/': [],
    'dcim/devices/': [named(7, 'hv-07', { slug: undefined })],
    'dcim/device-roles/': [],
    'dcim/platforms/': [named(2, 'Debian 12')],
    'tenancy/tenants/': [named(3, 'Web shop', { slug: 'web' })],
    'tenancy/tenant-groups/': [],
    'extras/tags/': [named(1, 'Front end')],
    'extras/config-contexts/': [],
    'core/object-changes/': ids.map((id) => objectChange(id, id, 'claire')),
  };
}

function addressOf(machine: number): string {
  return `10.${Math.floor(machine / 65_536)}.${Math.floor(machine / 256) % 256}.${machine % 256 || 1}/8`;
}
