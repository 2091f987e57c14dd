import type { Bond, NetworkInterface, Vlan } from '../types/common.ts';
import type { FieldProblem } from '../validation/field-problem.ts';

/** The links of a machine: interfaces that it has, bonds and VLANs that it makes of them. */
export interface MachineLinks {
  readonly interfaces: readonly NetworkInterface[];
  readonly bonds?: readonly Bond[] | undefined;
  readonly vlans?: readonly Vlan[] | undefined;
}

const defaultMtu = 1500;

/**
 * What no schema can say of links that name each other: members and what a VLAN lies on are there, no name, MAC address
 * or VLAN comes twice, a member has no addresses of its own, and options fit the mode. Expects links that are valid
 * against their schemas; pointers start at the object that holds them.
 */
export function linkProblems({ interfaces, bonds = [], vlans = [] }: MachineLinks): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  const problem = (pointer: string, message: string, remedy: string): void => {
    problems.push({ pointer, message, remedy });
  };
  const byMac = new Map<string, NetworkInterface>();
  for (const [index, { mac }] of interfaces.entries()) {
    if (byMac.has(mac)) {
      const other = interfaces.findIndex((port) => port.mac === mac);
      problem(
        `/interfaces/${index}/mac`,
        `is the same as that of interface ${other + 1}`,
        'give each interface its own address',
      );
    } else byMac.set(mac, interfaces[index] as NetworkInterface);
  }
  const names = new Set(interfaces.flatMap(({ name }) => name ?? []));
  const name = (value: string, pointer: string): void => {
    if (names.has(value)) problem(`${pointer}/name`, 'is the name of another link too', 'give each its own');
    names.add(value);
  };

  const holders = new Map<string, string>();
  const macs = new Set(byMac.keys());
  for (const [index, bond] of bonds.entries()) {
    const pointer = `/bonds/${index}`;
    name(bond.name, pointer);
    for (const [place, member] of bond.members.entries()) {
      const at = `${pointer}/members/${place}`;
      const port = byMac.get(member);
      const holder = holders.get(member);
      if (port === undefined) problem(at, 'is no interface of the machine', 'name one of `interfaces`');
      else if (holder !== undefined) problem(at, `is a member of ${holder} too`, 'keep it in one bond');
      else if (isConfigured(port)) {
        problem(at, 'has addresses or DHCP of its own', 'give them to the bond instead');
      }
      holders.set(member, bond.name);
    }
    if (bond.mac !== undefined && !bond.members.includes(bond.mac)) {
      if (macs.has(bond.mac)) {
        problem(`${pointer}/mac`, 'is that of another link', 'leave it out, or give that of a member');
      }
      macs.add(bond.mac);
    }
    for (const problemOfMode of modeProblems(bond))
      problem(`${pointer}/${problemOfMode[0]}`, ...problemOfMode[1]);
  }

  const onLink = new Set<string>();
  for (const [index, vlan] of vlans.entries()) {
    const pointer = `/vlans/${index}`;
    name(vlan.name, pointer);
    const bond = bonds.find((one) => one.name === vlan.link);
    const below = bond ?? byMac.get(vlan.link);
    const holder = holders.get(vlan.link);
    if (below === undefined) {
      problem(
        `${pointer}/link`,
        'is neither an interface nor a bond of the machine',
        'give the MAC address of an interface, or the name of a bond',
      );
    } else if (holder !== undefined) {
      problem(`${pointer}/link`, `is a member of ${holder}`, `put the VLAN on ${holder}`);
    } else if (vlan.mtu !== undefined && vlan.mtu > (below.mtu ?? defaultMtu)) {
      problem(
        `${pointer}/mtu`,
        'is larger than that of what it lies on',
        'raise the one, or lower the other',
      );
    }
    const place = `${vlan.link} ${vlan.id}`;
    if (onLink.has(place)) problem(`${pointer}/id`, 'is on the same link twice', 'keep one of the two');
    onLink.add(place);
  }
  return problems;
}

function isConfigured({ addresses, gateway4, gateway6, dhcp4, dhcp6, routes }: NetworkInterface): boolean {
  return (
    dhcp4 === true ||
    dhcp6 === true ||
    gateway4 !== undefined ||
    gateway6 !== undefined ||
    (addresses ?? []).length > 0 ||
    (routes ?? []).length > 0
  );
}

type Wording = readonly [message: string, remedy: string];

/** Options that the kernel takes in some modes only (Linux, Documentation/networking/bonding.rst). */
function modeProblems({
  mode,
  lacpRate,
  xmitHashPolicy,
}: Bond): readonly (readonly [field: string, wording: Wording])[] {
  const unfit: Wording = [`does not go with the mode ${mode}`, 'leave it out, or correct the mode'];
  const hashes = mode === 'balance-xor' || mode === '802.3ad';
  return [
    ...(lacpRate !== undefined && mode !== '802.3ad' ? [['lacpRate', unfit] as const] : []),
    ...(xmitHashPolicy !== undefined && !hashes ? [['xmitHashPolicy', unfit] as const] : []),
  ];
}
