import type { FieldProblem } from '../../../../schemas/validation/field-problem.ts';
import type { BondRow } from '../rows/bond-rows.ts';
import type { Found } from '../rows/value-at.ts';
import type { Port } from './reading.ts';

/** A bond, and the interface of NetBox that stands for it, if there is one. */
export interface BondLink {
  readonly row: BondRow;
  readonly port: Port | undefined;
}

/** A VLAN, and what it lies on. */
export interface VlanLink {
  readonly port: Port;
  /** Undefined where NetBox's parent is disabled or of another machine. */
  readonly parent: Port | undefined;
}

/** Interfaces of NetBox by what they are in the guest. */
export interface MachineLinks {
  readonly interfaces: readonly Port[];
  readonly bonds: readonly BondLink[];
  readonly vlans: readonly VlanLink[];
}

/** An interface with a parent is a VLAN, one that has the name of a bond is that bond. */
export function arrangeLinks(ports: readonly Port[], rows: readonly BondRow[]): MachineLinks {
  const names = new Set(rows.map(({ settings }) => settings['name']));
  const isVlan = ({ port }: Port): boolean => port.parent !== undefined;
  const isBond = ({ port }: Port): boolean => port.name !== undefined && names.has(port.name);
  const others = ports.filter((port) => !isVlan(port));
  return {
    interfaces: others.filter((port) => !isBond(port)),
    bonds: rows.map((row) => ({
      row,
      port: others.find(({ port }) => port.name !== undefined && port.name === row.settings['name']),
    })),
    vlans: ports.filter(isVlan).map((port) => ({
      port,
      parent: ports.find((candidate) => candidate.port.id === port.port.parent),
    })),
  };
}

/** The MAC address of a member that is named by its interface; anything else as it stands. */
export function memberMac(member: Found, { interfaces }: MachineLinks): Found {
  return interfaces.find(({ port }) => port.name === member)?.port.mac ?? member;
}

/** What a VLAN lies on, as the record names it: a bond by its name, an interface by its MAC address. */
export function vlanLink({ parent }: VlanLink, { bonds }: MachineLinks): Found {
  if (parent === undefined) return undefined;
  return bonds.some(({ port }) => port === parent) ? parent.port.name : parent.port.mac;
}

/** What is wrong with links, in words of NetBox; the rest is for schema and checks of the record. */
export function linkProblems(links: MachineLinks): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  const problem = (pointer: string, message: string, remedy: string): void => {
    problems.push({ pointer, message, remedy });
  };
  for (const [index, { port }] of links.interfaces.entries()) {
    if (port.mac !== undefined) continue;
    problem(
      `/interfaces/${index}/mac`,
      'is not set',
      'give the interface a primary MAC address, or disable it',
    );
  }
  for (const [index, { row }] of links.bonds.entries()) {
    for (const [place, member] of (row.members ?? []).entries()) {
      const isMac = typeof member === 'string' && member.includes(':');
      if (isMac || links.interfaces.some(({ port }) => port.name === member)) continue;
      problem(
        `/bonds/${index}/members/${place}`,
        'is no enabled interface of the machine',
        'name an interface, or give its MAC address',
      );
    }
  }
  for (const [index, vlan] of links.vlans.entries()) {
    if (vlan.port.port.vlan === undefined) {
      problem(`/vlans/${index}/id`, 'is not set', 'give the interface an untagged VLAN, or no parent');
    }
    if (vlan.parent === undefined) {
      problem(
        `/vlans/${index}/link`,
        'is no enabled interface of the machine',
        'enable the parent, or disable this interface too',
      );
    }
  }
  return problems;
}
