import { extname } from 'node:path';
import { readCsvRecords } from './csv-records.ts';
import { ChangedFile, fingerprint, type InventoryFile, listFiles } from './file-set.ts';
import { readFileText } from './file-text.ts';
import { readJsonRecords } from './json-records.ts';
import { type RawRecord, type ReadingLimits, type RecordReader, UnreadableFile } from './raw-record.ts';
import { readYamlRecords } from './yaml-records.ts';

/** What is made of the records of one reading. */
export interface RecordSink<T> {
  take(record: RawRecord, file: string): void;
  result(): T;
}

/** What came of a reading. */
export interface FilesReading<T> {
  readonly result: T;
  /** Equal for files of the same names and contents. */
  readonly fingerprint: string;
}

/** A path, and what is wrong with it. */
export class UnreadablePath extends Error {
  readonly path: string;
  override readonly cause: UnreadableFile;

  constructor(path: string, cause: UnreadableFile) {
    super(cause.message);
    this.path = path;
    this.cause = cause;
  }
}

const readers: Readonly<Record<string, RecordReader>> = {
  '.csv': readCsvRecords,
  '.json': readJsonRecords,
  '.yaml': readYamlRecords,
  '.yml': readYamlRecords,
};

/**
 * Reads a file, or all of a folder, as they were at one time: if one of them changes meanwhile, all are read again with
 * a new sink. Fails with {@link UnreadablePath}, or with the reason of the signal.
 */
export async function readFiles<T>(
  path: string,
  openSink: () => RecordSink<T>,
  limits: ReadingLimits,
  signal: AbortSignal,
): Promise<FilesReading<T>> {
  return await readAtRest(path, limits, signal, async (files) => {
    const sink = openSink();
    const print = await readEach(files, limits, signal, async (pieces, { name, path: file }) => {
      const read = readers[extname(file).toLowerCase()];
      for await (const records of read?.(pieces, limits) ?? []) {
        for (const record of records) sink.take(record, name);
      }
    });
    return { result: sink.result(), fingerprint: print };
  });
}

/** The fingerprint alone, which costs no more than to read the bytes. Fails like {@link readFiles}. */
export async function fingerprintFiles(
  path: string,
  limits: ReadingLimits,
  signal: AbortSignal,
): Promise<string> {
  return await readAtRest(path, limits, signal, (files) =>
    readEach(files, limits, signal, async (pieces) => {
      for await (const _ of pieces) signal.throwIfAborted();
    }),
  );
}

async function readAtRest<T>(
  path: string,
  limits: ReadingLimits,
  signal: AbortSignal,
  read: (files: readonly InventoryFile[]) => Promise<T>,
): Promise<T> {
  const list = (): Promise<readonly InventoryFile[]> => inPath(path, () => listFiles(path, limits.files));
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      const files = await list();
      const result = await read(files);
      if (JSON.stringify(await list()) !== JSON.stringify(files)) throw new ChangedFile();
      return result;
    } catch (error) {
      if (!(error instanceof ChangedFile)) throw error;
      if (attempt < limits.attempts) continue;
      throw new UnreadablePath(
        path,
        new UnreadableFile(
          undefined,
          'changes while it is read',
          'write to another name, then move it into place',
        ),
      );
    }
  }
}

async function readEach(
  files: readonly InventoryFile[],
  limits: ReadingLimits,
  signal: AbortSignal,
  take: (pieces: AsyncGenerator<string>, file: InventoryFile) => Promise<void>,
): Promise<string> {
  const contents = new Map<string, string>();
  let left = limits.bytes;
  for (const file of files) {
    const text = readFileText(file, left, signal);
    await inPath(file.path, () => take(text.pieces, file));
    contents.set(file.name, text.digest());
    left -= file.bytes;
  }
  return fingerprint(contents);
}

async function inPath<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof UnreadableFile ? new UnreadablePath(path, error) : error;
  }
}
