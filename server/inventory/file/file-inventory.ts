import type { Validators } from '../../../schemas/validation/validator.ts';
import { AppError } from '../../domain/errors.ts';
import { parseInstanceId } from '../../domain/identifiers.ts';
import { openJudge } from '../checks/judge-records.ts';
import type { Inventory, InventorySnapshot } from '../inventory.ts';
import { mapRecord } from './mapped-record.ts';
import { defaultReadingLimits, type ReadingLimits } from './raw-record.ts';
import { fingerprintFiles, type RecordSink, readFiles, UnreadablePath } from './read-files.ts';

/** What a file inventory needs. */
export interface FileInventoryOptions {
  /** Name from the configuration. */
  readonly name: string;
  /** A .csv, .json, .yaml or .yml file, or a folder with such files directly in it. */
  readonly path: string;
  readonly validators: Pick<Validators, 'instanceRecord'>;
  readonly limits?: ReadingLimits;
}

/** Another for each way of reading: files that did not change may give other records after an update of Ubugi. */
const cursorVersion = '1';

/**
 * An inventory in files, read anew at each call. Records that are wrong are quarantined with line, field and
 * remedy, and the others go on; a file that cannot be read or parsed as a whole fails with
 * `inventory-unavailable`, naming the line. Tells cheaply whether anything changed, and never what.
 */
export function createFileInventory(options: FileInventoryOptions): Inventory {
  const { name, path, validators, limits = defaultReadingLimits } = options;

  async function reading<T>(read: () => Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof UnreadablePath) {
        const { line, message, remedy } = error.cause;
        const at = line === undefined ? error.path : `${error.path} line ${line}`;
        throw unavailable(`${at}: ${message}: ${remedy}`, error);
      }
      if (signal.aborted) throw unavailable(`${path} was not read to its end: try again`, error);
      throw error;
    }
  }

  function unavailable(message: string, cause: unknown): AppError {
    return new AppError('inventory-unavailable', `inventory ${name}: ${message}`, { cause });
  }

  /** Judges the records that are wanted, and no others: that is most of the work. */
  function judged(isWanted: (value: unknown) => boolean): () => RecordSink<InventorySnapshot> {
    return () => {
      const judge = openJudge(validators, name);
      return {
        take(record, file) {
          if (isWanted(record.value)) judge.take(mapRecord(record, file, limits));
        },
        result: () => judge.snapshot(),
      };
    };
  }

  async function fetch(ids: readonly string[], signal: AbortSignal): Promise<InventorySnapshot> {
    const wanted = new Set<string | undefined>(ids.flatMap((id) => parseInstanceId(id) ?? []));
    if (wanted.size === 0) return { entries: [], quarantined: [] };
    const sink = judged((value) => wanted.has(idOf(value)));
    return (await reading(() => readFiles(path, sink, limits, signal), signal)).result;
  }

  return {
    name,
    sources: [name],
    async fetchAll(signal) {
      const { result, fingerprint } = await reading(
        () =>
          readFiles(
            path,
            judged(() => true),
            limits,
            signal,
          ),
        signal,
      );
      return { ...result, cursor: `${cursorVersion}.${fingerprint}` };
    },
    fetch,
    async fetchNamed(machine, signal) {
      const { result: ids } = await reading(
        () => readFiles(path, () => idsNamed(machine), limits, signal),
        signal,
      );
      // Once more by UUID: another record may have the same, under whatever name.
      return await fetch(ids, signal);
    },
    async fetchChanges(cursor, signal) {
      const fingerprint = await reading(() => fingerprintFiles(path, limits, signal), signal);
      if (cursor !== `${cursorVersion}.${fingerprint}`) return undefined;
      return { entries: [], quarantined: [], removed: [], cursor };
    },
  };
}

/** UUIDs of the records with a name. */
function idsNamed(name: string): RecordSink<readonly string[]> {
  const ids: string[] = [];
  return {
    take({ value }) {
      const id = idOf(value);
      if (id !== undefined && fieldOf(value, 'name') === name) ids.push(id);
    },
    result: () => ids,
  };
}

function idOf(value: unknown): string | undefined {
  const id = fieldOf(value, 'id');
  return typeof id === 'string' ? parseInstanceId(id) : undefined;
}

function fieldOf(value: unknown, field: 'id' | 'name'): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, field)
    ? (value as Readonly<Record<string, unknown>>)[field]
    : undefined;
}
