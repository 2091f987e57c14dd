/** Fields of an instance that are each taken from the first of some fields of the virtual machine. */
export const machineFields = [
  'id',
  'name',
  'hostname',
  'domain',
  'project',
  'owner',
  'creator',
  'createdAt',
  'site',
  'availabilityZone',
  'hypervisor',
] as const;

export type MachineField = (typeof machineFields)[number];

/** Fields that may also come from an interface, an address or a prefix. */
export const scopedFields = ['gateway4', 'gateway6', 'dnsServers', 'dnsSearch', 'ntpServers'] as const;

export type ScopedField = (typeof scopedFields)[number];

/** What the path of a scoped field begins with: the object of NetBox that it leads into. */
export type Scope = 'vm' | 'interface' | 'address' | 'prefix';

/** Operating system families of `schemas/v1/instance-record.json`. */
export type OsFamily = 'debian' | 'rhel' | 'suse' | 'alpine' | 'coreos' | 'windows' | 'other';

/**
 * Where the fields of an instance stand in NetBox. Each list is an order of precedence: the first field that is set
 * counts. A field is a path into the REST API's JSON of the virtual machine: `serial`, `tenant.slug`,
 * `custom_fields.uuid`, `config_context.network.gateway4`. Scoped fields begin with what the path leads into:
 * `vm.PATH`, `interface.PATH`, `address.PATH`, `prefix.PATH`.
 */
export interface NetboxMapping extends Readonly<Record<MachineField | ScopedField, readonly string[]>> {
  /** `serial` and `custom_fields.NAME` only: NetBox can look machines up by them. */
  readonly id: readonly string[];
  /** Beside fields, `changelog`: who created the virtual machine, by NetBox's change log. */
  readonly creator: readonly string[];
  /**
   * A list of objects with the fields of a bond (`common.json`); its members are names or MAC addresses of interfaces. What
   * else the bond has is that of the interface with its name.
   */
  readonly bonds: readonly string[];
  /** The platform, by which the family is told. */
  readonly platform: readonly string[];
  /** Family of a platform, by patterns with `*`, the first that matches. They go before the built-in ones. */
  readonly osFamilies: readonly { readonly platform: string; readonly family: OsFamily }[];
  /** Family where no platform is set or none of the patterns matches; such a machine is refused if undefined. */
  readonly defaultOsFamily: OsFamily | undefined;
  /**
   * Beside scoped paths, `prefix.first-host`: the first host of the address's network, if NetBox has a prefix of just
   * that network in the same VRF.
   */
  readonly gateway4: readonly string[];
  readonly gateway6: readonly string[];
  /** Name servers, search domains and time servers: lists, or texts with commas or blanks between the values. */
  readonly dnsServers: readonly string[];
  readonly dnsSearch: readonly string[];
  readonly ntpServers: readonly string[];
}

/** What is taken where the configuration says nothing else. */
export const defaultMapping: NetboxMapping = {
  id: ['serial'],
  name: ['name'],
  hostname: [],
  domain: [],
  project: ['tenant.slug'],
  owner: ['custom_fields.owner'],
  creator: ['custom_fields.creator', 'changelog'],
  createdAt: ['created'],
  site: ['site.slug'],
  availabilityZone: [],
  hypervisor: ['device.name'],
  bonds: [],
  platform: ['platform.slug'],
  osFamilies: [],
  defaultOsFamily: undefined,
  gateway4: [
    'address.custom_fields.gateway',
    'interface.custom_fields.gateway4',
    'vm.custom_fields.gateway4',
    'prefix.custom_fields.gateway',
  ],
  gateway6: [
    'address.custom_fields.gateway',
    'interface.custom_fields.gateway6',
    'vm.custom_fields.gateway6',
    'prefix.custom_fields.gateway',
  ],
  dnsServers: [],
  dnsSearch: [],
  ntpServers: [],
};

/** Whether any field comes from the rendered config context, which is dear for NetBox to make. */
export function usesConfigContext(mapping: NetboxMapping): boolean {
  return fieldsOf(mapping, 'vm').includes('config_context');
}

/** Whether prefixes have to be read. */
export function usesPrefixes(mapping: NetboxMapping): boolean {
  return scopedFields.some((field) => mapping[field].some((path) => path.startsWith('prefix.')));
}

/** The fields of NetBox's objects of a scope that the mapping reads. */
export function fieldsOf(mapping: NetboxMapping, scope: Scope): readonly string[] {
  const scoped = scopedFields
    .flatMap((field) => mapping[field])
    .filter((path) => path.startsWith(`${scope}.`) && path !== 'prefix.first-host')
    .map((path) => path.slice(scope.length + 1));
  const own =
    scope === 'vm'
      ? [...machineFields.flatMap((field) => mapping[field]), ...mapping.platform, ...mapping.bonds].filter(
          (path) => path !== 'changelog',
        )
      : [];
  return [...new Set([...own, ...scoped].map((path) => path.split('.')[0] ?? path))];
}
