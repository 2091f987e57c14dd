import { ensureFolder, putFile } from '../apply/transaction/put-file.ts';
import type { System } from '../system/system.ts';

const launcher = '/usr/lib/ubugi/ubugi-launcher';
const rulesFolder = '/run/udev/rules.d';
const script = '/run/ubugi/medium-change';

/**
 * On images without a launcher, has udev start the agent of a drive that is put into the running machine; until it is
 * switched off. The launcher brings a rule of its own (`services/90-ubugi.rules`).
 */
export function watchMedia(instance: string, system: System): void {
  const isUdev = system.files.entry('/run/udev')?.kind === 'folder';
  if (!isUdev || system.files.entry(launcher) !== undefined) return;
  putFile(script, scriptText(instance), system, false);
  ensureFolder(rulesFolder, 0o755, system);
  putFile(`${rulesFolder}/90-ubugi.rules`, ruleText, system, false);
}

const ruleText = [
  'ACTION=="change", SUBSYSTEM=="block", ENV{DISK_MEDIA_CHANGE}=="?*", ENV{ID_FS_LABEL}=="config-2|CONFIG-2"',
  'TEST=="/run/systemd/system"',
  `RUN+="/usr/bin/systemd-run --quiet --no-block --collect --unit=ubugi-medium-$env{SEQNUM} /bin/sh ${script} $devnode"\n`,
].join(', ');

/** As vendor-data does at boot: a medium of somebody else is passed over. */
function scriptText(instance: string): string {
  return `point=/run/ubugi/changed-medium
mkdir -p -m 0700 "$point" && mount -t iso9660 -o ro,nodev,nosuid,noexec "$1" "$point" || exit 1
status=0
if grep -qF '"instance": "${instance}"' "$point/ubugi/manifest.json"; then
  sh "$point/ubugi/launch" "$point" --trigger medium-change || status=$?
fi
umount "$point"
exit "$status"
`;
}
