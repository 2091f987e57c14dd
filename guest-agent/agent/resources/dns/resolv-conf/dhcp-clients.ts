import type { FileView } from '../../../plan/machine.ts';
import type { OwnedFile } from '../../../plan/ownership.ts';
import { wantedBlock } from '../../../plan/wanted-block.ts';
import type { WantedFile } from '../../../plan/wanted-file.ts';

const dhclientHooks = '/etc/dhcp/dhclient-enter-hooks.d';
const udhcpcScript = '/usr/share/udhcpc/default.script';
const dhcpcdSettings = '/etc/dhcpcd.conf';

/**
 * What keeps DHCP clients from writing resolv.conf anew at each lease: ISC's on Debian (dhclient-script(8)), busybox's on
 * Alpine, and dhcpcd, whose global part ends at the first `interface` (dhcpcd.conf(5)).
 *
 * @param wanted whether resolv.conf is ours.
 */
export function heldDhcpClients(
  wanted: boolean,
  owned: readonly OwnedFile[],
  files: FileView,
): readonly WantedFile[] {
  const dhclient: WantedFile = {
    path: `${dhclientHooks}/ubugi`,
    text: '# Written by Ubugi: policy names the name servers.\nmake_resolv_conf() { :; }\n',
    ours: true,
  };
  const lines = (line: string): readonly string[] => (wanted ? [line] : []);
  return [
    ...(wanted && files.entry(dhclientHooks) !== undefined ? [dhclient] : []),
    ...(/\/udhcpc\.conf/.test(files.text(udhcpcScript) ?? '')
      ? wantedBlock('/etc/udhcpc/udhcpc.conf', lines('RESOLV_CONF="no"'), 'last', owned, files)
      : []),
    ...(files.entry(dhcpcdSettings)?.kind === 'file'
      ? wantedBlock(dhcpcdSettings, lines('nohook resolv.conf'), 'first', owned, files)
      : []),
  ];
}
