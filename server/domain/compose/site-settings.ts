import type { Dns, Ntp } from '../../../schemas/types/common.ts';
import type { InstanceRecord } from '../../../schemas/types/instance-record.ts';
import type { SitePolicy } from '../../../schemas/types/policy.ts';
import type { PolicyDocument } from '../policy-document.ts';
import { policySource } from './policy-source.ts';
import type { SourceBook } from './source-book.ts';

/** What policy says of the instance's site. */
export interface SiteSettings {
  readonly domain: string | undefined;
  readonly dns: Dns;
  readonly ntp: Ntp;
}

/** Settings of the instance's site; each list or value that the site does not set comes from `defaults`. */
export function composeSiteSettings(
  record: InstanceRecord,
  policy: PolicyDocument,
  book: SourceBook,
): SiteSettings {
  const layers = [
    ...(record.site === undefined
      ? []
      : [
          {
            pointer: `/sites/${record.site.replaceAll('~', '~0').replaceAll('/', '~1')}`,
            name: `site ${record.site}`,
            site: policy.policy.sites?.[record.site],
          },
        ]),
    { pointer: '/defaults', name: 'defaults', site: policy.policy.defaults },
  ];
  /** The first layer that sets a value, after noting it as the source of each of its lines. */
  const first = <T>(
    path: string,
    read: (site: SitePolicy) => T | undefined,
    note: (value: T, source: ReturnType<typeof policySource>) => void,
  ): T | undefined => {
    for (const { pointer, name, site } of layers) {
      const value = site === undefined ? undefined : read(site);
      if (value === undefined) continue;
      note(value, policySource(policy, `${pointer}/${path}`, name));
      return value;
    }
    return undefined;
  };
  const list = (
    section: 'dns' | 'ntp',
    subject: string,
    path: string,
    read: (site: SitePolicy) => string[] | undefined,
  ) =>
    first(path, read, (values, source) => {
      for (const index of values.keys()) book.note(section, `${subject} ${index + 1}`, source);
    });
  const domain =
    record.domain ??
    first(
      'domain',
      (site) => site.domain,
      (_, source) => book.note('hostname', 'fqdn', source),
    );
  const servers = list('dns', 'server', 'dns/servers', (site) => site.dns?.servers);
  const search = list('dns', 'search', 'dns/search', (site) => site.dns?.search);
  const ntpServers = list('ntp', 'server', 'ntp/servers', (site) => site.ntp?.servers);
  const pools = list('ntp', 'pool', 'ntp/pools', (site) => site.ntp?.pools);
  return {
    domain,
    dns: {
      ...(servers === undefined ? {} : { servers: [...servers] }),
      ...(search === undefined ? {} : { search: [...search] }),
    },
    ntp: {
      ...(ntpServers === undefined ? {} : { servers: [...ntpServers] }),
      ...(pools === undefined ? {} : { pools: [...pools] }),
    },
  };
}
