import type { Source } from '../../../../schemas/types/api.ts';
import type { Dns, Ntp } from '../../../../schemas/types/common.ts';
import type { InstanceRecord } from '../../../../schemas/types/instance-record.ts';
import { overridden } from '../choice.ts';
import type { SourceBook } from '../source-book.ts';
import { isSameList, type NameList, type SiteSettings } from './site-settings.ts';

/** Name and time servers of a guest: of each list the record's, else what policy says of the site. */
export function composeServers(
  record: InstanceRecord,
  site: SiteSettings,
): { readonly dns: Dns; readonly ntp: Ntp } {
  const dns = <Name extends keyof Dns>(name: Name) =>
    chosenList(name, record.dns?.[name], site.dns[name]?.value);
  const ntp = <Name extends keyof Ntp>(name: Name) =>
    chosenList(name, record.ntp?.[name], site.ntp[name]?.value);
  return { dns: { ...dns('servers'), ...dns('search') }, ntp: { ...ntp('servers'), ...ntp('pools') } };
}

function chosenList<Name extends string>(
  name: Name,
  own: NameList | undefined,
  ofSite: NameList | undefined,
): { [list in Name]?: string[] } {
  const chosen = own ?? ofSite;
  return chosen === undefined ? {} : ({ [name]: [...chosen] } as { [list in Name]: string[] });
}

/** Notes for each server and search domain where its list comes from. @param field source of a field of the record */
export function noteServers(
  record: InstanceRecord,
  site: SiteSettings,
  book: SourceBook,
  field: (name: string) => Source,
): void {
  const note = (
    section: 'dns' | 'ntp',
    subject: string,
    path: string,
    own: NameList | undefined,
    ofSite: { readonly value: NameList; readonly sources: readonly Source[] } | undefined,
  ): void => {
    const isOwn = own !== undefined;
    const agrees = ofSite !== undefined && own !== undefined && isSameList(own, ofSite.value);
    const policy = (ofSite?.sources ?? []).map((source) => (isOwn && !agrees ? overridden(source) : source));
    const sources = isOwn ? [field(path), ...policy] : policy;
    for (const index of (own ?? ofSite?.value ?? []).keys()) {
      book.note(section, `${subject} ${index + 1}`, ...sources);
    }
  };
  note('dns', 'server', 'dns/servers', record.dns?.servers, site.dns.servers);
  note('dns', 'search', 'dns/search', record.dns?.search, site.dns.search);
  note('ntp', 'server', 'ntp/servers', record.ntp?.servers, site.ntp.servers);
  note('ntp', 'pool', 'ntp/pools', record.ntp?.pools, site.ntp.pools);
}
