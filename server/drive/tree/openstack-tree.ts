import type { StoredGeneration } from '../../store/store.ts';
import type { DriveIdentity } from '../drive-builder.ts';
import type { DriveFile } from '../drive-file.ts';
import { openstackMetaData } from './meta-data.ts';
import { networkData } from './network-data.ts';
import { stableJson } from './stable-json.ts';
import { vendorData } from './vendor-data.ts';

/** Versions of the tree, oldest first (Nova, `OPENSTACK_VERSIONS`). cloud-init prefers a dated folder to `latest`. */
const versions = [
  '2012-08-10',
  '2013-04-04',
  '2013-10-17',
  '2015-10-15',
  '2016-06-30',
  '2016-10-06',
  '2017-02-22',
  '2018-08-27',
  '2020-10-14',
] as const;

/** In which version each file came, as in Nova. */
const since: Readonly<Record<string, (typeof versions)[number]>> = {
  'meta_data.json': '2012-08-10',
  user_data: '2012-08-10',
  'vendor_data.json': '2013-10-17',
  'network_data.json': '2015-10-15',
  'vendor_data2.json': '2016-10-06',
};

/** Every path that the OpenStack tree can have. */
export const openstackPaths: readonly string[] = [...versions, 'latest'].flatMap((version) =>
  Object.keys(since)
    .filter((name) => (since[name] ?? '') <= version)
    .map((name) => `openstack/${version}/${name}`),
);

/** The OpenStack tree: the same files in every version's folder that has them, and in `latest`. */
export function openstackTree(generation: StoredGeneration, identity: DriveIdentity): readonly DriveFile[] {
  const network = networkData(generation.guest);
  const contents: readonly (readonly [string, Buffer])[] = [
    ['meta_data.json', stableJson(openstackMetaData(generation, identity))],
    ...(network === undefined ? [] : [['network_data.json', stableJson(network)] as const]),
    ['vendor_data.json', stableJson(vendorData(generation))],
    // cloud-init would run what stands here beside what stands in vendor_data.json.
    ['vendor_data2.json', stableJson({})],
    ...(identity.userData === undefined
      ? []
      : [['user_data', Buffer.from(identity.userData, 'base64')] as const]),
  ];
  return [...versions, 'latest'].flatMap((version) =>
    contents
      .filter(([name]) => (since[name] ?? '') <= version)
      .map(([name, content]) => ({ path: `openstack/${version}/${name}`, content })),
  );
}
