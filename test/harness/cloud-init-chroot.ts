import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

/**
 * cloud-init's four stages as its units run them, in namespaces of their own: it sets host name and network. The
 * clock starts when everything that a booted machine has is there.
 */
const stages = `
set -e
root=$1 mac=$2
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -o bind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
ip link add eth0 address "$mac" type veth peer name outside
start=$(date +%s%N)
for stage in 'init --local' init 'modules --mode=config' 'modules --mode=final'; do
  chroot "$root" cloud-init $stage >>"$root/var/log/stages" 2>&1 || :
done
echo $((($(date +%s%N) - start) / 1000))
cp "$root/run/cloud-init/result.json" "$root/var/log/result.json"
`;

/** One file of a drive, such as `openstack/latest/meta_data.json`. */
export interface SeedFile {
  readonly path: string;
  readonly content: Buffer;
}

/** Lays files where cloud-init finds them as if they were on a config drive, and has it look nowhere else. */
export async function seedCloudInit(root: string, files: readonly SeedFile[]): Promise<void> {
  for (const { path, content } of files) {
    const file = join(root, 'var/lib/cloud/seed/config_drive', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  await writeFile(join(root, 'etc/cloud/cloud.cfg.d/99_seed.cfg'), 'datasource_list: [ ConfigDrive ]\n');
}

/**
 * Boots, as far as cloud-init is concerned, a root that has cloud-init and a seed. Its result is afterwards in
 * `var/log/result.json` there, what it said in `var/log/stages`. Needs root.
 * @param mac of the one NIC that the machine has
 * @returns milliseconds of the four stages
 */
export async function runCloudInit(root: string, mac: string): Promise<number> {
  const namespaces = ['--mount', '--uts', '--net', '--pid', '--fork'];
  const { stdout } = await execa('unshare', [...namespaces, 'sh', '-c', stages, 'sh', root, mac], {
    timeout: 180_000,
  });
  return Number(stdout) / 1000;
}
