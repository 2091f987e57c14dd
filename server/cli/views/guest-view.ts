import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import { type GuestLine, guestLines } from '../../domain/guest-lines.ts';
import { type LinkSettings, type NetworkLink, networkLinks } from '../../domain/network-links.ts';
import type { Page } from '../output/page.ts';
import type { Span } from '../output/span.ts';
import { linkPlace } from './link-place.ts';
import { counted } from './words.ts';

/** What a guest configuration sets up, in short: a line for each thing, sections that are empty left out. */
export function renderGuest(page: Page, guest: GuestConfiguration): void {
  const { hostname, dns, ntp, groups, accounts, files, scripts } = guest;
  const rows: readonly (readonly [label: string, lines: readonly Span[]])[] = [
    ['host name', [hostname.fqdn ?? hostname.name]],
    ['network', networkLinks(guest.network).map(linkText)],
    ['dns', [(dns.servers ?? []).join(' '), ...(dns.search ?? []).map((domain) => `search ${domain}`)]],
    ['ntp', [[...(ntp.servers ?? []), ...(ntp.pools ?? []).map((pool) => `${pool} (pool)`)].join(' ')]],
    [
      'groups',
      groups.map(({ name, gid, members }) => `${name} (${gid}), ${counted(members.length, 'member')}`),
    ],
    ['accounts', accounts.map(({ name, uid, keys }) => `${name} (${uid}), ${counted(keys.length, 'key')}`)],
    ['sudo', sectionTexts(guest, 'sudo')],
    ['guest', sectionTexts(guest, 'guest')],
    ['files', files.map(({ path, mode, owner, group }) => `${path} (${mode} ${owner}:${group})`)],
    ['scripts', scripts.map(({ name }) => name)],
  ];
  page.fields(
    rows
      .map(([label, lines]) => [label, lines.filter((line) => line !== '')] as const)
      .filter(([, lines]) => lines.length > 0),
  );
}

function linkText(named: NetworkLink): string {
  const { addresses, gateway4, gateway6, dhcp4, dhcp6 }: LinkSettings = named.link;
  const { name } = named.link;
  return [
    linkPlace(named),
    name === undefined ? '' : `(${name})`,
    ...(addresses ?? []),
    dhcp4 === true ? 'DHCP' : '',
    dhcp6 === true ? 'DHCPv6' : '',
    gateway4 === undefined ? '' : `via ${gateway4}`,
    gateway6 === undefined ? '' : `via ${gateway6}`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function sectionTexts(guest: GuestConfiguration, wanted: GuestLine['section']): readonly string[] {
  return guestLines(guest)
    .filter(({ section }) => section === wanted)
    .map(({ subject, value }) => `${subject}: ${value}`);
}
