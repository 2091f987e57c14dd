import type { NetboxLists, NetboxObject } from './netbox-server.ts';
import { addMachine, type NewMachine, type NewMachineIds } from './new-machine.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * What a user does in NetBox. Each change sets `last_updated` of its object alone and stands in the change log, with
 * the object before and after.
 */
export interface NetboxEditor {
  /** Adds an object to a list (`tenancy/tenants/`) and returns its id, by default the next one. */
  create(path: string, fields: Fields): number;
  /** Sets fields. `custom_fields` are set one by one. */
  update(path: string, id: number, fields: Fields): void;
  /** Deletes an object with what NetBox deletes along: interfaces, addresses and MAC addresses. */
  remove(path: string, id: number): void;
  /** A machine with one interface that has one, primary, address. */
  addMachine(machine: NewMachine): NewMachineIds;
  /** Like `create`, `update` and `remove` of the list with virtual machines. */
  updateMachine(id: number, fields: Fields): void;
  removeMachine(id: number): void;
}

const types: Readonly<Record<string, string>> = {
  'virtualization/virtual-machines/': 'virtualization.virtualmachine',
  'virtualization/interfaces/': 'virtualization.vminterface',
  'virtualization/clusters/': 'virtualization.cluster',
  'virtualization/cluster-groups/': 'virtualization.clustergroup',
  'virtualization/cluster-types/': 'virtualization.clustertype',
  'ipam/ip-addresses/': 'ipam.ipaddress',
  'ipam/prefixes/': 'ipam.prefix',
  'dcim/mac-addresses/': 'dcim.macaddress',
  'dcim/sites/': 'dcim.site',
  'dcim/site-groups/': 'dcim.sitegroup',
  'dcim/regions/': 'dcim.region',
  'dcim/devices/': 'dcim.device',
  'dcim/device-roles/': 'dcim.devicerole',
  'dcim/platforms/': 'dcim.platform',
  'tenancy/tenants/': 'tenancy.tenant',
  'tenancy/tenant-groups/': 'tenancy.tenantgroup',
  'extras/tags/': 'extras.tag',
  'extras/config-contexts/': 'extras.configcontext',
};

const machines = 'virtualization/virtual-machines/';
const interfaces = 'virtualization/interfaces/';
const log = 'core/object-changes/';

/** @param now the server's clock */
export function createNetboxEditor(lists: NetboxLists, user: string, now: () => Date): NetboxEditor {
  function listAt(path: string): NetboxObject[] {
    const list = lists[path];
    if (list === undefined) throw new Error(`the NetBox stand-in has no list ${path}`);
    return list;
  }

  function position(path: string, id: number): number {
    const found = listAt(path).findIndex((object) => object.id === id);
    if (found < 0) throw new Error(`${path} has no ${id}`);
    return found;
  }

  function record(
    path: string,
    action: string,
    before: NetboxObject | undefined,
    after?: NetboxObject,
  ): void {
    const list = listAt(log);
    const type = types[path];
    if (type === undefined) throw new Error(`the NetBox stand-in does not know the type of ${path}`);
    list.push({
      id: nextId(list),
      time: now().toISOString(),
      user_name: user,
      action: { value: action, label: action },
      changed_object_type: type,
      changed_object_id: (after ?? before)?.id,
      prechange_data: before === undefined ? null : flat(before),
      postchange_data: after === undefined ? null : flat(after),
    });
  }

  const editor: NetboxEditor = {
    create(path, fields) {
      const list = listAt(path);
      const time = now().toISOString();
      const object = { id: nextId(list), created: time, last_updated: time, ...fields };
      list.push(object);
      record(path, 'create', undefined, object);
      return object.id;
    },
    update(path, id, fields) {
      const at = position(path, id);
      const before = listAt(path)[at] as NetboxObject;
      const custom = fields['custom_fields'];
      const after = {
        ...before,
        ...fields,
        ...(custom === undefined
          ? {}
          : { custom_fields: { ...(before['custom_fields'] as Fields), ...(custom as Fields) } }),
        last_updated: now().toISOString(),
      };
      listAt(path).splice(at, 1, after);
      record(path, 'update', before, after);
    },
    remove(path, id) {
      const [before] = listAt(path).splice(position(path, id), 1);
      for (const [list, child] of partsOf(lists, path, id)) editor.remove(list, child);
      record(path, 'delete', before);
    },
    addMachine: (machine) => addMachine(editor, machine),
    updateMachine: (id, fields) => editor.update(machines, id, fields),
    removeMachine: (id) => editor.remove(machines, id),
  };
  return editor;
}

/** What is deleted with an object. */
function partsOf(lists: NetboxLists, path: string, id: number): readonly (readonly [string, number])[] {
  const found = (list: string, isPart: (object: NetboxObject) => boolean): readonly [string, number][] =>
    (lists[list] ?? []).filter(isPart).map((object) => [list, object.id]);
  if (path === machines) {
    return found(interfaces, ({ virtual_machine: holder }) => (holder as { readonly id?: number }).id === id);
  }
  if (path !== interfaces) return [];
  const isAssigned = (object: NetboxObject): boolean =>
    object['assigned_object_type'] === 'virtualization.vminterface' && object['assigned_object_id'] === id;
  return [...found('ipam/ip-addresses/', isAssigned), ...found('dcim/mac-addresses/', isAssigned)];
}

/** An object as the change log has it: what it refers to as ids, choices as their values, types as numbers. */
function flat(object: NetboxObject): Fields {
  return Object.fromEntries(
    Object.entries(object).map(([field, value]) => {
      if (field === 'tags' && Array.isArray(value)) {
        return [field, value.map((tag: { readonly name?: string }) => tag.name)];
      }
      if (field === 'assigned_object_type') return [field, value === null ? null : 97];
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return [field, value];
      if ('id' in value) return [field, value.id];
      return [field, 'value' in value ? value.value : value];
    }),
  );
}

function nextId(list: readonly NetboxObject[]): number {
  return list.reduce((most, { id }) => Math.max(most, id), 0) + 1;
}
