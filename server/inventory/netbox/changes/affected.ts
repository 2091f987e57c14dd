import type { RecordChange } from '../../inventory.ts';
import { keepNewest } from '../reading/change-log.ts';

/** Machines, by their ids in NetBox, of which something changed. */
export interface Affected {
  /** A machine, and what is known of the change. */
  addMachine(id: number, change?: RecordChange): void;
  /** An interface, of which it is not known yet whose it is. */
  addInterface(id: number, change?: RecordChange): void;
  /** A UUID that a machine had: another with the same one is no longer, or now, one of two. */
  addUuid(uuid: string): void;
  readonly uuids: ReadonlySet<string>;
  /** Interfaces that were added and not taken yet. */
  takeInterfaces(): ReadonlyMap<number, RecordChange | undefined>;
  readonly machines: ReadonlySet<number>;
  /** The newest change of each machine, where one is known. */
  readonly changes: ReadonlyMap<number, RecordChange>;
  /** Notes that what changed cannot be told, or not of some machines only. */
  readWhole(): void;
  /** Whether machines have to be read whole. Then nothing needs to be added any more. */
  mustReadWhole(): boolean;
}

/** @param most machines or interfaces; with more it is cheaper to read all */
export function createAffected(most: number): Affected {
  const machines = new Set<number>();
  const changes = new Map<number, RecordChange>();
  const uuids = new Set<string>();
  let interfaces = new Map<number, RecordChange | undefined>();
  let isWhole = false;

  return {
    machines,
    changes,
    addMachine(id, change) {
      machines.add(id);
      if (change !== undefined) keepNewest(changes, id, change);
      isWhole ||= machines.size > most;
    },
    addInterface(id, change) {
      const known = interfaces.get(id);
      if (known === undefined || (change !== undefined && Date.parse(known.at) < Date.parse(change.at))) {
        interfaces.set(id, change);
      }
      // A machine may have some interfaces.
      isWhole ||= interfaces.size > most * 4;
    },
    uuids,
    addUuid: (uuid) => void uuids.add(uuid),
    takeInterfaces() {
      const taken = interfaces;
      interfaces = new Map();
      return taken;
    },
    readWhole() {
      isWhole = true;
    },
    mustReadWhole: () => isWhole,
  };
}
