import { basename, extname } from 'node:path';
import type { Validators } from '../../../schemas/validation/validator.ts';
import { AppError } from '../../domain/errors.ts';
import { printable } from '../../domain/printable.ts';
import { readBoundedText } from '../../files/bounded-file.ts';
import type { Inventory, InventorySnapshot } from '../inventory.ts';
import { readCsvRecords } from './csv-records.ts';
import { readJsonRecords } from './json-records.ts';
import { judgeRecords } from './quarantine.ts';
import { defaultReadingLimits, type RawRecord, type ReadingLimits, UnreadableFile } from './raw-record.ts';
import { readYamlRecords } from './yaml-records.ts';

/** What a file inventory needs. */
export interface FileInventoryOptions {
  /** Name from the configuration. */
  readonly name: string;
  /** A .csv, .json, .yaml or .yml file; its extension says what is in it. */
  readonly path: string;
  readonly validators: Pick<Validators, 'instanceRecord'>;
  readonly limits?: ReadingLimits;
}

interface Format {
  readonly read: (text: string, limits: ReadingLimits) => readonly RawRecord[];
  readonly maximumBytes: number;
}

/** A YAML reader keeps a tree with every blank and comment: it is for files that people write. */
const yaml: Format = { read: readYamlRecords, maximumBytes: 16 * 1024 * 1024 };
const formats: ReadonlyMap<string, Format> = new Map([
  ['.csv', { read: readCsvRecords, maximumBytes: Number.POSITIVE_INFINITY }],
  ['.json', { read: readJsonRecords, maximumBytes: Number.POSITIVE_INFINITY }],
  ['.yaml', yaml],
  ['.yml', yaml],
]);

/**
 * An inventory in one file, read anew at each call. Records that are wrong are quarantined with line, field and
 * remedy, and the others go on; a file that cannot be read or parsed as a whole fails with
 * `inventory-unavailable`, naming the line.
 */
export function createFileInventory(options: FileInventoryOptions): Inventory {
  const { name, path, validators, limits = defaultReadingLimits } = options;
  const file = printable(basename(path));

  async function fetchAll(signal: AbortSignal): Promise<InventorySnapshot> {
    const format = formats.get(extname(path).toLowerCase());
    if (format === undefined) {
      throw unavailable(
        `${path} is none of ${[...formats.keys()].join(', ')}: give the file such an extension`,
      );
    }
    const text = await readBoundedText(
      {
        path,
        maximumBytes: Math.min(limits.bytes, format.maximumBytes),
        code: 'inventory-unavailable',
        subject: `inventory ${name}`,
      },
      signal,
    );
    try {
      return judgeRecords(format.read(text, limits), validators, { inventory: name, file });
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      throw unavailable(`${path} line ${error.line}: ${error.message}: ${error.remedy}`, error);
    }
  }

  function unavailable(message: string, cause?: unknown): AppError {
    return new AppError('inventory-unavailable', `inventory ${name}: ${message}`, { cause });
  }

  return {
    name,
    sources: [name],
    fetchAll,
    async fetchNamed(machine, signal) {
      const { entries, quarantined } = await fetchAll(signal);
      return { entries: entries.filter(({ record }) => record.name === machine), quarantined };
    },
    async fetch(ids, signal) {
      const wanted = new Set(ids.map((id) => id.toLowerCase()));
      const { entries, quarantined } = await fetchAll(signal);
      return {
        entries: entries.filter((entry) => wanted.has(entry.record.id)),
        quarantined: quarantined.filter((record) => record.id !== undefined && wanted.has(record.id)),
      };
    },
  };
}
