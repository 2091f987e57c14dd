import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { type GuestVariant, makeGuestDisk } from '../../test/harness/guest-image/guest-disk.ts';
import { runOverSshWhenUp, type SshLogin } from '../../test/harness/virtual-machine/ssh.ts';
import { startVirtualMachine } from '../../test/harness/virtual-machine/virtual-machine.ts';
import type { GuestInput } from './guest-input.ts';

const BOOT_MS = 600_000;

/** Seconds in the same machine. */
export interface MachineTimes {
  readonly acceleration: string;
  /** Launcher start to everything applied. */
  readonly ubugiSeconds: number;
  /** The four stages of cloud-init, without what is between them. */
  readonly cloudInitSeconds: number;
}

/** Boots the image with our launcher, then the stock one with cloud-init doing the same, one after the other. */
export async function measureInMachine(dir: string, input: GuestInput): Promise<MachineTimes> {
  const keyPath = join(dir, 'operator');
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', keyPath]);
  const { trustedSignersPath } = input;
  const ours = await bootAndAsk(dir, input, keyPath, {
    variant: { kind: 'launcher', trustedSignersPath, system: 'ifupdown' },
    medium: input.drive,
    units: ['ubugi'],
  });
  const peer = await bootAndAsk(dir, input, keyPath, {
    variant: { kind: 'stock' },
    medium: input.peerDrive,
    units: ['cloud-init-local', 'cloud-init', 'cloud-config', 'cloud-final'],
  });
  return { acceleration: ours.acceleration, ubugiSeconds: ours.seconds, cloudInitSeconds: peer.seconds };
}

interface Boot {
  readonly variant: GuestVariant;
  readonly medium: string;
  /** Units whose main processes' run times are added up. */
  readonly units: readonly string[];
}

async function bootAndAsk(
  dir: string,
  input: GuestInput,
  keyPath: string,
  boot: Boot,
): Promise<{ acceleration: string; seconds: number }> {
  const folder = join(dir, boot.variant.kind);
  await mkdir(folder);
  const operatorKey = (await readFile(`${keyPath}.pub`, 'utf8')).trim();
  const disk = await makeGuestDisk(join(folder, 'disk.img'), boot.variant, operatorKey);
  const machine = await startVirtualMachine({
    dir: folder,
    disk,
    uuid: input.instance,
    media: [boot.medium],
  });
  try {
    const login: SshLogin = { port: machine.sshPort, user: 'root', keyPath };
    // `is-system-running --wait` comes back when the boot is over, cloud-init's last stage included.
    const question = [
      'systemctl is-system-running --wait >/dev/null',
      'id alice >/dev/null && grep -rqs ntp1.tokyo.example.com /etc/chrony || exit 9',
      `systemctl show -P ExecMainStartTimestampMonotonic -P ExecMainExitTimestampMonotonic ${boot.units.join(' ')}`,
    ].join('\n');
    const answer = await runOverSshWhenUp(login, question, BOOT_MS);
    const stamps = answer.stdout.split('\n').filter(Boolean).map(Number);
    if (
      answer.exitCode !== 0 ||
      stamps.length !== 2 * boot.units.length ||
      stamps.some((stamp) => !(stamp > 0))
    ) {
      throw new Error(`the ${boot.variant.kind} machine was not dressed: ${answer.stdout}\n${answer.stderr}`);
    }
    const microseconds = stamps.reduce((sum, stamp, index) => sum + (index % 2 === 0 ? -stamp : stamp), 0);
    return { acceleration: machine.acceleration, seconds: microseconds / 1e6 };
  } finally {
    await machine.stop();
  }
}
