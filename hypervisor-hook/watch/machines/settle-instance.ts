import type { Machine } from '../../adapters/machine-adapter.ts';
import { bootKind } from '../../drive-files/nova-drive.ts';
import { oneLine } from '../../process/one-line.ts';
import { ensureAttached } from './ensure-attached.ts';
import { ensureDrive, isQuiet } from './ensure-drive.ts';
import { type InstanceOptions, type InstancePorts, type Settlement, settled } from './instance-ports.ts';
import { removeInstance } from './remove-instance.ts';

/** Does what there is to do about one instance, as things are now. Never throws. */
export type SettleInstance = (instance: string) => Promise<Settlement>;

/** Makes {@link SettleInstance}. */
export function createSettleInstance(ports: InstancePorts, options: InstanceOptions): SettleInstance {
  return async (instance) => {
    try {
      const tracked = ports.keeper.instance(instance);
      const machine = bootedMachine(ports.machines.machine(instance));
      if (machine?.state !== 'running') ports.claims.forget(instance);
      if (tracked?.state !== 'placed' && machine?.state === 'running' && machine.drive !== undefined) {
        const isAnswered = await ports.fetchLimit(async () => ports.claims.claim(instance));
        return isAnswered ? settled : { problem: 'it runs here, and the metadata server was not told yet' };
      }
      if (tracked === undefined) return await restoreUnlisted(instance, machine, ports, options);
      if (tracked.state === 'gone') return await removeInstance(tracked, ports, options);
      const { drive, problem } = await ensureDrive(tracked, machine, ports, options);
      const now = ports.keeper.instance(instance);
      if (drive !== undefined && machine !== undefined && now !== undefined) {
        await ensureAttached(now, machine, drive, ports, options);
      }
      return { problem };
    } catch (error) {
      return { problem: oneLine(error instanceof Error ? error.message : 'unknown error') };
    }
  };
}

/** A rescue is over soon, and its drive is Nova's and the hook's: it is not what the instance boots from afterwards. */
function bootedMachine(machine: Machine | undefined): Machine | undefined {
  return bootKind(machine?.drive?.path) === 'rescue' && machine !== undefined
    ? { ...machine, drive: undefined }
    : machine;
}

/**
 * Puts back the lost drive of a machine that the server did not list: it was never reached yet, or it has lost the
 * instance. One that this host never had a drive of is the hook's, at its start.
 */
async function restoreUnlisted(
  instance: string,
  machine: Machine | undefined,
  { knownDrives, inspector, attach, fetchLimit, counters, clock }: InstancePorts,
  { quietMs }: InstanceOptions,
): Promise<Settlement> {
  const path = machine?.drive?.path;
  if (path === undefined || machine?.state !== 'off') return settled;
  if ((await knownDrives.record(instance)) === undefined) return settled;
  if ((await inspector.inspect(path, instance)) !== undefined) return settled;
  if (!(await isQuiet(path, quietMs, clock.now()))) return settled;
  const { decision } = await fetchLimit(async () => attach(instance, path));
  if (decision.kind === 'attach') counters.count('restored');
  return settled;
}
