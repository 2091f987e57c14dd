import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { AgentReport } from '../../schemas/types/agent-report.ts';
import { extractGuestRoot } from '../../test/harness/guest-image/root-tree.ts';
import { renderAccount } from './account.ts';
import type { Site } from './site.ts';
import type { Stage } from './stage.ts';

const launcherFolder = join(import.meta.dirname, '../../guest-agent/launcher');
const applyTimeoutMs = 120_000;

/** Applies the drive with the real launcher and agent to a scratch Debian root, and tells what changed and why. */
export async function dressRoot(site: Site, stage: Stage): Promise<void> {
  const root = join(site.output, 'root');
  const { summary, record } = await site.instance();
  stage.step(
    'Unpacking a fresh Debian 12 root file system into demo-out/root (a minute or two the first time, then cached)',
  );
  await extractGuestRoot(root);
  await execa('sh', [join(launcherFolder, 'install.sh'), root, site.trustedSigners]);
  // ifupdown goes by kernel names, which a root that is not booted does not have; networkd goes by MAC address.
  await execa('chroot', [root, 'systemctl', 'enable', 'systemd-networkd.service']);

  stage.step('Dressing it: the launcher verifies the drive, the agent applies it');
  stage.command('ubugi-launcher --medium demo-out/web-01.iso --root demo-out/root');
  const { all } = await execa(
    join(root, 'usr/lib/ubugi/ubugi-launcher'),
    ['--medium', site.drive, '--root', root, '--instance', summary.id],
    { all: true, timeout: applyTimeoutMs },
  );
  stage.output(all);
  await copyFile(join(root, 'var/lib/ubugi/report.json'), join(site.output, 'report.json'));

  stage.step('What changed, and from which source');
  const report = JSON.parse(await readFile(join(site.output, 'report.json'), 'utf8')) as AgentReport;
  stage.output(renderAccount(report, await site.explain()));
  stage.say('');
  stage.say('What the guest itself says:');
  for (const command of [
    ['id', 'alice'],
    ['sudo', '-l', '-U', 'alice'],
    ['cat', '/etc/hostname', '/etc/resolv.conf', '/etc/sudoers.d/ubugi'],
  ]) {
    stage.command(`chroot demo-out/root ${command.join(' ')}`);
    stage.output(await inside(root, record.hostname ?? record.name, command));
  }
  stage.say('');
  stage.say('Left behind: demo-out/web-01.iso, trusted_signers, report.json and root/.');
}

/** What a command prints in the root; with the guest's host name, which sudo looks up, and not this machine's. */
async function inside(root: string, hostname: string, command: readonly string[]): Promise<string> {
  const script = 'hostname "$1"; shift; exec chroot "$@"';
  const { all } = await execa('unshare', ['--uts', 'sh', '-c', script, 'sh', hostname, root, ...command], {
    all: true,
    reject: false,
  });
  return all;
}
