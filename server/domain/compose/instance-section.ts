import type { Source } from '../../../schemas/types/api.ts';
import type { Bond } from '../../../schemas/types/common.ts';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import type { InstanceRecord } from '../../../schemas/types/instance-record.ts';
import { type LinkSettings, networkLinks } from '../network-links.ts';
import { changeOfSource } from './directory-index.ts';
import type { SourceBook } from './source-book.ts';

/** An instance record and where it stands in the CMDB. */
export interface LocatedRecord {
  readonly record: InstanceRecord;
  readonly inventory: string;
  readonly locator: string;
  /** Fields that come from another inventory or record, by their name. */
  readonly origins?:
    | ReadonlyMap<string, { readonly inventory: string; readonly locator: string }>
    | undefined;
  /** The record's newest change, where the CMDB tells. */
  readonly lastChange?: { readonly by?: string; readonly at: string } | undefined;
}

/** Whose configuration it is. */
export function instanceSection(record: InstanceRecord): GuestConfiguration['instance'] {
  const { id, name, osFamily, project, owner, creator, createdAt, site } = record;
  return {
    id,
    name,
    osFamily,
    ...(project === undefined ? {} : { project }),
    ...(owner === undefined ? {} : { owner }),
    ...(creator === undefined ? {} : { creator }),
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(site === undefined ? {} : { site }),
  };
}

/** Gives the source that a field of the record is. */
export function inventorySource(located: LocatedRecord): (field: string) => Source {
  return (field) => {
    const origin = located.origins?.get(field.split('/', 1)[0] ?? '');
    const { inventory, locator } = origin ?? located;
    // Of a record of another inventory, where this field comes from, nothing is known.
    const change = origin === undefined ? located.lastChange : undefined;
    return {
      kind: 'inventory',
      name: inventory,
      record: locator,
      field,
      ...(change === undefined ? {} : changeOfSource(change)),
    };
  };
}

/** What stands in the record comes from there, field by field; for servers see `noteServers`. */
export function noteInventory(located: LocatedRecord, book: SourceBook): void {
  const { record } = located;
  const field = inventorySource(located);
  for (const key of Object.keys(instanceSection(record))) book.note('instance', key, field(key));
  const hostnameField = field(record.hostname === undefined ? 'name' : 'hostname');
  book.note('hostname', 'name', hostnameField);
  book.note('hostname', 'fqdn', hostnameField, ...(record.domain === undefined ? [] : [field('domain')]));
  for (const { subject: of, path, ...named } of networkLinks(record)) {
    const settings: LinkSettings = named.link;
    const note = (subject: string, name: string) =>
      book.note('network', `${of} ${subject}`, field(`${path}/${name}`));
    if (named.kind === 'interface') note('interface', 'mac');
    else if (named.kind === 'bond') noteBond(named.link, note);
    else note('vlan', 'id');
    for (const address of settings.addresses ?? []) note(`address ${address}`, 'addresses');
    for (const key of ['gateway4', 'gateway6', 'mtu', 'dhcp4', 'dhcp6'] as const) note(key, key);
    for (const route of settings.routes ?? []) note(`route ${route.to} via ${route.via}`, 'routes');
  }
}

function noteBond({ members }: Bond, note: (subject: string, name: string) => void): void {
  note('bond', 'mode');
  for (const member of members) note(`member ${member}`, 'members');
  for (const key of ['mac', 'miimon', 'lacpRate', 'xmitHashPolicy'] as const) note(key, key);
}
