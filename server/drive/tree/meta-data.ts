import type { StoredGeneration } from '../../store/store.ts';
import type { DriveIdentity } from '../drive-builder.ts';

/**
 * `meta_data.json` of the OpenStack tree (Nova, `nova/api/metadata/base.py`), with every member that Nova always
 * writes. `uuid` is what guests take as instance-id: it is the instance's and stays the same in all generations.
 */
export interface OpenstackMetaData {
  readonly uuid: string;
  /** The full name where there is one: cloud-init takes host name and FQDN from it. */
  readonly hostname: string;
  readonly name: string;
  readonly launch_index: number;
  readonly availability_zone: string | null;
  /** 512 bytes in base64. */
  readonly random_seed: string;
  readonly project_id: string | null;
  readonly devices: readonly never[];
  readonly dedicated_cpus: readonly never[];
  /** Metadata as Nova's users set it: strings. */
  readonly meta: Readonly<Record<string, string>>;
}

/** The OpenStack meta-data of a generation. */
export function openstackMetaData(generation: StoredGeneration, identity: DriveIdentity): OpenstackMetaData {
  const { instance, hostname } = generation.guest;
  return {
    uuid: instance.id,
    hostname: hostname.fqdn ?? hostname.name,
    name: instance.name,
    launch_index: 0,
    availability_zone: identity.availabilityZone ?? null,
    random_seed: identity.randomSeed,
    project_id: instance.project ?? null,
    devices: [],
    dedicated_cpus: [],
    meta: { 'ubugi-generation': String(generation.number) },
  };
}
