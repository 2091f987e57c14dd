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

/** Operating system families of `schemas/v1/instance-record.json`. */
export type OsFamily = 'debian' | 'rhel' | 'suse' | 'alpine' | 'coreos' | 'windows' | 'other';

/**
 * Where the fields of an instance stand in NetBox. Each list is an order of precedence: the first field that is set
 * counts. A field is a path into the REST API's JSON of the virtual machine: `serial`, `tenant.slug`,
 * `custom_fields.uuid`, `config_context.network.gateway4`.
 */
export interface NetboxMapping extends Readonly<Record<MachineField, readonly string[]>> {
  /** `serial` and `custom_fields.NAME` only: NetBox can look machines up by them. */
  readonly id: readonly string[];
  /** Beside fields, `changelog`: who created the virtual machine, by NetBox's change log. */
  readonly creator: readonly string[];
  /** The platform, by which the family is told. */
  readonly platform: readonly string[];
  /** Family of a platform, by patterns with `*`, the first that matches. They go before the built-in ones. */
  readonly osFamilies: readonly { readonly platform: string; readonly family: OsFamily }[];
  /** Family where no platform is set or none of the patterns matches; such a machine is refused if undefined. */
  readonly defaultOsFamily: OsFamily | undefined;
  /**
   * `vm.PATH`, `interface.PATH`, `address.PATH`, `prefix.PATH`, or `prefix.first-host`: the first host of the address's
   * network, if NetBox has a prefix of just that network in the same VRF.
   */
  readonly gateway4: readonly string[];
  readonly gateway6: readonly string[];
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
};

/** Whether any field comes from the rendered config context, which is dear for NetBox to make. */
export function usesConfigContext(mapping: NetboxMapping): boolean {
  return allPaths(mapping).some((path) => /^(vm\.)?config_context\./.test(path));
}

/** Whether prefixes have to be read. */
export function usesPrefixes({ gateway4, gateway6 }: NetboxMapping): boolean {
  return [...gateway4, ...gateway6].some((path) => path.startsWith('prefix.'));
}

function allPaths(mapping: NetboxMapping): readonly string[] {
  return [
    ...machineFields.flatMap((field) => mapping[field]),
    ...mapping.platform,
    ...mapping.gateway4,
    ...mapping.gateway6,
  ];
}

/**
 * The value at a path in a row; undefined where it is not set (absent, null or empty). Of a choice
 * (`{ "value": …, "label": … }`) the value. A list or object is `null`, which every schema refuses: it is not kept.
 */
export function valueAt(row: unknown, path: string): string | number | boolean | null | undefined {
  let value = row;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, 'value')) {
    value = (value as { readonly value: unknown }).value;
  }
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return null;
}
