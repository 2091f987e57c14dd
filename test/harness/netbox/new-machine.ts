import type { NetboxEditor } from './netbox-editor.ts';
import { ipAddress, virtualMachine, vmInterface } from './netbox-objects.ts';

/** A machine to add; the rest is as `virtualMachine` has it. */
export interface NewMachine {
  readonly name: string;
  /** UUID. */
  readonly serial: string;
  /** With prefix length. */
  readonly address: string;
  /** Made from the interface's id if left out. */
  readonly mac?: string;
  /** Further fields of the virtual machine. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** Ids in NetBox. */
export interface NewMachineIds {
  readonly machine: number;
  readonly interface: number;
  readonly address: number;
}

/** In the steps of somebody who does it by hand: machine, interface, address, primary address. */
export function addMachine(
  editor: NetboxEditor,
  { name, serial, address, mac, fields = {} }: NewMachine,
): NewMachineIds {
  const { id: _id, created: _created, last_updated: _updated, ...template } = virtualMachine(1);
  const machine = editor.create('virtualization/virtual-machines/', {
    ...template,
    display: name,
    name,
    serial,
    primary_ip4: null,
    custom_fields: { owner: null },
    tags: [],
    ...fields,
  });
  const holder = { id: machine, name };
  const port = editor.create('virtualization/interfaces/', {
    name: 'eth0',
    virtual_machine: holder,
    enabled: true,
    mtu: null,
    mac_address: mac ?? null,
    primary_mac_address: null,
    custom_fields: {},
  });
  if (mac === undefined) {
    const { mac_address } = vmInterface(port, machine);
    editor.update('virtualization/interfaces/', port, { mac_address });
  }
  const { id: _address, last_updated: _changed, ...assigned } = ipAddress(1, port, machine, { address });
  const ip = editor.create('ipam/ip-addresses/', assigned);
  editor.updateMachine(machine, { primary_ip4: { id: ip, address } });
  return { machine, interface: port, address: ip };
}
