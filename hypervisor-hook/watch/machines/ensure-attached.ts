import { stat } from 'node:fs/promises';
import type { AgentReport } from '../../../schemas/types/agent-report.ts';
import type { Machine, MachineDrive } from '../../adapters/machine-adapter.ts';
import type { KnownImage, TrackedInstance } from '../state/tracked-instance.ts';
import type { InstanceOptions, InstancePorts } from './instance-ports.ts';
import { fileIdentity } from './open-files.ts';

/**
 * Makes sure that a machine that runs has the drive that lies at its path. Whether it has is seen at the machine: QEMU
 * has the very file open, or the daemon had it opened by a swap. So it is known after a crash too, and whoever else put
 * a file there, or started the machine, is noticed.
 *
 * `announce` is on disk before the swap and taken away after the report is: at whatever point the process dies, the
 * server gets to know of it.
 * @throws AdapterError where the medium cannot be swapped, or the system's error
 */
export async function ensureAttached(
  tracked: TrackedInstance,
  machine: Machine,
  drive: KnownImage,
  ports: InstancePorts,
  options: InstanceOptions,
): Promise<void> {
  const { keeper, clock } = ports;
  const { instance } = tracked;
  if (machine.drive === undefined) return;
  if (machine.state === 'off') {
    // What it starts with is the hook's to report.
    if (tracked.attached !== undefined || tracked.announce !== undefined) {
      await keeper.update(instance, { attached: undefined, announce: undefined });
    }
    return;
  }
  const startedAt = clock.now();
  const file = fileIdentity(await stat(machine.drive.path));
  const isKnown = tracked.attached?.file === file && tracked.attached.sha256 === drive.sha256;
  if (!isKnown) {
    if (!(await ports.openFiles()).has(file)) await swap(machine, machine.drive, drive, ports, options);
    // It was started with it while the server could not be told.
    else if (await ports.knownDrives.isUnreported(instance)) {
      await keeper.update(instance, { announce: drive.sha256 });
    }
    await keeper.update(instance, { attached: { ...drive, file, at: clock.now().toISOString() } });
  }
  if (keeper.instance(instance)?.announce !== drive.sha256) return;
  await ports.report(attachedReport(instance, drive, startedAt, clock.now()));
  await ports.knownDrives.clearUnreported(instance);
  await keeper.update(instance, { announce: undefined });
}

async function swap(
  machine: Machine,
  { path, device }: MachineDrive,
  drive: KnownImage,
  { keeper, adapter, swapLimit, counters, log, signal }: InstancePorts,
  { swapDeadlineMs }: InstanceOptions,
): Promise<void> {
  await keeper.update(machine.instance, { announce: drive.sha256 });
  try {
    await swapLimit(async () =>
      adapter.swapMedium(machine, AbortSignal.any([signal, AbortSignal.timeout(swapDeadlineMs)])),
    );
  } catch (error) {
    counters.count('failedSwaps');
    throw error;
  }
  counters.count('swapped');
  log(`${machine.name}: generation ${drive.generation} is in ${device} now, from ${path}`);
}

function attachedReport(
  instance: string,
  { generation }: KnownImage,
  startedAt: Date,
  now: Date,
): AgentReport {
  return {
    schema: 'https://ubugi.dev/schemas/v1/agent-report.json',
    instance,
    generation,
    origin: 'hypervisor',
    outcome: 'attached',
    startedAt: startedAt.toISOString(),
    durationMs: Math.max(0, now.getTime() - startedAt.getTime()),
    verified: true,
    resources: [],
  };
}
