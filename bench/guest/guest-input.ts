import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { GuestConfiguration } from '../../schemas/types/guest-configuration.ts';
import { cloudConfig } from '../../server/domain/cloud-config/cloud-config.ts';
import { exampleInstances, openExampleServer } from '../../test/harness/example-server.ts';

/** The same guest configuration for both: our drive, and a config drive for cloud-init alone. */
export interface GuestInput {
  readonly instance: string;
  readonly trustedSignersPath: string;
  readonly drive: string;
  /** Our drive's files in a folder. */
  readonly driveTree: string;
  /** Config drive with the same network data and a cloud-config as user-data; nothing of ours. */
  readonly peerDrive: string;
  readonly peerTree: string;
}

/** Composes web-01 of the example with the server's own parts, in the folder `dir`. */
export async function prepareInput(dir: string): Promise<GuestInput> {
  await mkdir(join(dir, 'server'), { recursive: true });
  const server = await openExampleServer(join(dir, 'server'));
  try {
    await server.sync();
    const drive = await server.drive(exampleInstances.web01);
    const driveTree = join(dir, 'drive');
    await execa('xorriso', ['-osirrox', 'on', '-indev', drive, '-extract', '/', driveTree]);
    await execa('chmod', ['-R', 'u+w', driveTree]);
    const peerTree = join(dir, 'peer');
    await writePeerTree(driveTree, peerTree);
    const peerDrive = join(dir, 'peer.iso');
    await execa('xorriso', [
      '-as',
      'mkisofs',
      '-quiet',
      '-o',
      peerDrive,
      '-V',
      'config-2',
      '-r',
      '-J',
      peerTree,
    ]);
    const { trustedSignersPath } = server;
    return { instance: exampleInstances.web01, trustedSignersPath, drive, driveTree, peerDrive, peerTree };
  } finally {
    await server.close();
  }
}

async function writePeerTree(driveTree: string, peerTree: string): Promise<void> {
  const guest = JSON.parse(await readFile(join(driveTree, 'ubugi/guest.json'), 'utf8')) as GuestConfiguration;
  const scripts = await Promise.all(
    guest.scripts.map(async ({ name }) => ({
      name,
      content: await readFile(join(driveTree, 'ubugi/scripts', name), 'utf8'),
    })),
  );
  // The host keys are not a part of what is compared.
  const settings = { ...cloudConfig(guest, scripts), ssh_deletekeys: false };
  const userData = `#cloud-config\n${JSON.stringify(settings)}\n`;
  await mkdir(peerTree);
  await cp(join(driveTree, 'openstack'), join(peerTree, 'openstack'), { recursive: true });
  for (const version of await readdir(join(peerTree, 'openstack'))) {
    const folder = join(peerTree, 'openstack', version);
    // Vendor-data is what starts our launcher.
    await rm(join(folder, 'vendor_data.json'), { force: true });
    await rm(join(folder, 'vendor_data2.json'), { force: true });
    await writeFile(join(folder, 'user_data'), userData);
  }
}
