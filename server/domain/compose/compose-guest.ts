import type { RecordProblem, Source } from '../../../schemas/types/api.ts';
import type { NetworkInterface } from '../../../schemas/types/common.ts';
import type { GuestConfiguration } from '../../../schemas/types/guest-configuration.ts';
import type { InstanceRecord } from '../../../schemas/types/instance-record.ts';
import type { PolicyDocument } from '../policy-document.ts';
import type { Composition } from './composition.ts';
import type { DirectoryIndex } from './directory-index.ts';
import { composeIdentity } from './identity.ts';
import { composeFiles, composeScripts } from './policy-payload.ts';
import { composeSiteSettings } from './site-settings.ts';
import { createSourceBook, type SourceBook } from './source-book.ts';
import { composeSudoRules } from './sudo-rules.ts';

/** An instance record and where it stands in the CMDB. */
export interface LocatedRecord {
  readonly record: InstanceRecord;
  readonly inventory: string;
  readonly locator: string;
}

/** A guest configuration, or why there can be none. */
export type Composed =
  | {
      readonly kind: 'composed';
      readonly composition: Composition;
      readonly problems: readonly RecordProblem[];
    }
  | { readonly kind: 'refused'; readonly problems: readonly RecordProblem[] };

/**
 * The guest configuration of one instance: a pure function of instance, directory and policy. Every list has a
 * fixed order, so equal input gives equal JSON.
 */
export function composeGuest(
  located: LocatedRecord,
  directory: DirectoryIndex,
  policy: PolicyDocument,
): Composed {
  const { record } = located;
  const hostname = record.hostname ?? record.name.split('.', 1)[0]?.toLowerCase() ?? '';
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(hostname)) {
    return { kind: 'refused', problems: [hostnameProblem(located)] };
  }
  const book = createSourceBook();
  const site = composeSiteSettings(record, policy, book);
  const fqdn = site.domain === undefined ? undefined : `${hostname}.${site.domain}`;
  const interfaces = (record.interfaces ?? []).map((networkInterface) => ({ ...networkInterface }));
  noteInventory(located, interfaces, book);
  const identity = composeIdentity(record, directory, policy, book);
  const addresses = interfaces.flatMap((networkInterface) => networkInterface.addresses ?? []);
  const rules = composeSudoRules(record, { hostname, fqdn, addresses }, identity, directory, policy, book);
  const { scripts, contents } = composeScripts(record, policy, book);
  const guest: GuestConfiguration = {
    schema: 'https://ubugi.dev/schemas/v1/guest-configuration.json',
    instance: instanceSection(record),
    hostname: { name: hostname, ...(fqdn === undefined ? {} : { fqdn }) },
    network: { interfaces },
    dns: site.dns,
    ntp: site.ntp,
    groups: [...identity.groups],
    accounts: [...identity.accounts],
    sudo: { rules: [...rules] },
    files: [...composeFiles(record, policy, book)],
    scripts: [...scripts],
  };
  return {
    kind: 'composed',
    composition: {
      guest,
      scripts: contents,
      // Only made for content that is new: most of a sync finds nothing new.
      get sources() {
        return book.lines(guest);
      },
    },
    problems: identity.problems,
  };
}

function instanceSection(record: InstanceRecord): GuestConfiguration['instance'] {
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

/** Everything that stands in the record comes from there, field by field. */
function noteInventory(
  located: LocatedRecord,
  interfaces: readonly NetworkInterface[],
  book: SourceBook,
): void {
  const { record } = located;
  const field = (name: string): Source => ({
    kind: 'inventory',
    name: located.inventory,
    record: located.locator,
    field: name,
  });
  for (const key of Object.keys(instanceSection(record))) book.note('instance', key, field(key));
  const hostnameField = field(record.hostname === undefined ? 'name' : 'hostname');
  book.note('hostname', 'name', hostnameField);
  book.note('hostname', 'fqdn', hostnameField, ...(record.domain === undefined ? [] : [field('domain')]));
  for (const [index, { mac, ...settings }] of interfaces.entries()) {
    const note = (subject: string, name: string) =>
      book.note('network', `${mac} ${subject}`, field(`interfaces/${index}/${name}`));
    note('interface', 'mac');
    for (const address of settings.addresses ?? []) note(`address ${address}`, 'addresses');
    for (const key of ['gateway4', 'gateway6', 'mtu', 'dhcp4', 'dhcp6'] as const) note(key, key);
    for (const route of settings.routes ?? []) note(`route ${route.to} via ${route.via}`, 'routes');
  }
}

function hostnameProblem({ inventory, locator }: LocatedRecord): RecordProblem {
  return {
    source: inventory,
    record: locator,
    field: 'name',
    message: 'gives no valid host name: its first label is not one DNS label',
    remedy: 'set the field `hostname` to letters, digits and hyphens',
  };
}
