import type { InstanceRecord } from '../../../schemas/types/instance-record.ts';
import { type Company, opsShare, opsTag } from './company.ts';
import { seededRandom } from './seeded-random.ts';

/** The company's machines, each of which can be made without the others. */
export interface MachinePark {
  readonly count: number;
  /** How many are tagged for the group `ops`. */
  readonly opsManaged: number;
  /** @param index from 0 */
  machine(index: number): InstanceRecord;
}

const environments = ['production', 'production', 'production', 'staging', 'development'] as const;
const systems = ['debian', 'debian', 'debian', 'rhel', 'rhel', 'suse'] as const;
const zones = ['a', 'b', 'c'] as const;
const hypervisors = 2000;
const daysOfCreation = 2000;
const firstDay = Date.UTC(2021, 0, 1);
const hostsPerNetwork = 250;

/** @param count at most 1,000,000: there are no more networks. */
export function makeMachinePark(company: Company, count: number): MachinePark {
  const projects = [...company.projects.keys()] as [string, ...string[]];
  const sites = [...company.sites.keys()] as [string, ...string[]];
  const tags = [...company.specialists.keys()] as [string, ...string[]];
  const uids = company.people.map(({ uid }) => uid) as [string, ...string[]];

  function machine(index: number): InstanceRecord {
    const random = seededRandom(`machine ${index}`);
    const project = random.pick(projects);
    const site = random.pick(sites);
    const tag = random.pick(tags);
    const created = firstDay + random.integer(daysOfCreation * 86_400) * 1000;
    return {
      id: uuid(random.bytes(16), index),
      name: `${project}-${tag}-${index.toString().padStart(6, '0')}`,
      project,
      owner: random.pick(uids),
      creator: random.pick(uids),
      createdAt: new Date(created).toISOString().replace('.000', ''),
      site,
      availabilityZone: `${site}${random.pick(zones)}`,
      osFamily: random.pick(systems),
      hypervisor: `hv-${(1 + random.integer(hypervisors)).toString().padStart(4, '0')}`,
      tags: [random.pick(environments), tag, ...(index % opsShare === 0 ? [opsTag] : [])],
      interfaces: interfaces(index, random.chance(0.3), random.chance(0.25)),
    };
  }
  return { count, opsManaged: Math.ceil(count / opsShare), machine };
}

function interfaces(index: number, hasIpv6: boolean, hasStorage: boolean): InstanceRecord['interfaces'] {
  const network = Math.floor(index / hostsPerNetwork);
  const host = 2 + (index % hostsPerNetwork);
  const third = `${network >> 8}.${network & 255}`;
  const ipv6 = `2001:db8:${network.toString(16)}:1::`;
  return [
    {
      name: 'eth0',
      mac: mac(index * 2),
      addresses: [`10.${third}.${host}/24`, ...(hasIpv6 ? [`${ipv6}${host.toString(16)}/64`] : [])],
      gateway4: `10.${third}.1`,
      ...(hasIpv6 ? { gateway6: `${ipv6}1` } : {}),
    },
    ...(hasStorage
      ? [
          {
            name: 'eth1',
            mac: mac(index * 2 + 1),
            mtu: 9000,
            addresses: [`172.${16 + (network >> 8)}.${network & 255}.${host}/24`],
          },
        ]
      : []),
  ];
}

function mac(number: number): string {
  const hex = number.toString(16).padStart(6, '0');
  return `52:54:00:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4)}`;
}

/** A random one (version 4) but for its end, which tells the machines apart. */
function uuid(bytes: Buffer, index: number): string {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  bytes.writeUInt32BE(index, 12);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
