import { access, constants, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

const CACHE = join(import.meta.dirname, '../../../.cache/guest-image');
/** A Linux kernel under working KVM gives up on its missing root file system well within this time. */
const PROBE_MS = 10_000;

/** How QEMU runs the guest: on the processor, or emulated. */
export type Acceleration = 'kvm' | 'tcg';

/**
 * Whether a Linux guest really boots with KVM here: nested virtualisation may offer /dev/kvm and then be unusable.
 * Tried once per boot of this machine.
 */
export async function probeAcceleration(kernel: string): Promise<Acceleration> {
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const known = join(CACHE, `acceleration-${bootId}`);
  const before = await readFile(known, 'utf8').catch(() => undefined);
  if (before === 'kvm' || before === 'tcg') return before;
  const acceleration = (await kernelBootsWithKvm(kernel)) ? 'kvm' : 'tcg';
  await mkdir(CACHE, { recursive: true });
  await writeFile(known, acceleration);
  return acceleration;
}

async function kernelBootsWithKvm(kernel: string): Promise<boolean> {
  const usable = await access('/dev/kvm', constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!usable) return false;
  const machine = ['-machine', 'pc', '-accel', 'kvm', '-cpu', 'host', '-m', '256', '-no-reboot'];
  const boot = ['-kernel', kernel, '-append', 'console=ttyS0 panic=-1'];
  const console = ['-display', 'none', '-monitor', 'none', '-serial', 'stdio'];
  const { stdout } = await execa('qemu-system-x86_64', [...machine, ...boot, ...console], {
    timeout: PROBE_MS,
    killSignal: 'SIGKILL',
    reject: false,
    stdin: 'ignore',
  });
  return stdout.includes('Unable to mount root fs');
}
