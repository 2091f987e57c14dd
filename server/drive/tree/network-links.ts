import type { Bond } from '../../../schemas/types/common.ts';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import { networkLinks } from '../../domain/network-links.ts';

/** What links of `network_data.json` have in common. */
interface AnyLink {
  readonly id: string;
  /** The link's name in the CMDB; cloud-init takes it for no more than that. */
  readonly vif_id: string;
  readonly mtu: number | null;
}

/** A link in `network_data.json` (Nova, `doc/api_schemas/network_data.json`: `l2_link`, `l2_bond`, `l2_vlan`). */
export type NetworkLink =
  | (AnyLink & {
      /** cloudbase-init and Afterburn know no other name for a physical NIC. */
      readonly type: 'phy';
      readonly ethernet_mac_address: string;
    })
  | (AnyLink & {
      readonly type: 'bond';
      readonly ethernet_mac_address: string;
      /** Ids of links. */
      readonly bond_links: readonly string[];
      readonly bond_mode: Bond['mode'];
      /** Not in Nova's schema, which lets more stand; cloud-init takes all that begins with `bond`. */
      readonly bond_miimon: number;
      readonly bond_lacp_rate?: NonNullable<Bond['lacpRate']>;
      readonly bond_xmit_hash_policy?: NonNullable<Bond['xmitHashPolicy']>;
    })
  | (AnyLink & {
      readonly type: 'vlan';
      /** Id of a link. */
      readonly vlan_link: string;
      readonly vlan_id: number;
      readonly vlan_mac_address: string;
    });

/** Links of a guest, in the order of `networkLinks`: `nic0`, `bond0`, `vlan0`. */
export function networkDataLinks(network: GuestConfiguration['network']): readonly NetworkLink[] {
  const links = networkLinks(network);
  const ids = new Map(links.map((link) => [link.subject, linkId(link.path)]));
  // What a VLAN lies on is there before it, and a bond after its members.
  const macs = new Map<string, string>();
  return links.map((named): NetworkLink => {
    const { subject, path, link } = named;
    const common = { id: linkId(path), mtu: link.mtu ?? null };
    switch (named.kind) {
      case 'interface':
        macs.set(subject, named.link.mac);
        return {
          ...common,
          vif_id: named.link.name ?? common.id,
          type: 'phy',
          ethernet_mac_address: named.link.mac,
        };
      case 'bond': {
        const { mode, members, mac = members[0] ?? '', miimon = 100, lacpRate, xmitHashPolicy } = named.link;
        macs.set(subject, mac);
        return {
          ...common,
          vif_id: subject,
          type: 'bond',
          ethernet_mac_address: mac,
          bond_links: members.map((member) => ids.get(member) ?? member),
          bond_mode: mode,
          bond_miimon: miimon,
          ...(lacpRate === undefined ? {} : { bond_lacp_rate: lacpRate }),
          ...(xmitHashPolicy === undefined ? {} : { bond_xmit_hash_policy: xmitHashPolicy }),
        };
      }
      case 'vlan':
        return {
          ...common,
          vif_id: subject,
          type: 'vlan',
          vlan_link: ids.get(named.link.link) ?? named.link.link,
          vlan_id: named.link.id,
          vlan_mac_address: macs.get(named.link.link) ?? named.link.link,
        };
    }
  });
}

/** `interfaces/0` as `nic0`. */
function linkId(path: string): string {
  const [list = '', index = ''] = path.split('/');
  return `${list === 'interfaces' ? 'nic' : list.slice(0, -1)}${index}`;
}
