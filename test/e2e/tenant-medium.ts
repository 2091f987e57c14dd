import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

/** What tells that something of a tenant's medium was acted on. */
export const tenantTraces = {
  /** An account with every right. */
  account: 'mallory',
  /** A file that a command of the medium makes. */
  file: '/root/tenant-was-here',
  /** A file that the medium itself holds. */
  injected: '/etc/tenant-file',
} as const;

const cloudConfig = `#cloud-config
users:
  - name: ${tenantTraces.account}
    sudo: 'ALL=(ALL) NOPASSWD:ALL'
    shell: /bin/bash
bootcmd:
  - touch ${tenantTraces.file}
`;

/**
 * Makes a medium of a tenant's own with user-data and vendor-data that give an account every right, unsigned.
 * @param image path of the image to make; a folder beside it holds its files
 * @param kind for which datasource of cloud-init
 */
export async function makeTenantMedium(
  image: string,
  kind: 'ConfigDrive' | 'NoCloud',
  instance: string,
): Promise<string> {
  const metaData = {
    uuid: instance,
    files: [{ path: tenantTraces.injected, content_path: '/content/0000' }],
  };
  const files =
    kind === 'NoCloud'
      ? { 'meta-data': `instance-id: ${instance}\n`, 'user-data': cloudConfig }
      : {
          'openstack/content/0000': 'tenant\n',
          'openstack/latest/meta_data.json': JSON.stringify(metaData),
          'openstack/latest/user_data': cloudConfig,
          'openstack/latest/vendor_data.json': JSON.stringify({ 'cloud-init': cloudConfig }),
        };
  const tree = `${image}.tree`;
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), content);
  }
  const label = kind === 'NoCloud' ? 'cidata' : 'config-2';
  const options = ['-as', 'mkisofs', '-quiet', '-o', image, '-V', label, '-r', '-J', tree];
  await execa('xorriso', options, { timeout: 30_000 });
  return image;
}
