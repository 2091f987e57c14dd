import { open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemErrorCode } from '../../drive-files/read-regular-file.ts';
import type { TrackedInstance } from '../state/tracked-instance.ts';
import { type InstanceOptions, type InstancePorts, type Settlement, settled } from './instance-ports.ts';

/**
 * Removes what this host has of an instance that is gone, unless it runs here: the copies at once where no machine is
 * defined for it, else, as the placed drive, after the grace time. The record of its generation stays: it holds no
 * secret, and should the instance come back, it keeps older drives out.
 */
export async function removeInstance(
  tracked: TrackedInstance,
  ports: InstancePorts,
  { removalGraceMs }: InstanceOptions,
): Promise<Settlement> {
  const { instance, goneAt } = tracked;
  // The list may be minutes old, and this cannot be taken back.
  if (!(await ports.machines.refresh(ports.signal))) {
    return {
      problem: `${ports.machines.problem() ?? 'the host does not answer'}, so nothing of it is removed`,
    };
  }
  const machine = ports.machines.machine(instance);
  if (machine?.state === 'running') return settled;
  const goneMs = ports.clock.now().getTime() - new Date(goneAt ?? Number.NaN).getTime();
  const isDue = goneMs >= removalGraceMs;
  if (isDue || machine === undefined) await ports.knownDrives.forget(instance);
  if (!isDue) return settled;

  const paths = new Set([machine?.drive?.path, tracked.path].filter((path) => path !== undefined));
  for (const path of paths) {
    const problem = await removePlaced(path, instance, ports);
    if (problem !== undefined) return { problem };
  }
  await ports.keeper.forget(instance);
  ports.counters.count('removed');
  ports.log(`${tracked.name}: is no longer this host's; its drive was removed`);
  return settled;
}

/** Somebody may have put another file there since: only a verified drive of this very instance is removed. */
async function removePlaced(
  path: string,
  instance: string,
  { inspector }: InstancePorts,
): Promise<string | undefined> {
  if ((await inspector.inspect(path, instance)) === undefined) return undefined;
  try {
    await unlink(path);
    await using folder = await open(dirname(path), 'r');
    await folder.sync();
    return undefined;
  } catch (error) {
    const code = systemErrorCode(error);
    return code === 'ENOENT' ? undefined : `its drive ${path} cannot be removed (${code})`;
  }
}
