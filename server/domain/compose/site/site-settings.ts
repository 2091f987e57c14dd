import type { Source } from '../../../../schemas/types/api.ts';
import type { Dns, Ntp, Route } from '../../../../schemas/types/common.ts';
import type { SitePolicy } from '../../../../schemas/types/policy.ts';
import { appendPointer } from '../../../../schemas/validation/json-pointer.ts';
import type { PolicyDocument } from '../../policy-document.ts';
import { type Choice, choose } from '../choice.ts';
import { policySource } from '../policy-source.ts';

/** A list of servers or domains. */
export type NameList = readonly string[];

/** A route that policy gives. */
export interface SiteRoute {
  readonly route: Readonly<Route>;
  /** What gives it first; marked is what routes the same destination otherwise. */
  readonly sources: readonly Source[];
}

/** What policy says of the instance's site: of each value and each list the site's, else that of `defaults`. */
export interface SiteSettings {
  readonly domain: Choice<string> | undefined;
  readonly dns: { readonly [list in keyof Dns]: Choice<NameList> };
  readonly ntp: { readonly [list in keyof Ntp]: Choice<NameList> };
  readonly routes: readonly SiteRoute[];
}

interface Layer {
  readonly pointer: string;
  readonly name: string;
  readonly site: SitePolicy;
}

/** @param siteName the instance's site, if it has one */
export function composeSiteSettings(siteName: string | undefined, policy: PolicyDocument): SiteSettings {
  const layers = siteLayers(siteName, policy);
  const first = <T>(
    path: string,
    read: (site: SitePolicy) => T | undefined,
    isEqual?: (one: T, other: T) => boolean,
  ): Choice<T> | undefined => {
    let chosen: Choice<T> | undefined;
    for (const { pointer, name, site } of layers) {
      const value = read(site);
      if (value === undefined) continue;
      chosen = choose(chosen, value, policySource(policy, `${pointer}/${path}`, name), isEqual);
    }
    return chosen;
  };
  const list = <Name extends string>(
    path: string,
    name: Name,
    read: (site: SitePolicy) => NameList | undefined,
  ): { readonly [list in Name]?: Choice<NameList> } => {
    const chosen = first(path, read, isSameList);
    return chosen === undefined ? {} : ({ [name]: chosen } as { [list in Name]: Choice<NameList> });
  };
  return {
    domain: first('domain', (site) => site.domain),
    dns: {
      ...list('dns/servers', 'servers', (site) => site.dns?.servers),
      ...list('dns/search', 'search', (site) => site.dns?.search),
    },
    ntp: {
      ...list('ntp/servers', 'servers', (site) => site.ntp?.servers),
      ...list('ntp/pools', 'pools', (site) => site.ntp?.pools),
    },
    routes: siteRoutes(layers, policy),
  };
}

/** Whether two lists say the same. */
export function isSameList(one: NameList, other: NameList): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}

/** The layers that there are, the one that wins first. */
function siteLayers(siteName: string | undefined, { policy }: PolicyDocument): readonly Layer[] {
  const { defaults = {}, sites = {} } = policy;
  // Not by `[]` alone: a site named `constructor` is a site.
  const site = siteName !== undefined && Object.hasOwn(sites, siteName) ? sites[siteName] : undefined;
  return [
    ...(siteName === undefined || site === undefined
      ? []
      : [{ pointer: appendPointer('/sites', siteName), name: `site ${siteName}`, site }]),
    { pointer: '/defaults', name: 'defaults', site: defaults },
  ];
}

/** The list of the first layer that has one; each with what a later layer says of the same destination. */
function siteRoutes(layers: readonly Layer[], policy: PolicyDocument): readonly SiteRoute[] {
  const lists = layers.filter(({ site }) => site.routes !== undefined);
  return (lists[0]?.site.routes ?? []).map((route) => {
    let chosen: Choice<Route> | undefined;
    for (const { pointer, name, site } of lists) {
      const index = (site.routes ?? []).findIndex(({ to }) => to === route.to);
      const value = site.routes?.[index];
      if (value === undefined) continue;
      const source = policySource(policy, `${pointer}/routes/${index}`, name);
      chosen = choose(chosen, value, source, (a, b) => a.via === b.via && a.metric === b.metric);
    }
    return { route, sources: chosen?.sources ?? [] };
  });
}
