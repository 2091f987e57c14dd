import type { GuestAccount, GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import { expiryDate } from './cloud-users.ts';
import { isIpv6Literal } from './ipv6-literal.ts';

/** Something of a guest configuration that a cloud-config cannot say. */
export interface Inexpressible {
  /** What: a part of the guest configuration, or one entry of it. */
  readonly subject: string;
  /** Why not, and what happens instead; a clause without a final stop. */
  readonly reason: string;
}

/** What holds for every guest that only cloud-init dresses. */
const always: readonly Inexpressible[] = [
  {
    subject: 'later generations',
    reason: 'cloud-init reads a drive once for each instance: what changes afterwards waits for a rebuild',
  },
  {
    subject: 'revocation',
    reason: 'accounts, keys and sudo rules that are taken away stay on the machine, sessions go on',
  },
  { subject: 'drift', reason: 'what somebody changes on the machine is neither seen nor put right' },
  { subject: 'reports', reason: 'nobody says what was applied, so that every generation stays pending' },
  {
    subject: 'clashes',
    reason: 'an account that the image has already is taken over with our keys, whatever its number',
  },
  {
    subject: 'checks',
    reason: "sudo rules and files are not tried with the guest's own tools before they are written",
  },
  { subject: 'signature', reason: 'cloud-init takes a drive by its label and does not verify it' },
  {
    subject: 'user-data',
    reason: "the instance's own user-data outranks ours, key by key: users, write_files, runcmd, ntp",
  },
];

/** All that the guest's delivery as cloud-config leaves unsaid; empty for a guest that the agent dresses. */
export function inexpressible(guest: GuestConfiguration): readonly Inexpressible[] {
  if (guest.delivery !== 'cloud-config') return [];
  return [
    ...always,
    ...settings(guest),
    ...network(guest),
    ...(guest.ntp.servers ?? []).filter(isIpv6Literal).map((server) => ({
      subject: `ntp ${server}`,
      reason: 'cloud-init takes no IPv6 address for a time server: name it',
    })),
    ...guest.groups.map(({ name, gid }) => ({
      subject: `group ${name}`,
      reason: `cannot be given the number ${gid}: the guest chooses one`,
    })),
    ...guest.accounts.flatMap(account),
  ];
}

function settings(guest: GuestConfiguration): readonly Inexpressible[] {
  const { adoptAccounts, sessions, repairMinutes, driveDays, onFailure } = guest;
  const all: readonly (readonly [isSet: boolean, subject: string, reason: string])[] = [
    [onFailure === 'stop', 'onFailure', 'cloud-init goes on after a module that fails'],
    [guest.network.live === true, 'network', 'is set up at the first boot only'],
    [
      adoptAccounts === true,
      'adoptAccounts',
      'an account that is there already keeps number, groups and shell',
    ],
    [sessions !== undefined, 'sessions', 'nobody ends them'],
    [repairMinutes !== undefined, 'repairMinutes', 'nobody repairs'],
    [driveDays !== undefined, 'driveDays', 'cloud-init takes a drive of any age'],
  ];
  return all.filter(([isSet]) => isSet).map(([, subject, reason]) => ({ subject, reason }));
}

/** cloud-init numbers bonds by itself, and names a VLAN after its link (`convert_net_json`). */
function network({
  network: { interfaces, bonds = [], vlans = [] },
  dns,
}: GuestConfiguration): Inexpressible[] {
  const renamed = (name: string, given: string): Inexpressible[] =>
    name === given ? [] : [{ subject: `network ${name}`, reason: `is called ${given} in the guest` }];
  const numbers = new Map(bonds.map(({ name }, index) => [name, `bond${index}`]));
  const hasServers = (dns.servers ?? []).length + (dns.search ?? []).length > 0;
  return [
    ...bonds.flatMap(({ name }) => renamed(name, numbers.get(name) ?? name)),
    ...vlans.flatMap(({ name, id, link }) => {
      const bond = numbers.get(link);
      if (bond !== undefined) return renamed(name, `${bond}.${id}`);
      return [
        { subject: `network ${name}`, reason: `is called after the interface with ${link}, and .${id}` },
      ];
    }),
    ...(interfaces.length === 0 && hasServers
      ? [{ subject: 'dns', reason: 'without an interface in the CMDB the guest keeps its own name servers' }]
      : []),
  ];
}

function account({
  name,
  notAfter,
  exclusiveKeys,
  breakGlass,
  extraGroups = [],
}: GuestAccount): Inexpressible[] {
  const subject = `account ${name}`;
  const line = (isSet: boolean, reason: string): Inexpressible[] => (isSet ? [{ subject, reason }] : []);
  return [
    ...(notAfter === undefined
      ? []
      : line(true, `ends with the beginning of ${expiryDate(notAfter)}: the guest knows whole days only`)),
    ...line(exclusiveKeys === true, 'can add keys of its own: theirs lie in the same file in its home'),
    ...line(breakGlass === true, 'has no guarantee: nothing puts right what somebody does to it'),
    ...line(extraGroups.length > 0, `joins ${extraGroups.join(', ')} also where the image has no such group`),
  ];
}
