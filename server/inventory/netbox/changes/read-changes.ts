import { parseInstanceId } from '../../../domain/identifiers.ts';
import { RefusedRequest } from '../../http-client/http-failure.ts';
import type { NetboxReading } from '../machines/reading.ts';
import { lookUpMachines, type MachineSearch, machinesById, machinesByUuid } from '../reading/look-up.ts';
import { readAllMachines } from '../reading/read-all.ts';
import { askServerTime, type ReadingPorts } from '../reading/reading-ports.ts';
import { listPaths } from '../rows/collections.ts';
import { type Affected, createAffected } from './affected.ts';
import { collectObjects } from './collect-objects.ts';
import { collectRelated } from './collect-related.ts';
import type { ChangeState } from './cursor.ts';
import { type Observation, observe } from './watch.ts';
import type { WatchedList } from './watched-lists.ts';

/** All machines, and where reading what changes goes on from. */
export interface WholeReading {
  readonly reading: NetboxReading;
  /** Undefined where the token may not view what tells of changes, or too much changed at once. */
  readonly state: ChangeState | undefined;
}

/** What changed. */
export interface ChangeReading {
  readonly reading: NetboxReading;
  /** Ids of machines that are gone, or no longer among those that the filter lets through. */
  readonly removed: readonly number[];
  readonly state: ChangeState;
}

/** Reads all machines. Watched lists are looked at before, so that what changes meanwhile is read once more later. */
export async function readWhole(ports: ReadingPorts, lists: readonly WatchedList[]): Promise<WholeReading> {
  const began = await askServerTime(ports);
  const since = began - ports.limits.overlapMs;
  let observations: readonly Observation[] | undefined;
  try {
    const nothing = { since, watched: new Map() };
    // What is deleted shows there only, and what is not there cannot be polled.
    await ports.pager.count(listPaths.objectChanges, [['time_after', new Date(began).toISOString()]]);
    await ports.pager.count(listPaths.macAddresses, []);
    observations = await observe(ports.pager, lists, nothing, since);
  } catch (error) {
    if (!(error instanceof RefusedRequest) || (error.status !== 403 && error.status !== 404)) throw error;
  }
  const reading = await readAllMachines(ports, began);
  return { reading, state: observations === undefined ? undefined : stateOf(since, observations) };
}

/** Reads what changed since a state; undefined if all machines have to be read. */
export async function readChangesSince(
  ports: ReadingPorts,
  lists: readonly WatchedList[],
  before: ChangeState,
): Promise<ChangeReading | undefined> {
  const { overlapMs, retentionMs, changedMachines } = ports.limits;
  const began = await askServerTime(ports);
  // What the log has dropped, nobody knows; a clock that went back would hide changes.
  if (before.since < began - retentionMs || before.since > began) return undefined;
  const from = began - overlapMs;
  const observations = await observe(ports.pager, lists, before, from);
  if (observations === undefined) return undefined;
  const affected = createAffected(changedMachines);
  const since = new Date(before.since);
  await collectRelated(ports, observations, since, affected);
  if (!affected.mustReadWhole()) await collectObjects(ports, since, affected);
  if (affected.mustReadWhole()) return undefined;
  const reading = await lookUpMachines(ports, affectedMachines(affected), affected.changes);
  const found = new Set<number>();
  const machines = [...reading.machines];
  for (const { id } of machines) found.add(id);
  return {
    reading: { ...reading, machines },
    removed: [...affected.machines].filter((id) => !found.has(id)),
    state: stateOf(from, observations),
  };
}

/** The machines of which something changed, and those that share a UUID with one of them, now or before. */
function affectedMachines(affected: Affected): MachineSearch {
  return async (ports) => {
    const changed = await machinesById([...affected.machines])(ports);
    const uuids = new Set(affected.uuids);
    for (const { fields } of changed.values()) {
      const uuid = typeof fields.id === 'string' ? parseInstanceId(fields.id.trim()) : undefined;
      if (uuid !== undefined) uuids.add(uuid);
    }
    const sharing = await machinesByUuid([...uuids])(ports);
    return new Map([...changed, ...sharing]);
  };
}

function stateOf(since: number, observations: readonly Observation[]): ChangeState {
  return { since, watched: new Map(observations.map(({ list, state }) => [list.path, state])) };
}
