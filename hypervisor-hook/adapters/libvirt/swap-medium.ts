import { setTimeout as delay } from 'node:timers/promises';
import { oneLine } from '../../process/one-line.ts';
import { AdapterError, type MachineDrive } from '../machine-adapter.ts';
import { type Cdrom, readDomainXml } from './domain-xml.ts';
import { type Virsh, virshError } from './virsh.ts';

/** An emulated guest under load needs half a minute to let go. */
const letGoMs = 120_000;

const pollMs = 250;

/**
 * Takes the medium out of a running domain's CD-ROM and puts in what lies at the path now. Two steps, since libvirt does
 * nothing where the path stays the same. The guest is asked to let go once: with its tray open, libvirt does not ask
 * again, and an empty tray, which udev locks as well, is opened by force. Cut off in between, the next call puts the
 * medium in. @throws AdapterError
 */
export async function swapMedium(
  virsh: Virsh,
  uuid: string,
  { device, path }: MachineDrive,
  signal: AbortSignal,
): Promise<void> {
  if ((await cdromOf(virsh, uuid, device, signal)).file !== undefined) {
    const eject = ['change-media', uuid, device, '--eject', '--live'];
    const first = await virsh.run(eject, { signal });
    if (first.status !== 0) {
      if (!first.stderr.includes('is locked')) throw virshError(eject, first);
      await untilOpen(virsh, uuid, device, signal);
      await virsh.expect(eject, { signal });
    }
  }
  await virsh.expect(['change-media', uuid, device, path, '--insert', '--live', '--force'], { signal });
}

async function untilOpen(virsh: Virsh, uuid: string, device: string, signal: AbortSignal): Promise<void> {
  const end = performance.now() + letGoMs;
  while (!(await cdromOf(virsh, uuid, device, signal)).trayOpen) {
    if (performance.now() > end) {
      throw new AdapterError(
        `domain ${uuid} did not open the tray of ${device} within ${letGoMs / 1000} s; see in the guest what holds the medium`,
      );
    }
    await delay(pollMs, undefined, { signal }).catch((error: unknown) => {
      throw new AdapterError(`the change of ${device} in domain ${uuid} was stopped`, { cause: error });
    });
  }
}

async function cdromOf(virsh: Virsh, uuid: string, device: string, signal: AbortSignal): Promise<Cdrom> {
  const reading = readDomainXml(await virsh.expect(['dumpxml', uuid], { signal }));
  const cdrom =
    reading.kind === 'domain' && reading.domain.active
      ? reading.domain.cdroms.find(({ target }) => target === device)
      : undefined;
  if (cdrom !== undefined) return cdrom;
  throw new AdapterError(oneLine(`domain ${uuid} is not running or has no CD-ROM ${device} any more`));
}
