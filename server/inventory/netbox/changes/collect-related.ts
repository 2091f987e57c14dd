import { RefusedRequest } from '../../http-client/http-failure.ts';
import type { RecordChange } from '../../inventory.ts';
import type { Query } from '../client/query.ts';
import { keepNewest, readLog } from '../reading/change-log.ts';
import type { ReadingPorts } from '../reading/reading-ports.ts';
import { listPaths } from '../rows/collections.ts';
import type { Affected } from './affected.ts';
import type { ChangedRow, Observation } from './watch.ts';

const idsPerQuery = 50;
/** Rows that are asked for one by one, so that it is known which machines are whose. */
const mostSingly = 25;

/** Adds the machines that rows of watched lists concern; all where that cannot be told, or rows were deleted. */
export async function collectRelated(
  ports: ReadingPorts,
  observations: readonly Observation[],
  since: Date,
  affected: Affected,
): Promise<void> {
  const isTold = ({ list, changed, isExplained }: Observation): boolean =>
    isExplained && (list.machines !== undefined || changed.length === 0);
  if (!observations.every(isTold)) affected.readWhole();
  for (const observation of observations) {
    if (affected.mustReadWhole()) return;
    if (observation.changed.length > 0) await collectMachines(ports, observation, since, affected);
  }
}

async function collectMachines(
  { pager }: ReadingPorts,
  { list, changed }: Observation,
  since: Date,
  affected: Affected,
): Promise<void> {
  const { machines } = list;
  const isSingle = changed.length <= mostSingly;
  if (machines === undefined || (machines.by === 'slug' && !isSingle)) return affected.readWhole();
  const changes = new Map<number, RecordChange>();
  for await (const { object, change } of readLog(pager, list.type, since))
    keepNewest(changes, object, change);
  const rows: readonly (readonly ChangedRow[])[] = isSingle
    ? changed.map((row) => [row])
    : Array.from({ length: Math.ceil(changed.length / idsPerQuery) }, (_, index) =>
        changed.slice(index * idsPerQuery, (index + 1) * idsPerQuery),
      );
  try {
    for (const some of rows) {
      const query: Query = [
        ...some.map((row) => [machines.parameter, String(row[machines.by])] as const),
        ['fields', 'id'],
      ];
      const [first] = some;
      const change = isSingle && first !== undefined ? changes.get(first.id) : undefined;
      for await (const page of pager.pages(listPaths.machines, query)) {
        for (const { id } of page) affected.addMachine(id, change);
        if (affected.mustReadWhole()) return;
      }
    }
  } catch (error) {
    // NetBox refuses to filter by what is gone by now.
    if (!(error instanceof RefusedRequest) || error.status !== 400) throw error;
    affected.readWhole();
  }
}
