import { linkAddresses } from '../../domain/network-links.ts';
import type { StoredGeneration } from '../../store/store.ts';
import type { DriveIdentity } from '../drive-builder.ts';
import type { DriveFile } from '../drive-file.ts';
import { stableJson } from './stable-json.ts';

/** The EC2 tree as Nova writes it (`nova/api/metadata/base.py`, `get_ec2_metadata`), for readers of that kind. */
export function ec2Tree(generation: StoredGeneration, identity: DriveIdentity): readonly DriveFile[] {
  const { instance, hostname, network } = generation.guest;
  const name = hostname.fqdn ?? hostname.name;
  const ipv4 = linkAddresses(network)
    .map((address) => address.slice(0, address.indexOf('/')))
    .find((address) => !address.includes(':'));
  const metaData = {
    'ami-id': 'None',
    'ami-launch-index': 0,
    'ami-manifest-path': 'None',
    'block-device-mapping': { ami: 'vda', root: '/dev/vda' },
    hostname: name,
    'instance-action': 'none',
    // EC2 has an id of its own form; it is the instance's and the same in all generations.
    'instance-id': `i-${instance.id.slice(0, 8)}`,
    'instance-type': 'ubugi',
    'local-hostname': name,
    ...(ipv4 === undefined ? {} : { 'local-ipv4': ipv4 }),
    placement: { 'availability-zone': identity.availabilityZone ?? 'None' },
    'public-hostname': name,
    'public-ipv4': '',
    'reservation-id': `r-${instance.id.slice(-8)}`,
  };
  return [
    { path: 'ec2/latest/meta-data.json', content: stableJson(metaData) },
    ...(identity.userData === undefined
      ? []
      : [{ path: 'ec2/latest/user-data', content: Buffer.from(identity.userData, 'base64') }]),
  ];
}
