import { cloudConfig } from '../../domain/cloud-config/cloud-config.ts';
import type { StoredGeneration } from '../../store/store.ts';

/**
 * Brings a stock image to our launcher: cloud-init runs this at each boot, before users, ssh and everything else
 * that it configures (cloud-init 22.4.2, module bootcmd). Without a drive to use, the one that was applied last is applied
 * again, from the copy that the agent keeps: what has ended while the machine was off ends now.
 */
function startScript(instance: string): string {
  return [
    // An image with our launcher in it has decided about this drive already, with signers that it trusts.
    '[ ! -e /usr/lib/ubugi/ubugi-launcher ] || exit 0',
    'export PATH=/usr/sbin:/usr/bin:/sbin:/bin',
    'drive=/run/ubugi/vendor-data',
    'refused=0',
    'mkdir -p -m 0700 /run/ubugi "$drive" || exit 1',
    // @param 1 where a drive lies; a medium that the tenant labelled config-2, or another machine's drive, is passed over
    'start() {',
    `  grep -qF '"instance": "${instance}"' "$1/ubugi/manifest.json" 2>/dev/null && [ -f "$1/ubugi/launch" ] || return 0`,
    '  status=0',
    '  sh "$1/ubugi/launch" "$1" --trigger boot || status=$?',
    '}',
    'udevadm settle --timeout=10 >/dev/null 2>&1',
    'for medium in $(blkid -c /dev/null -t LABEL=config-2 -o device 2>/dev/null) /dev/disk/by-label/config-2 /dev/sr0; do',
    '  [ -b "$medium" ] || continue',
    '  mount -t iso9660 -o ro,nodev,nosuid,noexec "$medium" "$drive" 2>/dev/null || continue',
    '  status=',
    '  start "$drive"',
    '  umount "$drive"',
    '  case $status in',
    "    '') ;;",
    // The agent has refused it.
    '    2) refused=2 ;;',
    '    *) exit "$status" ;;',
    '  esac',
    'done',
    'echo "ubugi: no drive of this machine to use is attached" >&2',
    'for kept in /var/lib/ubugi/drive/*; do',
    // What was applied last and what is kept change in the same moment.
    '  grep -qF "${kept##*/}" /var/lib/ubugi/applied.json 2>/dev/null || continue',
    '  status=',
    '  start "$kept"',
    '  [ "${status:-0}" -eq 0 ] || exit "$status"',
    'done',
    'exit "$refused"',
  ].join('\n');
}

/** `vendor_data.json`: the key `cloud-init` is what cloud-init takes for its own (Nova, static vendor-data). */
export interface VendorData {
  /** A cloud-config. */
  readonly 'cloud-init': string;
}

/** The vendor-data of a generation, by the way in which its guest gets its state. */
export function vendorData({ guest, scripts }: Pick<StoredGeneration, 'guest' | 'scripts'>): VendorData {
  return asVendorData(
    guest.delivery === 'cloud-config' ? cloudConfig(guest, scripts) : launcherSettings(guest.instance.id),
  );
}

/** Values in a cloud-config may be JSON, which is YAML too. */
function asVendorData(settings: Readonly<Record<string, unknown>>): VendorData {
  const lines = Object.entries(settings).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return { 'cloud-init': `#cloud-config\n${lines.join('\n')}\n` };
}

/**
 * What starts our launcher. User-data of the instance outranks every setting.
 * @param instance UUID: the cached vendor-data of a first boot still finds the drives of later generations.
 */
function launcherSettings(instance: string): Readonly<Record<string, unknown>> {
  return {
    bootcmd: [['sh', '-c', startScript(instance)]],
    // Host name, /etc/hosts and accounts are the agent's; cloud-init would set them anew after it.
    preserve_hostname: true,
    manage_etc_hosts: false,
    // No default user, who might sudo without a password. A list of no names, because the schema of cloud-init 22.4.2
    // does not take an empty list of users.
    users: [[]],
    // Without the package `locales` any other value makes cloud-init end with an error.
    locale: 'C.UTF-8',
  };
}
