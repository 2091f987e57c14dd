import type { Query } from '../client/query.ts';
import { fieldsOf, type NetboxMapping, usesConfigContext } from '../mapping.ts';
import { listPaths } from '../rows/collections.ts';

/**
 * A list whose rows machines are made from, although a change in it does not touch the machines. Polled for what was
 * updated, and for its number of rows.
 */
export interface WatchedList {
  readonly path: string;
  /** NetBox's name of the type in its change log. */
  readonly type: string;
  /** Where the machines are that a row concerns; undefined if any may be. */
  readonly machines: { readonly parameter: string; readonly by: 'id' | 'slug' } | undefined;
}

interface Relation extends WatchedList {
  /** Field of the virtual machine through which paths lead into the row. */
  readonly field: string | undefined;
  /** Beginning of the parameters of NetBox's list of machines that depend on the row. */
  readonly parameters: string;
  /** Whether config contexts are assigned by it. */
  readonly assignsContexts: boolean;
}

function relation(
  field: string | undefined,
  parameters: string,
  path: string,
  type: string,
  assignsContexts = true,
): Relation {
  const machines = { parameter: `${parameters}_id`, by: 'id' } as const;
  return { field, parameters, path, type, assignsContexts, machines };
}

const relations: readonly Relation[] = [
  relation('site', 'site', 'dcim/sites/', 'dcim.site'),
  relation(undefined, 'site_group', 'dcim/site-groups/', 'dcim.sitegroup'),
  relation(undefined, 'region', 'dcim/regions/', 'dcim.region'),
  relation('tenant', 'tenant', 'tenancy/tenants/', 'tenancy.tenant'),
  relation(undefined, 'tenant_group', 'tenancy/tenant-groups/', 'tenancy.tenantgroup'),
  relation('cluster', 'cluster', 'virtualization/clusters/', 'virtualization.cluster'),
  relation(undefined, 'cluster_group', 'virtualization/cluster-groups/', 'virtualization.clustergroup'),
  relation(undefined, 'cluster_type', 'virtualization/cluster-types/', 'virtualization.clustertype'),
  relation('device', 'device', 'dcim/devices/', 'dcim.device', false),
  relation('platform', 'platform', 'dcim/platforms/', 'dcim.platform'),
  relation('role', 'role', 'dcim/device-roles/', 'dcim.devicerole'),
  {
    ...relation('tags', 'tag', 'extras/tags/', 'extras.tag'),
    // Several tags at once would mean machines that have them all.
    machines: { parameter: 'tag', by: 'slug' },
  },
];

/** The lists to watch for a mapping and a filter. Tags are always watched, as a machine has theirs. */
export function watchedLists(mapping: NetboxMapping, filter: Query): readonly WatchedList[] {
  const fields = new Set([...fieldsOf(mapping, 'vm'), 'tags']);
  const parameters = new Set(filter.map(([name]) => name.replace(/(_id)?(__\w+)?$/, '')));
  const hasContexts = usesConfigContext(mapping);
  const contexts: WatchedList = {
    path: listPaths.configContexts,
    type: 'extras.configcontext',
    machines: undefined,
  };
  return [
    ...(hasContexts ? [contexts] : []),
    ...relations.filter(
      (list) =>
        (list.field !== undefined && fields.has(list.field)) ||
        parameters.has(list.parameters) ||
        (hasContexts && list.assignsContexts),
    ),
  ];
}
