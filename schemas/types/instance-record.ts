/* Generated from schemas/v1/instance-record.json by schemas/generate.ts. Do not edit. */

/**
 * One VM as an inventory gives it, after mapping and before policy.
 */
export interface InstanceRecord {
  /**
   * UUID in lower case (RFC 9562).
   */
  id: string;
  /**
   * Display name of an instance: letters, digits, dot, underscore and hyphen.
   */
  name: string;
  /**
   * Short host name; the first label of `name` in lower case if absent.
   */
  hostname?: string;
  /**
   * DNS domain; the site's if absent.
   */
  domain?: string;
  /**
   * Short identifier from the CMDB (project, site, owner, creator, tag, hypervisor).
   */
  project?: string;
  /**
   * Short identifier from the CMDB (project, site, owner, creator, tag, hypervisor).
   */
  owner?: string;
  /**
   * Short identifier from the CMDB (project, site, owner, creator, tag, hypervisor).
   */
  creator?: string;
  /**
   * When the machine was created.
   */
  createdAt?: string;
  /**
   * Short identifier from the CMDB (project, site, owner, creator, tag, hypervisor).
   */
  site?: string;
  /**
   * Short identifier from the CMDB (project, site, owner, creator, tag, hypervisor).
   */
  availabilityZone?: string;
  osFamily: 'debian' | 'rhel' | 'suse' | 'alpine' | 'coreos' | 'windows' | 'other';
  /**
   * Short identifier from the CMDB (project, site, owner, creator, tag, hypervisor).
   */
  hypervisor?: string;
  /**
   * @maxItems 256
   *
   * Items: Short identifier from the CMDB (project, site, owner, creator, tag, hypervisor).
   */
  tags: string[];
  /**
   * @maxItems 64
   */
  interfaces: NetworkInterface[];
  /**
   * Absent: none.
   *
   * @minItems 1
   * @maxItems 16
   */
  bonds?: Bond[];
  /**
   * Absent: none.
   *
   * @minItems 1
   * @maxItems 256
   */
  vlans?: Vlan[];
  dns?: Dns;
  ntp?: Ntp;
  /**
   * The instance's own user-data, in base64, put on the drive as it is.
   */
  userData?: string;
}
/**
 * One network interface, matched by MAC address.
 */
export interface NetworkInterface {
  /**
   * Name in the CMDB; the guest matches by MAC and keeps its own kernel name.
   */
  name?: string;
  /**
   * Unicast MAC address in lower case with colons.
   */
  mac: string;
  /**
   * Bytes.
   */
  mtu?: number;
  /**
   * @maxItems 64
   *
   * Items: Address with prefix length, such as 192.0.2.10/24 or 2001:db8::10/64.
   */
  addresses?: string[];
  gateway4?: string;
  gateway6?: string;
  dhcp4?: boolean;
  dhcp6?: boolean;
  /**
   * @maxItems 256
   */
  routes?: Route[];
}
/**
 * A route besides the default one.
 */
export interface Route {
  /**
   * Address with prefix length, such as 192.0.2.10/24 or 2001:db8::10/64.
   */
  to: string;
  /**
   * Gateway, in a network of the interface.
   */
  via: string;
  /**
   * The lower wins.
   */
  metric?: number;
}
/**
 * A bond of several interfaces (Linux bonding driver). Its members carry no addresses of their own.
 */
export interface Bond {
  /**
   * Kernel name of a link that the guest makes (at most 15 characters), such as `bond0.40`.
   */
  name: string;
  mode:
    'balance-rr' | 'active-backup' | 'balance-xor' | 'broadcast' | '802.3ad' | 'balance-tlb' | 'balance-alb';
  /**
   * MAC addresses of interfaces of the same machine.
   *
   * @minItems 1
   * @maxItems 16
   *
   * Items: Unicast MAC address in lower case with colons.
   */
  members: string[];
  /**
   * Unicast MAC address in lower case with colons.
   */
  mac?: string;
  /**
   * Milliseconds between looks at the members' links; 100 if absent.
   */
  miimon?: number;
  /**
   * For 802.3ad.
   */
  lacpRate?: 'slow' | 'fast';
  /**
   * For balance-xor and 802.3ad.
   */
  xmitHashPolicy?: 'layer2' | 'layer2+3' | 'layer3+4' | 'encap2+3' | 'encap3+4';
  /**
   * Bytes.
   */
  mtu?: number;
  /**
   * @maxItems 64
   *
   * Items: Address with prefix length, such as 192.0.2.10/24 or 2001:db8::10/64.
   */
  addresses?: string[];
  gateway4?: string;
  gateway6?: string;
  dhcp4?: boolean;
  dhcp6?: boolean;
  /**
   * @maxItems 256
   */
  routes?: Route[];
}
/**
 * A VLAN (IEEE 802.1Q) on an interface or a bond.
 */
export interface Vlan {
  /**
   * Kernel name of a link that the guest makes (at most 15 characters), such as `bond0.40`.
   */
  name: string;
  id: number;
  /**
   * What it lies on: MAC address of an interface, or name of a bond.
   */
  link: string;
  /**
   * Bytes.
   */
  mtu?: number;
  /**
   * @maxItems 64
   *
   * Items: Address with prefix length, such as 192.0.2.10/24 or 2001:db8::10/64.
   */
  addresses?: string[];
  gateway4?: string;
  gateway6?: string;
  dhcp4?: boolean;
  dhcp6?: boolean;
  /**
   * @maxItems 256
   */
  routes?: Route[];
}
/**
 * Name servers and search domains of the machine's own, in place of those of its site.
 */
export interface Dns {
  /**
   * @maxItems 16
   *
   * Items: IPv4 or IPv6 address without zone.
   */
  servers?: string[];
  /**
   * @maxItems 32
   *
   * Items: DNS name in lower case, without the final dot (RFC 1123).
   */
  search?: string[];
}
/**
 * Time servers of the machine's own, in place of those of its site.
 */
export interface Ntp {
  /**
   * @maxItems 16
   *
   * Items: A server by DNS name or IP address.
   */
  servers?: string[];
  /**
   * @maxItems 16
   *
   * Items: DNS name in lower case, without the final dot (RFC 1123).
   */
  pools?: string[];
}
