import type { Source } from '../../../schemas/types/api.ts';
import type { Dns, Ntp } from '../../../schemas/types/common.ts';
import type { SitePolicy } from '../../../schemas/types/policy.ts';
import { appendPointer } from '../../../schemas/validation/json-pointer.ts';
import type { PolicyDocument } from '../policy-document.ts';
import { policySource } from './policy-source.ts';
import type { SourceBook } from './source-book.ts';

/** What policy says of the instance's site. */
export interface SiteSettings {
  readonly domain: string | undefined;
  readonly dns: Dns;
  readonly ntp: Ntp;
  /** Notes where it comes from. @param uses whether the domain is used */
  note(book: SourceBook, uses: { readonly domain: boolean }): void;
}

/**
 * Settings of a site; each list or value that the site does not set comes from `defaults`.
 * @param siteName the instance's site, if it has one
 */
export function composeSiteSettings(siteName: string | undefined, policy: PolicyDocument): SiteSettings {
  const notes: (readonly ['dns' | 'ntp' | 'hostname', string, Source])[] = [];
  const { sites = {} } = policy.policy;
  const layers = [
    ...(siteName === undefined
      ? []
      : [
          {
            pointer: appendPointer('/sites', siteName),
            name: `site ${siteName}`,
            // Not by `[]` alone: a site named `constructor` is a site.
            site: Object.hasOwn(sites, siteName) ? sites[siteName] : undefined,
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
      for (const index of values.keys()) notes.push([section, `${subject} ${index + 1}`, source]);
    });
  const domain = first(
    'domain',
    (site) => site.domain,
    (_, source) => notes.push(['hostname', 'fqdn', source]),
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
    note(book, uses) {
      for (const [section, subject, source] of notes) {
        if (section !== 'hostname' || uses.domain) book.note(section, subject, source);
      }
    },
  };
}
