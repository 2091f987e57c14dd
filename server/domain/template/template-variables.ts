import type { Bond, Dns, NetworkInterface, Ntp, Vlan } from '../../../schemas/types/common.ts';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import type { LinkSettings } from '../network-links.ts';

/**
 * The variables of templates: all of the instance's own, none of the directory's, so that a file changes with its
 * machine only. What the CMDB does not say is absent, lists are always there.
 */
export interface TemplateVariables {
  readonly instance: Readonly<GuestConfiguration['instance']>;
  readonly hostname: string;
  readonly fqdn?: string;
  readonly domain?: string;
  readonly site?: string;
  readonly tags: readonly string[];
  readonly dns: Readonly<Required<Dns>>;
  readonly ntp: Readonly<Required<Ntp>>;
  readonly interfaces: readonly Readonly<NetworkInterface>[];
  readonly bonds: readonly Readonly<Bond>[];
  readonly vlans: readonly Readonly<Vlan>[];
}

/** What variables are made from. */
export interface VariableSource {
  readonly own: Pick<GuestConfiguration, 'instance' | 'hostname' | 'network' | 'dns' | 'ntp'>;
  readonly tags: readonly string[];
}

/** Variables of one guest. */
export function templateVariables({ own, tags }: VariableSource): TemplateVariables {
  const { instance, hostname, network, dns, ntp } = own;
  return {
    instance,
    hostname: hostname.name,
    ...(hostname.fqdn === undefined
      ? {}
      : { fqdn: hostname.fqdn, domain: hostname.fqdn.slice(hostname.name.length + 1) }),
    ...(instance.site === undefined ? {} : { site: instance.site }),
    // Sorted: the CMDB may list tags in any order, and equal machines get equal files.
    tags: [...tags].sort(),
    dns: { servers: dns.servers ?? [], search: dns.search ?? [] },
    ntp: { servers: ntp.servers ?? [], pools: ntp.pools ?? [] },
    interfaces: network.interfaces.map(withLists),
    bonds: (network.bonds ?? []).map(withLists),
    vlans: (network.vlans ?? []).map(withLists),
  };
}

function withLists<Link extends LinkSettings>(link: Link): Link {
  return { addresses: [], routes: [], dhcp4: false, dhcp6: false, ...link };
}

/** Elements of each list in the sample; a template may name as many by their number. */
const sampleLength = 8;

/** Variables in which everything is there: what a template may name, and what it is tried with when it is read. */
export function sampleVariables(): Required<TemplateVariables> {
  const repeat = <T>(make: (index: number) => T): T[] =>
    Array.from({ length: sampleLength }, (_, index) => make(index));
  const settings = (index: number): Required<LinkSettings> => ({
    mtu: 1500,
    addresses: repeat((place) => `198.51.${index}.${place + 1}/24`),
    gateway4: `198.51.${index}.254`,
    gateway6: '2001:db8::1',
    dhcp4: false,
    dhcp6: false,
    routes: repeat((place) => ({ to: `10.${place}.0.0/16`, via: `198.51.${index}.253`, metric: 100 })),
  });
  return {
    instance: {
      id: '00000000-0000-4000-8000-000000000001',
      name: 'sample-01',
      osFamily: 'debian',
      project: 'sample',
      owner: 'sample-team',
      creator: 'sample-person',
      createdAt: '2000-01-01T00:00:00Z',
      site: 'sample-1',
    },
    hostname: 'sample-01',
    fqdn: 'sample-01.example.com',
    domain: 'example.com',
    site: 'sample-1',
    tags: repeat((index) => `tag-${index}`),
    dns: {
      servers: repeat((index) => `192.0.2.${index + 1}`),
      search: repeat((index) => `s${index}.example.com`),
    },
    ntp: {
      servers: repeat((index) => `ntp${index}.example.com`),
      pools: repeat((index) => `pool${index}.example.com`),
    },
    interfaces: repeat((index) => ({
      name: `eth${index}`,
      mac: `52:54:00:00:00:0${index}`,
      ...settings(index),
    })),
    bonds: repeat((index) => ({
      name: `bond${index}`,
      mode: '802.3ad' as const,
      members: repeat((place) => `52:54:00:00:0${index}:0${place}`),
      mac: `52:54:00:00:0${index}:00`,
      miimon: 100,
      lacpRate: 'fast' as const,
      xmitHashPolicy: 'layer3+4' as const,
      ...settings(index),
    })),
    vlans: repeat((index) => ({
      name: `bond0.${index + 1}`,
      id: index + 1,
      link: 'bond0',
      ...settings(index),
    })),
  };
}
