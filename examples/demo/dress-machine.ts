import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentReport } from '../../schemas/types/agent-report.ts';
import { makeGuestDisk } from '../../test/harness/guest-image/guest-disk.ts';
import { runOverSsh, runOverSshWhenUp } from '../../test/harness/virtual-machine/ssh.ts';
import { startVirtualMachine } from '../../test/harness/virtual-machine/virtual-machine.ts';
import { renderAccount } from './account.ts';
import type { Site } from './site.ts';
import type { Stage } from './stage.ts';

const bootTimeoutMs = 300_000;
const commandTimeoutMs = 60_000;

/** Boots a real VM with the drive in it, and logs in as alice with her key. */
export async function dressMachine(site: Site, stage: Stage): Promise<void> {
  const folder = join(site.output, 'machine');
  await mkdir(folder, { recursive: true });
  const { summary } = await site.instance();

  stage.step(
    'Making a Debian 12 disk image with the launcher in it (a minute or two the first time, then cached)',
  );
  // The demo's reader may look inside as root, with the key that alice has too.
  const operatorKey = (await readFile(`${site.aliceKey}.pub`, 'utf8')).trim();
  const variant = { kind: 'launcher', trustedSignersPath: site.trustedSigners, system: 'ifupdown' } as const;
  const disk = await makeGuestDisk(join(folder, 'disk.img'), variant, operatorKey);

  stage.step('Booting it with the drive as its CD-ROM');
  const machine = await startVirtualMachine({ dir: folder, disk, uuid: summary.id, media: [site.drive] });
  stage.say(
    machine.acceleration === 'kvm' ? 'with KVM' : 'emulated (TCG), because KVM does not work here: some 30 s',
  );
  try {
    const login = (user: string) => ({ port: machine.sshPort, user, keyPath: site.aliceKey });
    const first = await runOverSshWhenUp(login('alice'), 'hostname -f', bootTimeoutMs);
    const said = machine.console
      .text()
      .split(/\r?\n/)
      .filter((line) => /ubugi/i.test(line));
    stage.output(said.join('\n'));

    stage.step('Logging in as alice, with her key from LDAP');
    stage.command(`ssh -i demo-out/alice_ed25519 -p ${machine.sshPort} alice@127.0.0.1 hostname -f`);
    stage.output(first.stdout || first.stderr);
    for (const command of ['id', 'sudo -l', 'ip -4 -brief address', 'cat /etc/resolv.conf']) {
      stage.command(`ssh … alice@127.0.0.1 ${command}`);
      const { stdout, stderr } = await runOverSsh(login('alice'), command, commandTimeoutMs);
      stage.output(stdout || stderr);
    }
    stage.command('ssh … bob@127.0.0.1 id');
    stage.output((await runOverSsh(login('bob'), 'id', commandTimeoutMs)).stderr);

    const text = (await runOverSsh(login('root'), 'cat /var/lib/ubugi/report.json', commandTimeoutMs)).stdout;
    await writeFile(join(site.output, 'report.json'), text);
    stage.step('What changed, and from which source');
    stage.output(renderAccount(JSON.parse(text) as AgentReport, await site.explain()));
  } finally {
    await machine.stop();
  }
}
